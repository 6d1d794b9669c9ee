import type { Command } from 'commander';
import { Option } from 'commander';
import { common, lockTimeout, positiveInteger, run, showSecrets } from './options.js';
import type { Runner } from './options.js';

/** `routerctl rollback`: back to an older startup-config. */
export function rollbackCommand(command: Command, runner: Runner): void {
  common(command)
    .description('put the startup-config of an older generation in force again, as a new generation')
    .requiredOption('--to <generation>', 'number of the older generation', positiveInteger)
    .addOption(why())
    .option('--dry-run', 'print what would change, write nothing')
    .addOption(lockTimeout())
    .addOption(showSecrets())
    .action(run(runner, [], async () => (await import('../commands/rollback.js')).rollbackTo));
}

/** `routerctl quarantine …`: what a rollback keeps from being put in force again. */
export function quarantineCommands(quarantine: Command, runner: Runner): void {
  common(quarantine.command('list'))
    .description('list the startup-configs that are not put in force again by themselves')
    .action(run(runner, [], async () => (await import('../commands/quarantine.js')).quarantineList));
  common(quarantine.command('release'))
    .description('let what is quarantined be put in force by the next pass that finds it')
    .argument('[digest]', 'its startupConfigHash, or the first 8 digits or more (default: all)')
    .addOption(why())
    .addOption(lockTimeout())
    .action(
      run(runner, ['digest'], async () => (await import('../commands/quarantine.js')).quarantineRelease),
    );
}

function why(): Option {
  return new Option('-m, --message <why>', 'why');
}
