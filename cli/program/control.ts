import type { Command } from 'commander';
import { Option } from 'commander';
import { common, durationMs, lockTimeout, positiveInteger, run, showSecrets } from './options.js';
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

/** `routerctl suspend` and `routerctl resume`. */
export function suspendCommands(
  { suspend, resume }: { readonly suspend: Command; readonly resume: Command },
  runner: Runner,
): void {
  common(suspend)
    .description('leave a plugin, or everything, alone for a while: every status says so')
    .argument('<target>', 'plugin/NAME, or all: no plugin is started and no edit is put in force')
    .requiredOption('--for <duration>', 'how long, such as 2h', durationMs)
    .requiredOption('--reason <text>', 'why')
    .addOption(lockTimeout())
    .action(run(runner, ['target'], async () => (await import('../commands/suspend.js')).suspendTarget));
  common(resume)
    .description('end a suspension before its time')
    .argument('<target>', 'plugin/NAME, or all, as it was suspended')
    .addOption(why())
    .addOption(lockTimeout())
    .action(run(runner, ['target'], async () => (await import('../commands/suspend.js')).resumeTarget));
}

/** `routerctl held …` and `routerctl promote`: candidates that went beyond the guard. */
export function heldCommands(held: Command, promote: Command, runner: Runner): void {
  common(held.command('list'))
    .description('list the changes that are held, and why')
    .action(run(runner, [], async () => (await import('../commands/held.js')).heldList));
  common(promote)
    .description('put a change in force that is held; routerctl held list shows the digests')
    .argument('<digest>', 'its digest, or the first 8 digits or more')
    .requiredOption('-m, --message <why>', 'why')
    .addOption(lockTimeout())
    .action(run(runner, ['digest'], async () => (await import('../commands/held.js')).promoteHeld));
}

/** `routerctl confirm`: an edit that waits for it is good. */
export function confirmCommand(command: Command, runner: Runner): void {
  common(command)
    .description('say that the edit which waits for it is good, so that it is not taken back')
    .option('--status', 'show what waits; exit 0 something does, 1 nothing does')
    .addOption(why())
    .addOption(lockTimeout())
    .action(run(runner, [], async () => (await import('../commands/confirm.js')).confirmGeneration));
}

function why(): Option {
  return new Option('-m, --message <why>', 'why');
}
