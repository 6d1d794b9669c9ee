import type { Command } from 'commander';
import { common, positiveInteger, run, showSecrets } from './options.js';
import type { Runner } from './options.js';

/** Commands that read the history and nothing else. */
export function historyCommands(program: Command, runner: Runner): void {
  explainCommand(program.command('explain'), runner);
  verifyCommand(program.command('verify'), runner);
  bisectCommand(program.command('bisect'), runner);
}

/** `routerctl explain`: why is it in force, or why not? */
function explainCommand(explain: Command, runner: Runner): void {
  common(explain)
    .description(
      'why a resource, or a field of it, is in force or is not: its origin, who changed it last, and when',
    )
    .argument(
      '[target]',
      'KIND/NAME or KIND/NAME.FIELD, if need be with apiVersion/ before it (default: all)',
    )
    .option('--git', 'print commands of plain git that find the same')
    .addOption(showSecrets())
    .action(run(runner, ['target'], async () => (await import('../commands/explain.js')).explain));
}

/** `routerctl verify`: is the history what it says? */
function verifyCommand(verify: Command, runner: Runner): void {
  common(verify)
    .description(
      'merge generations again from their own commits and compare; exit 0 good, 1 something differs, 2 could not run',
    )
    .argument('[range]', 'generations A..B, both included; A.., ..B or one number (default: all of them)')
    .addOption(showSecrets())
    .action(run(runner, ['range'], async () => (await import('../commands/verify.js')).verify));
}

/** `routerctl bisect`: which generation broke it? */
function bisectCommand(bisect: Command, runner: Runner): void {
  common(bisect)
    .description(
      'find the first bad generation with a command that judges one; exit 0 found, 1 undecided because of skipped ones, 2 could not run',
    )
    .requiredOption('--good <n>', 'a generation that was good', positiveInteger)
    .requiredOption('--bad <n>', 'a later one that is bad', positiveInteger)
    .argument(
      '<command...>',
      'after --: gets ROUTERD_EFFECTIVE_CONFIG (a file) and ROUTERD_GENERATION; exits 0 good, 125 cannot tell, 1 to 127 bad',
    )
    .addOption(showSecrets())
    .action(run(runner, ['command'], async () => (await import('../commands/bisect.js')).bisect));
}
