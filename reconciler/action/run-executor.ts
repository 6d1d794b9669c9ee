import { readOutput } from '../plugin/output.js';
import { runChild } from '../plugin/child/run-child.js';
import type { RunnablePlugin } from '../inputs.js';
import type { Action, AttemptEnd, Direction } from './action.js';
import { executeRequest, noAnswer, readAnswer } from './exchange.js';
import type { Answer } from './exchange.js';

export interface ExecutorOrder {
  readonly action: Action;
  readonly executor: RunnablePlugin;
  readonly direction: Direction;
  readonly mode: 'dry-run' | 'execute';
  readonly idempotencyKey: string;
  /** PATH for the executor. */
  readonly searchPath: string;
  readonly signal?: AbortSignal | undefined;
  /** The descriptor of the action's lock, which the executor keeps should it outlive this process. */
  readonly lock?: number;
}

/** What an executor said, and how its process ended. */
export interface ExecutorRun {
  readonly answer: Answer;
  readonly process: NonNullable<AttemptEnd['process']>;
}

/** Asks an executor once. Never rejects for anything that the executor does. */
export async function runExecutor(order: ExecutorOrder): Promise<ExecutorRun> {
  const { action, executor, direction, mode, idempotencyKey } = order;
  const { outcome, stdout } = await runChild({
    executable: executor.executable.realPath,
    env: executor.declaration.env,
    input: executeRequest(action, { direction, mode, idempotencyKey, context: executor.context }),
    timeoutMs: executor.declaration.timeoutMs,
    path: order.searchPath,
    signal: order.signal,
    keepOpen: order.lock,
  });
  const { exitCode, signal, durationMs, stdoutDigest, error } = outcome;
  return { answer: answerOf(), process: { exitCode, signal, durationMs, stdoutDigest } };

  function answerOf(): Answer {
    // A program that was never started has done nothing.
    if (error?.reason === 'PluginNotStarted') return { ...noAnswer(error.message), outcome: 'failed' };
    if (error !== null) return noAnswer(error.message);
    const output = readOutput('stdout', stdout);
    if (output.ok) return readAnswer(output.value, idempotencyKey);
    return noAnswer(output.failure.map(({ message }) => message).join('; '));
  }
}
