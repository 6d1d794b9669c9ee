import { isExpired, partId } from '../../protocol/part.js';
import type { Part } from '../../protocol/part.js';
import type { Problem } from '../../protocol/problem.js';
import { formatTime } from '../../protocol/time.js';
import type { Instant } from '../../protocol/time.js';
import type { Proposal } from '../plugin/result.js';

/** What becomes of a proposal: new content, a longer (or shorter) lease for the same content, or nothing. */
export type Taken =
  | { readonly outcome: 'accepted' | 'renewed'; readonly part: Part }
  | { readonly outcome: 'rejected'; readonly problem: Problem };

export interface SourceState {
  readonly source: string;
  /** The part of HEAD under its lease in force, ended or not; undefined where the source has none. */
  readonly current?: Part;
  /** The last number that the source was ever given, 0 for none. */
  readonly lastNumber: number;
}

/** Numbers a proposal against what is in force of its source. Pure. */
export function takeIn(proposal: Proposal, state: SourceState, now: Instant): Taken {
  const current = state.current === undefined || isExpired(state.current, now) ? undefined : state.current;
  // What is said to be observed in the future tells of a clock that was set back, not of an older observation.
  if (current !== undefined && current.observedAt <= now && proposal.observedAt < current.observedAt) {
    return {
      outcome: 'rejected',
      problem: {
        reason: 'StaleObservation',
        severity: 'error',
        message: `the result was observed at ${formatTime(proposal.observedAt)}, before ${partId(current)} at ${formatTime(current.observedAt)}`,
        hint: 'check the clock of the plugin',
        source: state.source,
      },
    };
  }
  const { observedAt, expiresAt } = proposal;
  if (expiresAt <= now) {
    return {
      outcome: 'rejected',
      problem: {
        reason: 'BornExpired',
        severity: 'error',
        message: `the lease of the result ended at ${formatTime(expiresAt)}, before it could be taken in`,
        hint: 'let ttl be longer than the plugin and a busy state directory take together',
        source: state.source,
      },
    };
  }
  if (current?.digest === proposal.digest) {
    return { outcome: 'renewed', part: { ...current, observedAt, expiresAt } };
  }
  return {
    outcome: 'accepted',
    part: { ...proposal, source: state.source, generation: state.lastNumber + 1 },
  };
}
