import { encodePlan } from '../../protocol/action-plan.js';
import { redactValueForDisplay } from '../../protocol/redact.js';
import { asValue } from '../../protocol/resource.js';
import type { Value, ValueMap } from '../../protocol/resource.js';
import { formatTime } from '../../protocol/time.js';
import { attemptsOf, resultOf, revisionOf, stateOf } from '../../reconciler/action/action.js';
import type { Action, ActionState, Transition } from '../../reconciler/action/action.js';
import { encodeTransition } from '../../reconciler/action/record.js';

/** An action as `action list` and `action show` print it. Times are RFC 3339; null and '' stand for nothing. */
export interface ActionItem {
  readonly id: string;
  readonly idempotencyKey: string;
  /** `Plugin/oci-inventory`, and the part of it that the plan was imported from: `Plugin/oci-inventory#12`. */
  readonly source: string;
  readonly part: string;
  /** Name of the plan. */
  readonly name: string;
  readonly description: string;
  readonly provider: string;
  readonly providerRef: string;
  readonly action: string;
  readonly target: Readonly<Record<string, string>>;
  readonly parameters: ValueMap;
  readonly undo: Value;
  readonly preconditions: readonly ValueMap[];
  readonly expectedEffects: readonly string[];
  readonly riskLevel: string;
  readonly status: ActionState;
  /** How many plans came under this key, one after the other. */
  readonly revision: number;
  readonly planDigest: string;
  readonly importedAt: string;
  /** Who has approved what is, or was last, to be done. */
  readonly approvedBy: string | null;
  readonly approvedAt: string | null;
  /** When its executor was last started to carry it out. */
  readonly executedAt: string | null;
  /** How often an executor was started. */
  readonly attempts: { readonly execute: number; readonly undo: number };
  /** What the executor found, or made, when it carried the action out. */
  readonly observed: ValueMap;
  /** What was said last: by the executor, or by whoever moved the action. */
  readonly message: string;
  readonly error: string;
  readonly transitions: readonly ValueMap[];
}

export function actionItem(action: Action, showSecrets: boolean): ActionItem {
  const { id, idempotencyKey, revisions, transitions } = action;
  const { plan, planDigest, part, importedAt } = revisionOf(action);
  // What happened before the action was pending for the last time is the story of another try.
  const round = transitions.slice(
    Math.max(
      0,
      transitions.findLastIndex(({ to }) => to === 'pending'),
    ),
  );
  const approved = round.findLast(({ cause }) => cause.type === 'approved');
  const started = round.findLast(
    ({ cause }) => cause.type === 'started' && cause.attempt.direction === 'execute',
  );
  const item: ActionItem = {
    id,
    idempotencyKey,
    source: part.slice(0, part.lastIndexOf('#')),
    part,
    name: plan.name,
    description: plan.description,
    provider: plan.provider,
    providerRef: plan.providerRef,
    action: plan.action,
    target: plan.target,
    parameters: plan.parameters,
    undo: encodePlan(plan)['undo'] ?? null,
    preconditions: plan.preconditions,
    expectedEffects: plan.expectedEffects,
    riskLevel: plan.riskLevel,
    status: stateOf(action),
    revision: revisions.length,
    planDigest,
    importedAt: formatTime(importedAt),
    approvedBy: approved?.by ?? null,
    approvedAt: timeText(approved),
    executedAt: timeText(started),
    attempts: { execute: attemptsOf(action, 'execute').length, undo: attemptsOf(action, 'undo').length },
    observed: resultOf(action, 'execute', 'succeeded')?.observed ?? {},
    ...saidLast(transitions.at(-1)),
    transitions: transitions.map(encodeTransition),
  };
  return shown(item, showSecrets);
}

function timeText(transition: Transition | undefined): string | null {
  return transition === undefined ? null : formatTime(transition.at);
}

function saidLast(last: Transition | undefined): Pick<ActionItem, 'message' | 'error'> {
  if (last?.cause.type === 'ended') {
    const { message, error } = last.cause.result;
    return { message, error };
  }
  return { message: last?.message ?? '', error: '' };
}

/** Data as routerctl may print it. */
export function shown<T>(data: T, showSecrets: boolean): T {
  return showSecrets ? data : (redactValueForDisplay(asValue(data)) as T);
}
