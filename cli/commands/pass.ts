import { runPass } from '../../reconciler/pass.js';
import type { PassOptions } from '../../reconciler/pass-options.js';
import { operatorName } from '../operator.js';
import type { Settings } from '../settings.js';
import type { CommandContext } from './context.js';

/** A pass with what every command passes on alike. */
export function pass(
  settings: Settings,
  context: CommandContext,
  what: Pick<PassOptions, 'dryRun' | 'command' | 'lockTimeoutMs' | 'only' | 'suppose'>,
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
