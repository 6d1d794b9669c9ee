import { formatTime } from '../../protocol/time.js';
import type { Action, Transition } from '../../reconciler/action/action.js';
import type { Journal } from '../../reconciler/action/journal.js';
import { encodeTransition } from '../../reconciler/action/record.js';
import { trailers } from '../../reconciler/generations.js';
import type { CommitRecord } from '../../state/git/log.js';

/** A transition with the action that it is of, and the commit that holds it. */
export interface JournalItem {
  readonly id: string;
  readonly time: string;
  readonly from: string | null;
  readonly to: string;
  readonly by: string;
  readonly cause: string;
  readonly message: string;
  /** Null where the history does not hold it. */
  readonly commit: string | null;
  /** The whole of it, as it stands in the journal. */
  readonly transition: unknown;
}

/** Finds the commit of each transition: an action has one commit a transition, in the same order. */
export function journalItems(journal: Journal, newestFirst: readonly CommitRecord[]): JournalItem[] {
  const told = new Map<string, number>();
  const items: JournalItem[] = [];
  for (const commit of newestFirst.toReversed()) {
    const id = trailers(commit, 'Trigger')[0]?.replace(/^action /, '') ?? '';
    const at = told.get(id) ?? 0;
    const action = journal.get(id);
    const transition = action?.transitions[at];
    if (action === undefined || transition === undefined) continue;
    if (transition.to !== trailers(commit, 'Action-State')[0]) continue;
    told.set(id, at + 1);
    items.push(journalItem(action, transition, commit.commit));
  }
  const missing = [...journal.values()].flatMap(action =>
    action.transitions
      .slice(told.get(action.id) ?? 0)
      .map(transition => journalItem(action, transition, null)),
  );
  return [...items, ...missing];
}

function journalItem({ id }: Action, transition: Transition, commit: string | null): JournalItem {
  const { at, from, to, by, cause, message } = transition;
  return {
    id,
    time: formatTime(at),
    from: from ?? null,
    to,
    by,
    cause: cause.type,
    message,
    commit,
    transition: encodeTransition(transition),
  };
}
