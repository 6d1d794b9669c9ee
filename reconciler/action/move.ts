import { stateOf } from './action.js';
import type { Action, ActionState, Revision, Transition } from './action.js';

/** Every step that there is. What is not in here cannot happen, whoever asks for it. */
const moves: Readonly<Record<ActionState | 'none', readonly ActionState[]>> = {
  none: ['pending'],
  pending: ['approved', 'executing', 'void'],
  // approved again where the approval before does not count any more
  approved: ['approved', 'executing', 'void'],
  executing: ['succeeded', 'failed', 'skipped', 'unknown'],
  succeeded: ['rollingBack'],
  failed: ['pending'],
  skipped: ['pending'],
  unknown: ['succeeded', 'failed', 'rolledBack'],
  rollingBack: ['rolledBack', 'succeeded', 'unknown'],
  rolledBack: [],
  void: ['pending'],
};

/** Adds a transition; throws on a step that the table does not have, which no caller may ask for. */
export function move(action: Action, { to, ...facts }: Omit<Transition, 'from'>): Action {
  const from = action.transitions.length === 0 ? undefined : stateOf(action);
  if (!moves[from ?? 'none'].includes(to))
    throw new Error(`action ${action.id} cannot go from ${from ?? 'none'} to ${to}`);
  return { ...action, transitions: [...action.transitions, { ...facts, from, to }] };
}

/** Brings in a plan: a new action, or a further revision of one that is void. */
export function importRevision(
  action: Action,
  revision: Revision,
  facts: Pick<Transition, 'by' | 'message'>,
): Action {
  const imported = { ...action, revisions: [...action.revisions, revision] };
  return move(imported, { ...facts, at: revision.importedAt, to: 'pending', cause: { type: 'imported' } });
}
