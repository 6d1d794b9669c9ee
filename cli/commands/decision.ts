import { fail, ok } from '../../protocol/result.js';
import type { Result } from '../../protocol/result.js';
import type { OpenOptions } from '../../reconciler/open-state.js';
import type { StateFailure } from '../../reconciler/pass-options.js';
import { operatorName } from '../operator.js';
import { settingsOf } from '../settings.js';
import type { CommonOptions } from '../settings.js';
import type { CommandContext } from './context.js';
import { explainFailure } from './failure.js';
import { nudgeDaemon } from './nudge.js';

/** What every decision of an operator's is recorded with. */
export interface DecisionBase extends OpenOptions {
  readonly by: string;
}

export interface Decision<T> {
  /** As others see it who wait for the lock. */
  readonly command: string;
  /** The inner failure is in words. */
  readonly perform: (base: DecisionBase) => Promise<Result<Result<T, string>, StateFailure>>;
}

export interface Decided<T> {
  readonly value: T;
  /** Whether a daemon was told, which looks at once. */
  readonly told: boolean;
}

/** Has a decision recorded, and tells the daemon. Fails with the exit code, once it is said why. */
export async function decide<T>(
  options: CommonOptions & { readonly lockTimeout: number },
  { io, env, clock, signal }: CommandContext,
  { command, perform }: Decision<T>,
): Promise<Result<Decided<T>, number>> {
  const settings = await settingsOf(options, env);
  const done = await perform({
    ...settings,
    clock,
    signal,
    lockTimeoutMs: options.lockTimeout,
    command,
    by: operatorName(env),
  });
  if (!done.ok) return fail(explainFailure(done.failure, io));
  if (!done.value.ok) {
    io.note(`routerctl: ${done.value.failure}\n`);
    return fail(1);
  }
  return ok({ value: done.value.value, told: await nudgeDaemon(settings.state.path) });
}
