import { decodeActionPolicy } from '../../protocol/action-policy.js';
import { nextWindowChange } from '../../protocol/execution-window.js';
import { isActionPolicy } from '../../protocol/plugin.js';
import type { Instant } from '../../protocol/time.js';
import type { Looked } from '../look.js';
import type { Happening } from './step.js';

/** Something of which time alone decides when it happens next; it may repeat. */
export interface ForecastSource {
  /** The first time after `after` and not later than `until`. */
  readonly next: (after: Instant, until: Instant) => Upcoming | undefined;
}

export interface Upcoming {
  readonly at: Instant;
  readonly happening: Happening;
}

/**
 * Everything that happens by itself besides the ends of leases and the runs of plugins, which every pass works out. A new
 * kind of thing that time alone ends or begins belongs here.
 */
export function sourcesOf(looked: Looked): ForecastSource[] {
  return [...windowSources(looked)];
}

/** The execution windows of action policies, which say when approved actions may be executed. */
function windowSources({ situation }: Looked): ForecastSource[] {
  const policies = (situation.startup?.resources ?? []).filter(isActionPolicy).map(decodeActionPolicy);
  return policies.flatMap(({ name, windows }): ForecastSource[] => {
    if (windows === undefined || windows === 'always') return [];
    return [
      remembering((after, until) => {
        const change = nextWindowChange(windows, after, until);
        if (change === undefined) return undefined;
        const type = change.open ? 'windowOpen' : 'windowClose';
        return { at: change.at, happening: { type, policy: name } };
      }),
    ];
  });
}

/** A source that is asked at every step of one forecast and looks for its next moment once for each. */
function remembering(find: ForecastSource['next']): ForecastSource {
  let found: { readonly until: Instant; readonly upcoming: Upcoming | undefined } | undefined;
  return {
    next(after, until) {
      const isCurrent = found?.until === until && (found.upcoming?.at ?? until) > after;
      if (!isCurrent) found = { until, upcoming: find(after, until) };
      return found?.upcoming;
    },
  };
}
