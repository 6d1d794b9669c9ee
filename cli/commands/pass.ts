import { look } from '../../reconciler/look.js';
import { runPass } from '../../reconciler/pass.js';
import type { PassOptions } from '../../reconciler/pass-options.js';
import { operatorName } from '../operator.js';
import type { Settings } from '../settings.js';
import type { CommandContext } from './context.js';

/** A pass with what every command passes on alike. */
export function pass(
  settings: Settings,
  context: CommandContext,
  what: Pick<
    PassOptions,
    'dryRun' | 'command' | 'lockTimeoutMs' | 'only' | 'suppose' | 'asks' | 'answered' | 'confirm'
  >,
): ReturnType<typeof runPass> {
  const { env, clock, engineVersion, signal } = context;
  return runPass({
    ...settings,
    ...what,
    engineVersion,
    operator: operatorName(env),
    clock,
    signal,
  });
}

/** What a pass would start from, for a command that only looks. */
export function lookAsIs(
  settings: Settings,
  { env, clock, engineVersion, signal }: CommandContext,
  command: string,
): ReturnType<typeof look> {
  return look({
    ...settings,
    dryRun: true,
    engineVersion,
    operator: operatorName(env),
    clock,
    lockTimeoutMs: 0,
    command,
    signal,
  });
}
