import { randomUUID } from 'node:crypto';
import { isDnsLabel } from '../../protocol/names.js';
import { sourceOf } from '../../protocol/plugin.js';
import { ok } from '../../protocol/result.js';
import type { Result } from '../../protocol/result.js';
import { tryLockForChild } from '../../state/lock.js';
import { approvalOf, keyFor, revisionOf, stateOf } from './action.js';
import type { Action, AttemptStart, Direction } from './action.js';
import { noAnswer, stateAfter } from './exchange.js';
import type { Answer } from './exchange.js';
import { executorOf, gateFacts } from './facts.js';
import { judgeGates } from './gates.js';
import type { Gate, GateFacts } from './gates.js';
import { actionLockPath, withJournal } from './journal.js';
import type { JournalFailure, JournalOptions, OpenJournal } from './journal.js';
import { recordStart } from './ledger.js';
import { move } from './move.js';
import { noSuchAction } from './operate.js';
import { runExecutor } from './run-executor.js';
import type { ExecutorOrder, ExecutorRun } from './run-executor.js';

export interface ExecuteOptions extends JournalOptions {
  readonly direction: Direction;
  readonly asked: GateFacts['asked'];
  /** Who asks: an operator's name, or `routerd`. */
  readonly by: string;
  readonly message: string;
  /** Executors that this run has started so far. */
  readonly startedInRun: (journal: OpenJournal) => number;
  /** Aborted to end the executor before its deadline; what came of it is then unknown. */
  readonly giveUp?: AbortSignal;
}

/**
 * What became of a request to execute one action. `refused`: a gate is closed. `done`: it has succeeded before, nothing was
 * started. `running`: another process has started it and waits for its executor. `ended`: it was started, and this is what
 * came of it.
 */
export type ExecuteOutcome =
  | { readonly kind: 'noSuchAction' | 'running'; readonly message: string }
  | { readonly kind: 'done'; readonly action: Action }
  | { readonly kind: 'refused'; readonly action: Action; readonly gates: readonly Gate[] }
  | { readonly kind: 'ended'; readonly action: Action; readonly answer: Answer };

/** Recording a result is waited for longer than anything else: the effect is there, and only this process knows. */
const recordTimeoutMs = 10 * 60_000;

/**
 * Executes an action, or takes it back: judges every gate under the lock, commits that the executor is about to be started,
 * starts it without the lock, and commits what it says. At most one process does this for an action at a time.
 */
export async function executeAction(
  options: ExecuteOptions,
  id: string,
): Promise<Result<ExecuteOutcome, JournalFailure>> {
  // The id becomes a file name.
  if (!isDnsLabel(id)) return ok({ kind: 'noSuchAction', message: noSuchAction(id) });
  const own = await tryLockForChild(actionLockPath(options.state.path, id), { command: options.command });
  if (!own.ok) return ok({ kind: 'running', message: own.failure.message });
  try {
    const begun = await withJournal(options, journal => begin(options, journal, id), id);
    if (!begun.ok) return begun;
    if (begun.value.kind !== 'begun') return ok(begun.value);
    const { order } = begun.value;
    const run = await runExecutor({ ...order, signal: options.giveUp, lock: own.value.fd });
    return await withJournal(patiently(options), journal => end(journal, order, run));
  } finally {
    await own.value.release();
  }
}

/** Nothing that could call off the wait: whoever stops now would leave a result behind. */
function patiently({ config, state, clock, command }: JournalOptions): JournalOptions {
  return { config, state, clock, command, lockTimeoutMs: recordTimeoutMs };
}

async function begin(
  options: ExecuteOptions,
  journal: OpenJournal,
  id: string,
): Promise<ExecuteOutcome | { readonly kind: 'begun'; readonly order: ExecutorOrder }> {
  const { direction, asked, by, message, state } = options;
  const view = journal.view();
  const action = view.journal.get(id);
  if (action === undefined) return { kind: 'noSuchAction', message: noSuchAction(id) };
  if (stateOf(action) === (direction === 'execute' ? 'succeeded' : 'rolledBack'))
    return { kind: 'done', action };
  const facts = gateFacts(action, view, {
    direction,
    asked,
    startedInRun: options.startedInRun(journal),
    now: journal.now,
  });
  const gates = judgeGates(action, facts);
  const executor = executorOf(action, view);
  if (gates.some(({ open }) => !open) || !executor.ok || !facts.policy.ok || !facts.executor.ok) {
    return { kind: 'refused', action, gates };
  }
  const idempotencyKey = keyFor(action, direction);
  const approvedBy = direction === 'undo' ? by : approvalOf(action)?.by;
  const attempt: AttemptStart = {
    id: randomUUID(),
    direction,
    idempotencyKey,
    executor: facts.executor.value,
    planDigest: revisionOf(action).planDigest,
    policyDigest: facts.policy.value.digest,
    ...(approvedBy === undefined ? {} : { approvedBy }),
  };
  const to = direction === 'execute' ? 'executing' : 'rollingBack';
  const started = move(action, { at: journal.now, to, by, message, cause: { type: 'started', attempt } });
  await journal.save(started);
  const order: ExecutorOrder = {
    action: started,
    executor: executor.value,
    direction,
    mode: 'execute',
    idempotencyKey,
    searchPath: state.searchPath,
  };
  try {
    await recordStart(state.path, { id, attempt, at: journal.now });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const answer: Answer = { ...noAnswer(`the executor was not started: ${why}`), outcome: 'failed' };
    return finish(journal, order, { answer });
  }
  return { kind: 'begun', order };
}

/** Commits what came of a start, and with that the action's next state. */
async function end(journal: OpenJournal, order: ExecutorOrder, run: ExecutorRun): Promise<ExecuteOutcome> {
  const current = journal.view().journal.get(order.action.id);
  if (current?.transitions.length !== order.action.transitions.length) {
    throw new Error(
      `the journal of ${order.action.id} was changed while its executor ran; it said: ${run.answer.outcome ?? 'nothing'}`,
    );
  }
  return finish(journal, order, run);
}

async function finish(
  journal: OpenJournal,
  { action, direction, executor }: ExecutorOrder,
  { answer, process }: Pick<ExecutorRun, 'answer'> & Partial<ExecutorRun>,
): Promise<ExecuteOutcome> {
  const { outcome, ...said } = answer;
  const ended = move(action, {
    at: journal.now,
    to: stateAfter(direction, outcome),
    by: outcome === undefined ? 'routerd' : sourceOf(executor.declaration.name),
    message: said.error === '' ? said.message : said.error,
    cause: { type: 'ended', result: { direction, ...said, ...(process === undefined ? {} : { process }) } },
  });
  await journal.save(ended);
  return { kind: 'ended', action: ended, answer };
}
