import { directionOf, stateOf } from './action.js';
import type { Action, ActionState, Direction, Revision, Transition } from './action.js';

/** Every step that there is. What is not in here cannot happen, whoever asks for it. */
const moves: Readonly<Record<Exclude<ActionState, 'unknown'> | 'none', readonly ActionState[]>> = {
  none: ['pending'],
  pending: ['approved', 'executing', 'void'],
  // approved again where the approval before does not count any more
  approved: ['approved', 'executing', 'void'],
  executing: ['succeeded', 'failed', 'skipped', 'unknown'],
  succeeded: ['rollingBack'],
  failed: ['pending'],
  skipped: ['pending'],
  rollingBack: ['rolledBack', 'succeeded', 'unknown'],
  rolledBack: [],
  void: ['pending'],
};

/** Where an unknown action may go: one whose undo is unknown has had its effect, and must never become `failed`. */
const settled: Readonly<Record<Direction, readonly ActionState[]>> = {
  execute: ['succeeded', 'failed'],
  undo: ['rolledBack', 'succeeded'],
};

/** Adds a transition; throws on a step that the table does not have, which no caller may ask for. */
export function move(action: Action, { to, ...facts }: Omit<Transition, 'from'>): Action {
  const from = action.transitions.length === 0 ? undefined : stateOf(action);
  const targets = from === 'unknown' ? settled[directionOf(action)] : moves[from ?? 'none'];
  if (!targets.includes(to)) throw new Error(`action ${action.id} cannot go from ${from ?? 'none'} to ${to}`);
  // A clock that was set back must not make an approval older than its plan.
  const at = Math.max(facts.at, action.transitions.at(-1)?.at ?? facts.at);
  return { ...action, transitions: [...action.transitions, { ...facts, at, from, to }] };
}

/** Brings in a plan: a new action, or a further revision of one that is void; throws for any other. */
export function importRevision(
  action: Action,
  revision: Revision,
  facts: Pick<Transition, 'by' | 'message'>,
): Action {
  if (action.transitions.length > 0 && stateOf(action) !== 'void')
    throw new Error(`action ${action.id} cannot go from ${stateOf(action)} to a further plan`);
  const imported = { ...action, revisions: [...action.revisions, revision] };
  return move(imported, { ...facts, at: revision.importedAt, to: 'pending', cause: { type: 'imported' } });
}
