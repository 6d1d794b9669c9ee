import { fail, ok } from '../protocol/result.js';
import type { Result } from '../protocol/result.js';
import type { StateFailure, StateOptions } from './pass-options.js';
import { asItIs, movedByHand } from './acknowledge.js';
import { numbersOf } from './head.js';
import type { Acknowledged } from './records/acknowledged.js';
import { viewState, writeAcknowledged } from './state-dir.js';
import { withStateLock } from './state-lock.js';

/** What an adoption took as it is. */
export interface Adoption {
  /** Undefined where the state directory holds no commit. */
  readonly commit: string | undefined;
  readonly generation: number;
  /** The number of the next generation: above all that were ever given. */
  readonly next: number;
  /** What was acknowledged before; undefined where nothing was. */
  readonly before: Acknowledged | undefined;
  /** Whether there was anything to adopt. */
  readonly changed: boolean;
}

/**
 * Takes HEAD as it is, whoever made it, so that writers go on from there. Only what this state directory acknowledges
 * changes: no commit, tag or visible file. The next pass merges anew and commits what differs.
 */
export async function adopt(options: StateOptions): Promise<Result<Adoption, StateFailure>> {
  const { state } = options;
  const seen = await viewState(state);
  if (!seen.ok) return fail({ kind: 'state', failure: seen.failure });
  if (seen.value.store === undefined && seen.value.acknowledged === undefined) {
    return ok({ commit: undefined, generation: 0, next: 1, before: undefined, changed: false });
  }
  return withStateLock(options, async (): Promise<Result<Adoption, StateFailure>> => {
    const found = await viewState(state);
    if (!found.ok) return fail({ kind: 'state', failure: found.failure });
    const view = found.value;
    const { head, acknowledged: before } = view;
    const changed = (await movedByHand(view)) !== undefined;
    if (changed) await writeAcknowledged(state.path, asItIs(view, { unused: before?.unused ?? 0 }));
    const next = numbersOf(head).generation + 1;
    return ok({ commit: head.commit, generation: head.generation, next, before, changed });
  });
}
