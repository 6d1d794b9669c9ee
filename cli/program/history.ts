import type { Command } from 'commander';
import { common, run, showSecrets } from './options.js';
import type { Runner } from './options.js';

/** `routerctl verify`: is the history what it says? */
export function verifyCommand(verify: Command, runner: Runner): void {
  common(verify)
    .description(
      'merge generations again from their own commits and compare; exit 0 good, 1 something differs, 2 could not run',
    )
    .argument('[range]', 'generations A..B, both included; A.., ..B or one number (default: all of them)')
    .addOption(showSecrets())
    .action(run(runner, ['range'], async () => (await import('../commands/verify.js')).verify));
}
