import type { Result } from '../../protocol/result.js';
import { revisionOf, stateOf } from '../../reconciler/action/action.js';
import type { Action } from '../../reconciler/action/action.js';

/** One step of an import: `to` is pending for a plan that was taken in, void for one that is gone. */
export interface ImportedItem {
  readonly id: string;
  readonly from: string | null;
  readonly to: string;
  readonly cause: string;
  readonly message: string;
  readonly name: string;
  readonly part: string;
}

export function importedItem(action: Action): ImportedItem {
  const last = action.transitions.at(-1);
  if (last === undefined) throw new Error('every step of an import is a transition');
  const { from, to, cause, message } = last;
  const { plan, part } = revisionOf(action);
  return { id: action.id, from: from ?? null, to, cause: cause.type, message, name: plan.name, part };
}

/** What became of a request about one action: where it was moved to, or why it was not. */
export interface MovedItem {
  readonly id: string;
  readonly moved: boolean;
  readonly from: string | null;
  readonly to: string | null;
  readonly by: string;
  readonly message: string;
}

export function movedItem(id: string, by: string, result: Result<Action, string>): MovedItem {
  if (!result.ok) return { id, moved: false, from: null, to: null, by, message: result.failure };
  const last = result.value.transitions.at(-1);
  return {
    id,
    moved: true,
    from: last?.from ?? null,
    to: stateOf(result.value),
    by,
    message: last?.message ?? '',
  };
}
