import type { BusEvent } from '../protocol/event.js';
import type { Part } from '../protocol/part.js';
import { isError } from '../protocol/problem.js';
import type { Problem } from '../protocol/problem.js';
import type { Router, Value } from '../protocol/resource.js';
import type { Instant } from '../protocol/time.js';
import type { LoadedConfig } from '../state/config/load.js';
import type { StartupOrder } from './control/order.js';
import type { Withheld } from './control/withheld.js';
import type { DueCause } from './due.js';
import type { Head } from './head.js';
import type { ChildOutcome } from './plugin/child/request.js';
import type { Proposal } from './plugin/result.js';
import type { GuardedSettlement } from './settle/guarded.js';

/**
 * What a pass did about a plugin. `held`: its result goes beyond the guard; `notDue`: nothing; `running`: somebody else runs it at this moment; `notRun`: it is due,
 * and a pass that starts no plugin left it alone.
 */
export type PluginOutcome =
  | 'accepted'
  | 'renewed'
  | 'held'
  | 'rejected'
  | 'failed'
  | 'superseded'
  | 'running'
  | 'notBound'
  | 'notDue'
  | 'notRun';

export interface PluginReport {
  readonly name: string;
  readonly due: boolean;
  readonly why: string;
  readonly outcome: PluginOutcome;
  readonly problems: readonly Problem[];
  readonly run?: RunRecord;
  /** What was accepted or renewed, under its new lease. */
  readonly part?: Part;
}

/** A run that ended: why it was started, with what, and what it gave. */
export interface RunRecord {
  readonly startedAt: Instant;
  readonly cause: DueCause;
  /** Of the inputs that it was started with. */
  readonly inputDigest: string;
  /** The events that it carried. */
  readonly events: readonly BusEvent[];
  readonly child: ChildOutcome;
  readonly proposal?: Proposal;
  /** What it was sent, by which program, and where it is wanted what came back: for a replay. */
  readonly exchange?: { readonly request: string; readonly executable: string; readonly result?: Value };
}

/** The account of one pass: what its text, JSON, exit code and status all derive from. */
export interface PassReport {
  readonly config: LoadedConfig;
  /** The one plugin that was asked for; undefined for an ordinary pass. */
  readonly only: string | undefined;
  /** HEAD as the pass found it. */
  readonly head: Head;
  readonly startup: Router | undefined;
  readonly plugins: readonly PluginReport[];
  /** Undefined where there is no startup-config at all, neither a valid nor an accepted one. */
  readonly settlement: GuardedSettlement | undefined;
  /** What put another startup-config in force than that of the directory. */
  readonly order?: StartupOrder;
  /** Why what the directory holds was not taken, though it has no errors. */
  readonly withheld?: Withheld;
  /** What is wrong with the startup-config that was to be put in force in its place: then there is no settlement. */
  readonly refused?: readonly Problem[];
  /** The commit that was made. */
  readonly commit: string | undefined;
  /** What was cleaned up or restored in the state directory on the way. */
  readonly repairs: readonly Problem[];
  readonly finishedAt: Instant;
}

/** Whether the pass took the operator's input as it stands and no plugin that it was about failed: exit code 0. */
export function succeeded({ config, plugins, only, withheld, refused }: PassReport): boolean {
  const concerned = plugins.filter(({ name }) => only === undefined || only === name);
  return (
    config.startup !== undefined &&
    refused === undefined &&
    // Who asks for one plugin has not asked for the edit.
    (withheld === undefined || only !== undefined) &&
    !concerned.some(({ outcome }) => ['failed', 'rejected', 'held'].includes(outcome))
  );
}

/** Problems of the config directory that belong to no plugin. */
export function startupErrors(config: LoadedConfig): Problem[] {
  const ofPlugins = new Set(config.plugins.flatMap(({ problems }) => problems));
  return config.problems.filter(problem => isError(problem) && !ofPlugins.has(problem));
}
