import type { ActionPlan } from '../../protocol/action-plan.js';
import { byCodePoint } from '../../protocol/order.js';
import type { ValueMap } from '../../protocol/resource.js';
import type { Instant } from '../../protocol/time.js';

/**
 * How far an action has come:
 *
 *     pending ─► approved ─► executing ─► succeeded ─► rollingBack ─► rolledBack
 *        │          │            ├─► failed              ├─► succeeded (the undo failed or was skipped)
 *        └──► void ◄┘            ├─► skipped             └─► unknown
 *                                └─► unknown
 *
 * `void` was rejected, or its plan was withdrawn or changed. `unknown`: nobody can say whether it has had its effect; only
 * a person, or an executor that looks, leads out of it. failed and skipped become pending again when somebody asks.
 */
export type ActionState =
  | 'pending'
  | 'approved'
  | 'executing'
  | 'succeeded'
  | 'failed'
  | 'skipped'
  | 'unknown'
  | 'rollingBack'
  | 'rolledBack'
  | 'void';

export const actionStates: readonly ActionState[] = [
  'pending',
  'approved',
  'executing',
  'succeeded',
  'failed',
  'skipped',
  'unknown',
  'rollingBack',
  'rolledBack',
  'void',
];

/** Which way an attempt goes: the action itself, or taking it back. */
export type Direction = 'execute' | 'undo';

/** A plan as it was imported. A later revision is a plan that came, under the same key, after the one before was void. */
export interface Revision {
  readonly importedAt: Instant;
  /** `Plugin/oci-inventory#12`. */
  readonly part: string;
  readonly partDigest: string;
  readonly plan: ActionPlan;
  readonly planDigest: string;
}

/** An executor plugin with the digest of its program's bytes. */
export interface ExecutorIdentity {
  readonly plugin: string;
  readonly digest: string;
}

/** What is known before an executor is started: it is on disk by then. */
export interface AttemptStart {
  /** Of this start and no other: the ledger beside the journal knows it by that. */
  readonly id: string;
  readonly direction: Direction;
  readonly idempotencyKey: string;
  readonly executor: ExecutorIdentity;
  readonly planDigest: string;
  readonly policyDigest: string;
  /** Who approved it; undefined where the policy asks for nobody. */
  readonly approvedBy?: string;
}

/** What an attempt came to. */
export interface AttemptEnd {
  readonly direction: Direction;
  readonly message: string;
  readonly error: string;
  /** Facts that the executor reported; secrets are blanked. */
  readonly observed: ValueMap;
  /** Undefined leaves it to the plan. */
  readonly undoAvailable?: boolean;
  /** How the process ended; undefined where routerd did not see it. */
  readonly process?: {
    readonly exitCode: number | null;
    readonly signal: string | null;
    readonly durationMs: number;
    readonly stdoutDigest: string;
  };
}

export interface Approval {
  readonly planDigest: string;
  /** Whose program would have carried it out at that moment; undefined where there was none. */
  readonly executor?: ExecutorIdentity;
}

/** Why an action moved, with the facts of that. */
export type Cause =
  | { readonly type: 'imported' }
  | { readonly type: 'approved'; readonly approval: Approval }
  | { readonly type: 'rejected' | 'withdrawn' | 'changed' | 'retried' | 'resolved' }
  | { readonly type: 'started'; readonly attempt: AttemptStart }
  | { readonly type: 'ended' | 'looked'; readonly result: AttemptEnd }
  | { readonly type: 'interrupted' };

/** One step of an action's life. A transition is never changed once it is committed. */
export interface Transition {
  readonly at: Instant;
  readonly from: ActionState | undefined;
  readonly to: ActionState;
  /** An operator's name, or `routerd`. */
  readonly by: string;
  /** What they said about it; empty for nothing. */
  readonly message: string;
  readonly cause: Cause;
}

/** An action with all that ever happened to it: revisions and transitions are only ever added. */
export interface Action {
  /** A DNS label, derived from the key. */
  readonly id: string;
  readonly idempotencyKey: string;
  readonly revisions: readonly Revision[];
  readonly transitions: readonly Transition[];
}

export function stateOf({ transitions }: Action): ActionState {
  return transitions.at(-1)?.to ?? 'void';
}

/** The revision that counts. */
export function revisionOf({ id, revisions }: Action): Revision {
  const last = revisions.at(-1);
  if (last === undefined) throw new Error(`action ${id} has no revision`);
  return last;
}

/** The approval of an approved action, with who gave it and when. */
export function approvalOf(action: Action): (Approval & Pick<Transition, 'by' | 'at'>) | undefined {
  const last = action.transitions.at(-1);
  if (last?.cause.type !== 'approved') return undefined;
  return { ...last.cause.approval, by: last.by, at: last.at };
}

/** The latest attempt in a direction that came to this state, such as the execution that succeeded. */
export function resultOf(action: Action, direction: Direction, to: ActionState): AttemptEnd | undefined {
  const ended = action.transitions.findLast(
    ({ cause, to: reached }) =>
      reached === to &&
      (cause.type === 'ended' || cause.type === 'looked') &&
      cause.result.direction === direction,
  );
  return ended !== undefined && (ended.cause.type === 'ended' || ended.cause.type === 'looked')
    ? ended.cause.result
    : undefined;
}

/** Which way the attempt went whose outcome is unknown, or that is under way. */
export function directionOf(action: Action): Direction {
  const started = action.transitions.findLast(({ cause }) => cause.type === 'started');
  return started?.cause.type === 'started' ? started.cause.attempt.direction : 'execute';
}

/** The executors that were started in a direction, oldest first. */
export function attemptsOf({ transitions }: Action, direction: Direction): AttemptStart[] {
  return transitions
    .flatMap(({ cause }) => (cause.type === 'started' ? [cause.attempt] : []))
    .filter(attempt => attempt.direction === direction);
}

/** The key under which an executor is asked. */
export function keyFor({ idempotencyKey }: Pick<Action, 'idempotencyKey'>, direction: Direction): string {
  return direction === 'undo' ? `${idempotencyKey}:undo` : idempotencyKey;
}

/** Actions in the order in which they are executed: the oldest plan first, plans that came together by their names. */
export function inImportOrder(journal: ReadonlyMap<string, Action>): Action[] {
  return [...journal.values()].sort((a, b) => {
    const [left, right] = [revisionOf(a), revisionOf(b)];
    return left.importedAt - right.importedAt || byCodePoint(left.plan.name, right.plan.name);
  });
}
