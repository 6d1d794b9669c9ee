import { partId } from '../../protocol/part.js';
import type { Lease } from '../../protocol/part.js';
import { sourceOf } from '../../protocol/plugin.js';
import type { ResourceRef } from '../../protocol/resource.js';
import type { Instant } from '../../protocol/time.js';
import type { Cause } from '../../render/commit-message.js';
import type { Change } from '../../render/changes.js';
import type { PassReport, PluginReport } from '../report.js';

/** Something that happens by itself. */
export type Happening =
  /** Edits that no pass has taken in yet: they are in the first step. */
  | { readonly type: 'config'; readonly file: string }
  /** A part ends because its plugin is gone or no longer bound. */
  | { readonly type: 'unbound'; readonly source: string }
  /** The edit that made a generation is taken back, because nobody confirmed it in time. */
  | { readonly type: 'confirmExpired'; readonly generation: number }
  /** Something in `control/` is over, in the words of its commit: `suspend-over plugin/x`. */
  | { readonly type: 'controlEnd'; readonly what: string }
  | { readonly type: 'leaseEnd'; readonly part: string }
  | { readonly type: 'maskLift'; readonly resource: ResourceRef; readonly by: string }
  | { readonly type: 'windowOpen' | 'windowClose'; readonly policy: string }
  | PluginRunHappening;

export interface PluginRunHappening {
  readonly type: 'pluginRun';
  readonly plugin: string;
  readonly why: string;
  /**
   * `renews` what it said, for a new lease; says it `again` after its part had ended; `unknown`: nothing is known of what
   * it says, which counts as nothing; `notBound`: nothing of it is kept; `held`: the guard of the ChangePolicy keeps it out.
   */
  readonly outcome: 'renews' | 'again' | 'unknown' | 'notBound' | 'held';
  readonly lease?: Lease;
}

/** A moment at which something happens, and what becomes of the effective-config. */
export interface ForecastStep {
  readonly at: Instant;
  readonly happenings: readonly Happening[];
  /** Only where the effective-config changes. */
  readonly becomes?: { readonly generation: number; readonly effectiveConfigHash: string };
  readonly changes: readonly Change[];
}

/** What a predicted pass comes to; `known` are the sources of which it is known what they say. */
export function stepOf(
  { settlement, plugins, finishedAt }: PassReport,
  others: readonly Happening[],
  known: ReadonlySet<string>,
): ForecastStep | undefined {
  const causes = settlement?.commit?.causes ?? [];
  const happenings: Happening[] = [
    ...causes.flatMap(causeHappening),
    ...(settlement?.ended ?? []).flatMap(({ part, cause }): Happening[] =>
      cause === 'expiry' ? [{ type: 'leaseEnd', part: partId(part) }] : [],
    ),
    ...plugins.flatMap(plugin => runHappening(plugin, known)),
    ...others,
    ...(settlement?.changes ?? []).flatMap(({ action, resource, source }): Happening[] =>
      action === 'unmasked' ? [{ type: 'maskLift', resource, by: source }] : [],
    ),
  ];
  const changed = settlement !== undefined && settlement.generation.next > settlement.generation.current;
  if (happenings.length === 0 && !changed) return undefined;
  return {
    at: finishedAt,
    happenings,
    ...(changed
      ? {
          becomes: {
            generation: settlement.generation.next,
            effectiveConfigHash: settlement.effectiveConfigHash.next,
          },
        }
      : {}),
    changes: settlement?.changes ?? [],
  };
}

/** What time has to do with a cause of a commit; the ends of leases and the runs are told from more than their causes. */
function causeHappening(cause: Cause): Happening[] {
  switch (cause.type) {
    case 'config':
      return [{ type: 'config', file: cause.file }];
    case 'unbound':
      return [{ type: 'unbound', source: cause.source }];
    case 'control':
      return [{ type: 'controlEnd', what: cause.what }];
    case 'confirm-expired':
      return [{ type: 'confirmExpired', generation: cause.generation }];
    case 'interval':
    case 'event':
    case 'input':
    case 'manual':
    case 'expiry':
    case 'rollback':
    case 'promote':
      return [];
  }
}

function runHappening(
  { name, why, outcome, run, part }: PluginReport,
  known: ReadonlySet<string>,
): PluginRunHappening[] {
  if (run === undefined) return [];
  const what =
    outcome === 'notBound' || outcome === 'held'
      ? outcome
      : !known.has(sourceOf(name))
        ? 'unknown'
        : outcome === 'renewed'
          ? 'renews'
          : 'again';
  const lease =
    part === undefined ? {} : { lease: { observedAt: part.observedAt, expiresAt: part.expiresAt } };
  return [{ type: 'pluginRun', plugin: name, why, outcome: what, ...lease }];
}
