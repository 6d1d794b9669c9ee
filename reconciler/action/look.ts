import { fail, ok } from '../../protocol/result.js';
import type { Result } from '../../protocol/result.js';
import { sourceOf } from '../../protocol/plugin.js';
import { directionOf, keyFor, stateOf } from './action.js';
import type { Action, Direction } from './action.js';
import type { Answer } from './exchange.js';
import { executorOf, gateFacts } from './facts.js';
import { dryRunGates, judgeGates } from './gates.js';
import type { Gate } from './gates.js';
import { withJournal } from './journal.js';
import type { ActionView, JournalFailure, JournalOptions } from './journal.js';
import { move } from './move.js';
import { noSuchAction, settledState } from './operate.js';
import { runExecutor } from './run-executor.js';

export interface DryRun {
  readonly action: Action;
  readonly gates: readonly Gate[];
  /** What the executor says it would do; undefined where the gates do not even let it be asked. */
  readonly answer?: Answer;
}

export interface DryRunOptions {
  readonly direction: Direction;
  readonly startedInRun: number;
  readonly now: number;
  /** PATH for the executor. */
  readonly searchPath: string;
  readonly signal?: AbortSignal;
}

/** Judges the gates of an action and, where the policy lets it be asked, has its executor say what it would do. Writes nothing. */
export async function dryRunAction(
  action: Action,
  view: ActionView,
  options: DryRunOptions,
): Promise<DryRun> {
  const { direction, startedInRun, now, searchPath, signal } = options;
  const gates = judgeGates(
    action,
    gateFacts(action, view, { direction, asked: 'operator', startedInRun, now }),
  );
  const executor = executorOf(action, view);
  const askable = gates.every(({ gate, open }) => open || !dryRunGates.has(gate));
  if (!askable || !executor.ok) return { action, gates };
  const order = {
    action,
    executor: executor.value,
    direction,
    mode: 'dry-run',
    idempotencyKey: keyFor(action, direction),
    searchPath,
    signal,
  } as const;
  return { action, gates, answer: (await runExecutor(order)).answer };
}

/**
 * Has the executor look whether the effect of an unknown action is there, and settles the action by that. An executor that
 * can look answers a dry-run of the action with `observed.effect`, `present` or `absent`; any other answer settles nothing.
 */
export async function lookAtAction(
  options: JournalOptions,
  { id, by, message }: { readonly id: string; readonly by: string; readonly message: string },
): Promise<Result<Result<Action, string>, JournalFailure>> {
  const asked = await withJournal(options, journal =>
    Promise.resolve({ view: journal.view(), now: journal.now }),
  );
  if (!asked.ok) return asked;
  const { view, now } = asked.value;
  const action = view.journal.get(id);
  if (action === undefined) return ok(fail(noSuchAction(id)));
  if (stateOf(action) !== 'unknown') return ok(fail(`it is ${stateOf(action)}, not unknown`));
  const { answer, gates } = await dryRunAction(action, view, {
    direction: 'execute',
    startedInRun: 0,
    now,
    searchPath: options.state.searchPath,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  if (answer === undefined) {
    const closed = gates.filter(({ gate, open }) => !open && dryRunGates.has(gate)).map(gate => gate.message);
    return ok(fail(`its executor cannot be asked: ${closed.join('; ')}`));
  }
  const effect = answer.observed['effect'];
  if (answer.outcome === undefined || (effect !== 'present' && effect !== 'absent')) {
    return ok(
      fail(
        `its executor does not say whether the effect is there (observed.effect: present or absent): ${answer.error || answer.message}`,
      ),
    );
  }
  return withJournal(options, async journal => {
    const current = journal.view().journal.get(id);
    if (current === undefined || stateOf(current) !== 'unknown')
      return fail('it was settled by somebody else meanwhile');
    const { message: told, error, observed } = answer;
    const executor = executorOf(current, view);
    const undone = settledState(current, true) === 'rolledBack';
    const settled = move(current, {
      at: journal.now,
      to: settledState(current, (effect === 'present') !== undone),
      by,
      message:
        message === ''
          ? `${executor.ok ? sourceOf(executor.value.declaration.name) : 'the executor'} finds the effect ${effect}`
          : message,
      // The facts of an execution stay those that it reported itself.
      cause: { type: 'looked', result: { direction: directionOf(current), message: told, error, observed } },
    });
    await journal.save(settled);
    return ok(settled);
  });
}
