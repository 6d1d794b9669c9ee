import { fail, ok } from '../../protocol/result.js';
import type { Result } from '../../protocol/result.js';
import type { Problem } from '../../protocol/problem.js';
import { formatTime } from '../../protocol/time.js';
import { approvalOf, directionOf, revisionOf, stateOf } from './action.js';
import type { Action, ActionState, Transition } from './action.js';
import { executorIdentity, importFacts } from './facts.js';
import { unfitApproval } from './gates.js';
import { withJournal } from './journal.js';
import type { ActionView, JournalFailure, JournalOptions, OpenJournal } from './journal.js';
import { move } from './move.js';
import { planGone, planImport } from './plan-import.js';
import type { ImportPlan } from './plan-import.js';

/** What an operator asks to be written into the journal about one action. */
export type Request =
  | { readonly type: 'approve' | 'reject' | 'retry'; readonly by: string; readonly message: string }
  | { readonly type: 'resolve'; readonly succeeded: boolean; readonly by: string; readonly message: string };

export interface Imported extends ImportPlan {
  readonly repairs: readonly Problem[];
}

/** Takes the plans of the live parts into the journal, one commit a transition. */
export function importPlans(
  options: JournalOptions,
  who: { readonly by: string; readonly asked: boolean },
): Promise<Result<Imported, JournalFailure>> {
  return withJournal(options, async journal => {
    const plan = importOf(journal.view(), who, journal.now);
    for (const action of plan.steps) await journal.save(action);
    return { ...plan, repairs: journal.repairs };
  });
}

/** What an import would do at this moment. */
export function importOf(
  view: ActionView,
  who: { readonly by: string; readonly asked: boolean },
  now: number,
): ImportPlan {
  const facts = {
    ...importFacts(view, now),
    actions: [...view.journal.values()],
    ledger: view.ledger,
    ...who,
  };
  return planImport(facts, now);
}

/** Does what an operator asks for, or says why that cannot be. */
export function operate(
  options: JournalOptions,
  id: string,
  request: Request,
): Promise<Result<Result<Action, string>, JournalFailure>> {
  return withJournal(options, async journal => {
    const action = journal.view().journal.get(id);
    if (action === undefined) return fail(noSuchAction(id));
    const moved = answer(action, request, journal);
    if (moved.ok) await journal.save(moved.value);
    return moved;
  });
}

export function noSuchAction(id: string): string {
  return `there is no action ${JSON.stringify(id)}: see routerctl action list`;
}

function answer(action: Action, request: Request, journal: OpenJournal): Result<Action, string> {
  switch (request.type) {
    case 'approve':
      return approve(action, request, journal);
    case 'reject':
      return step(action, ['pending', 'approved'], {
        ...request,
        at: journal.now,
        to: 'void',
        cause: { type: 'rejected' },
      });
    case 'retry':
      return step(action, ['failed', 'skipped'], {
        ...request,
        at: journal.now,
        to: 'pending',
        cause: { type: 'retried' },
      });
    case 'resolve':
      return step(action, ['unknown'], {
        ...request,
        at: journal.now,
        to: settledState(action, request.succeeded),
        cause: { type: 'resolved' },
      });
  }
}

/** The state that an unknown action is in once somebody knows whether its attempt had its effect. */
export function settledState(action: Action, succeeded: boolean): ActionState {
  if (directionOf(action) === 'execute') return succeeded ? 'succeeded' : 'failed';
  return succeeded ? 'rolledBack' : 'succeeded';
}

function approve(action: Action, { by, message }: Request, journal: OpenJournal): Result<Action, string> {
  const view = journal.view();
  const executor = executorIdentity(action, view);
  if (stateOf(action) === 'approved' && unfitApproval(action, { executor }) === undefined) {
    const approval = approvalOf(action);
    return fail(`it is approved already, by ${approval?.by ?? ''} at ${formatTime(approval?.at ?? 0)}`);
  }
  if (['pending', 'approved'].includes(stateOf(action))) {
    const gone = planGone(action, { ...importFacts(view, journal.now), actions: [...view.journal.values()] });
    if (gone !== undefined) return fail(`${gone}: see routerctl action import`);
  }
  const approval = {
    planDigest: revisionOf(action).planDigest,
    ...(executor.ok ? { executor: executor.value } : {}),
  };
  return step(action, ['pending', 'approved'], {
    by,
    message,
    at: journal.now,
    to: 'approved',
    cause: { type: 'approved', approval },
  });
}

function step(
  action: Action,
  from: readonly ActionState[],
  transition: Omit<Transition, 'from'>,
): Result<Action, string> {
  const state = stateOf(action);
  if (from.includes(state)) {
    const { at, to, by, message, cause } = transition;
    return ok(move(action, { at, to, by, message, cause }));
  }
  const last = action.transitions.at(-1);
  const why = last === undefined || last.message === '' ? '' : ` (${last.message})`;
  return fail(`it is ${state}${why}, not ${from.join(' or ')}`);
}
