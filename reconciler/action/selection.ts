import { inImportOrder, stateOf } from './action.js';
import type { Action, ActionState } from './action.js';
import { policyOf } from './journal.js';
import type { ActionView } from './journal.js';

/**
 * The actions that a run takes which nobody named: all that wait, for a dry-run; or else those that are approved, and those
 * that are pending where the policy asks for no approval. In the order in which they were imported. Whether one of them may
 * be started is for the gates to say.
 */
export function waitingActions(view: ActionView, dryRun: boolean): Action[] {
  const policy = policyOf(view);
  const withPending = dryRun || (policy.ok && !policy.value.requireApproval);
  const wanted: readonly ActionState[] = withPending ? ['pending', 'approved'] : ['approved'];
  return inImportOrder(view.journal).filter(action => wanted.includes(stateOf(action)));
}
