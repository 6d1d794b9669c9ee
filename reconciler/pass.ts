import { sha256 } from '../protocol/digest.js';
import { sourceOf } from '../protocol/plugin.js';
import type { Problem } from '../protocol/problem.js';
import { fail, ok } from '../protocol/result.js';
import type { Result } from '../protocol/result.js';
import type { Instant } from '../protocol/time.js';
import { printRouter } from '../render/router-yaml.js';
import type { ConfigLocation } from '../state/config/files.js';
import { loadConfig } from '../state/config/load.js';
import type { LoadedConfig } from '../state/config/load.js';
import type { StoreFailure } from '../state/git/look.js';
import { acquireLock } from '../state/lock.js';
import type { LockBusy } from '../state/lock.js';
import { commitSettlement, openForWriting } from './commit.js';
import { startRuns } from './start-runs.js';
import { pluginReports, proposalsOf } from './outcomes.js';
import type { Attempt } from './outcomes.js';
import { planRuns } from './plan-runs.js';
import type { PlannedPlugin } from './plan-runs.js';
import type { PassReport } from './report.js';
import type { RunOrder } from './run-plugin.js';
import { settle } from './settle/settle.js';
import type { Settlement } from './settle/settle.js';
import { situationOf } from './situation.js';
import type { Situation } from './situation.js';
import { lockPath, viewState } from './state-dir.js';
import type { StateDir, StateView } from './state-dir.js';

export interface PassOptions {
  readonly config: ConfigLocation;
  readonly state: StateDir;
  /** Runs the due plugins and decides, but writes nothing at all. */
  readonly dryRun: boolean;
  /** The one plugin that was asked for; undefined for an ordinary pass. */
  readonly only?: string;
  readonly engineVersion: string;
  /** Who asked, as an author's name. */
  readonly operator: string;
  readonly clock: () => Instant;
  /** How long to wait for another writer. */
  readonly lockTimeoutMs: number;
  /** What the lock's holder is called in messages of others. */
  readonly command: string;
  readonly signal?: AbortSignal;
}

/** Why a pass could not be made at all. */
export type PassFailure =
  | { readonly kind: 'state'; readonly failure: StoreFailure }
  | { readonly kind: 'locked'; readonly busy: LockBusy }
  | { readonly kind: 'noSuchPlugin'; readonly name: string; readonly known: readonly string[] };

/**
 * One whole pass, from reading the config directory to the commit, waiting for the plugins that it starts. A broken
 * startup-config, a failing plugin or nothing to do are normal ends; rejects with StorageError where the disk or git
 * fails, and then HEAD is as it was or at the new generation, never in between.
 */
export async function runPass(options: PassOptions): Promise<Result<PassReport, PassFailure>> {
  const before = await look(options);
  if (!before.ok) return before;
  const { config, view, situation } = before.value;
  const { only } = options;
  if (only !== undefined && !situation.plugins.some(({ name }) => name === only)) {
    return fail({ kind: 'noSuchPlugin', name: only, known: situation.plugins.map(({ name }) => name) });
  }
  const plan = planRuns({ situation, head: view.head, status: view.status, only }, options.clock());
  const attempts = await startRuns(orders(plan, situation, view), { ...options, checker: situation.checker });
  // Plugins take time: what the operator saved meanwhile counts, and decides whether a result still holds.
  const fresh = attempts.length === 0 ? config : await loadConfig(options.config);
  return options.dryRun
    ? ok(await decide({ options, plan, attempts, config: fresh, view, repairs: [] }))
    : commitUnderLock(options, plan, { attempts, config: fresh });
}

interface Looked {
  readonly config: LoadedConfig;
  readonly view: StateView;
  readonly situation: Situation;
}

async function look(options: PassOptions): Promise<Result<Looked, PassFailure>> {
  const view = await viewState(options.state);
  if (!view.ok) return fail({ kind: 'state', failure: view.failure });
  const config = await loadConfig(options.config);
  return ok({ config, view: view.value, situation: await situationOf(config, view.value.head) });
}

function orders(plan: readonly PlannedPlugin[], situation: Situation, view: StateView): RunOrder[] {
  if (situation.startup === undefined) return [];
  const startupConfigHash = sha256(printRouter(situation.startup));
  const { head } = view;
  return plan.flatMap((planned): RunOrder[] => {
    if (planned.state !== 'ready' || !planned.due.due) return [];
    const { name, plugin, inputDigest, due } = planned;
    return [
      {
        name,
        plugin,
        cause: due.cause,
        inputDigest,
        startupConfigHash,
        effectiveGeneration: head.generation,
        previousDynamicGeneration: head.record?.lastPartNumbers[sourceOf(name)] ?? 0,
      },
    ];
  });
}

async function commitUnderLock(
  options: PassOptions,
  plan: readonly PlannedPlugin[],
  found: { readonly attempts: readonly Attempt[]; readonly config: LoadedConfig },
): Promise<Result<PassReport, PassFailure>> {
  const lock = await acquireLock(lockPath(options.state.path), {
    timeoutMs: options.lockTimeoutMs,
    holder: { command: options.command },
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  if (!lock.ok) return fail({ kind: 'locked', busy: lock.failure });
  try {
    for (;;) {
      const opened = await openForWriting(options.state, options.clock());
      if (!opened.ok) return opened;
      const { store, view, repairs } = opened.value;
      const report = await decide({ options, plan, ...found, view, repairs });
      const done = await commitSettlement({
        store,
        view,
        report,
        lost: lock.value.lost,
        inputs: inputsOf(plan),
      });
      // Somebody committed without the lock, as by hand: decide again on what is there now.
      if (done !== 'moved') return ok(done);
    }
  } finally {
    await lock.value.release();
  }
}

interface Decision {
  readonly options: PassOptions;
  readonly plan: readonly PlannedPlugin[];
  readonly attempts: readonly Attempt[];
  readonly config: LoadedConfig;
  readonly view: StateView;
  readonly repairs: readonly Problem[];
}

async function decide(decision: Decision): Promise<PassReport> {
  const { options, plan, attempts, config, view } = decision;
  const situation = await situationOf(config, view.head);
  // Read after the results that it uses: none of them is from the future.
  const now = options.clock();
  const current = inputsOf(planRuns({ situation, head: view.head, status: view.status }, now));
  const proposals = proposalsOf(attempts, current);
  const { startup } = situation;
  const settlement: Settlement | undefined =
    startup === undefined
      ? undefined
      : settle(
          {
            situation: { ...situation, startup },
            head: view.head,
            proposals,
            lineage: view.store?.lineage ?? '',
            engineVersion: options.engineVersion,
            operator: options.operator,
          },
          now,
        );
  return {
    config,
    only: options.only,
    head: view.head,
    startup,
    plugins: pluginReports({ plan, attempts, current, settlement }),
    settlement,
    commit: undefined,
    repairs: decision.repairs,
    finishedAt: now,
  };
}

function inputsOf(plan: readonly PlannedPlugin[]): Map<string, string> {
  return new Map(
    plan.flatMap(planned => (planned.state === 'ready' ? [[planned.name, planned.inputDigest]] : [])),
  );
}
