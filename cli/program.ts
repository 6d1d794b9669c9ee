import { Argument, Command, Option } from 'commander';
import { collect } from './common-options.js';
import type { OutputOptions } from './commands/context.js';
import type { ReconcileOptions } from './commands/reconcile.js';
import type { ReconcileWaitOptions } from './commands/reconcile-by-daemon.js';
import { actionCommands } from './program/action.js';
import {
  confirmCommand,
  heldCommands,
  quarantineCommands,
  rollbackCommand,
  suspendCommands,
} from './program/control.js';
import { historyCommands } from './program/history.js';
import {
  common,
  durationMs,
  lockTimeout,
  output,
  positiveDurationMs,
  positiveInteger,
  run,
  showSecrets,
} from './program/options.js';
import type { Runner } from './program/options.js';
import { forecastCommand, replayCommand, supposing } from './program/foresight.js';
import { inventoryCommands, ownershipCommand } from './program/ownership.js';

/**
 * The command tree of routerctl. Each command names its module in an import of its own, so that a command pays for what
 * it uses and for nothing else.
 */
export function buildProgram(runner: Runner): Command {
  const program = new Command('routerctl')
    .description(
      'Shows what a router configuration would change, commits it as a generation, and explains what did.',
    )
    .version(runner.context.engineVersion, '--version', 'print the version')
    .showHelpAfterError('(routerctl --help lists commands, routerctl COMMAND --help their options)')
    .enablePositionalOptions();

  const group = (name: string, description: string) => program.command(name).description(description);

  common(program.command('validate'))
    .description('check the config directory: every problem at once, with its place')
    .argument('[path]', 'config directory or file; goes before --config')
    .action(run(runner, ['path'], async () => (await import('./commands/validate.js')).validate));

  supposing(common(program.command('reconcile')))
    .description('run the due plugins, merge, and commit what changed as a generation')
    .option('--dry-run', 'run the due plugins, print what would change, write nothing')
    .addOption(lockTimeout())
    .option('--detailed-exitcode', 'with --dry-run: exit with 2 when a commit would be made')
    .addOption(
      new Option(
        '--wait',
        'have the running routerd look now, and wait until what it runs is taken in',
      ).conflicts(['dryRun', 'watch']),
    )
    .addOption(
      new Option('--watch', 'go on reconciling, as routerd does, until interrupted').conflicts(['dryRun']),
    )
    .addOption(
      new Option('--timeout <duration>', 'with --wait: how long at most')
        .argParser(durationMs)
        .default(60_000, '60s'),
    )
    .addOption(
      new Option('--yes', 'go on where protected interfaces or zones are touched').conflicts([
        'wait',
        'watch',
      ]),
    )
    .addOption(
      new Option(
        '--confirm <duration>',
        'take the edit back after this time unless routerctl confirm says that it is good',
      )
        .argParser(positiveDurationMs)
        .conflicts(['wait', 'watch', 'dryRun']),
    )
    .addOption(
      new Option(
        '--probe <command>',
        'with --confirm: run by /bin/sh until it ends with 0, which confirms',
      ).conflicts(['wait', 'watch', 'dryRun']),
    )
    .addOption(showSecrets())
    .action(
      run(runner, [], async () => {
        const { reconcile } = await import('./commands/reconcile.js');
        return async (
          options: ReconcileOptions &
            ReconcileWaitOptions & { readonly wait?: boolean; readonly watch?: boolean },
          context,
        ) => {
          if (options.wait !== true && options.watch !== true) return reconcile(options, context);
          const { reconcileWait, reconcileWatch } = await import('./commands/reconcile-by-daemon.js');
          return options.watch === true ? reconcileWatch(options, context) : reconcileWait(options, context);
        };
      }),
    );

  forecastCommand(program.command('forecast'), runner);

  common(program.command('status'))
    .description('what is in force, what was tried last, what happens next')
    .option('--watch', 'print it again whenever it changes')
    .action(run(runner, [], async () => (await import('./commands/status.js')).status));

  common(program.command('wait'))
    .description('wait until a condition holds; exit 0 it does, 1 it did not in time')
    .requiredOption('--for <condition>', 'condition=Ready, or condition=Degraded=False')
    .option('--timeout <duration>', 'how long at most', '60s')
    .action(run(runner, [], async () => (await import('./commands/wait.js')).waitFor));

  common(program.command('adopt'))
    .description('take HEAD of the state directory as it is, after its history was moved by hand')
    .addOption(lockTimeout())
    .action(run(runner, [], async () => (await import('./commands/adopt.js')).adoptHead));

  common(program.command('repair'))
    .description('go back to the newest generation that can be read, where the state repository is damaged')
    .option('--dry-run', 'say what is damaged and what would be done, change nothing')
    .addOption(lockTimeout())
    .action(run(runner, [], async () => (await import('./commands/repair.js')).repairState));

  const plugin = group('plugin', 'plugins and their runs');
  common(plugin.command('list'))
    .description('list the configured plugins')
    .action(run(runner, [], async () => (await import('./commands/plugin-list.js')).pluginList));
  common(plugin.command('run'))
    .description('run one plugin now and take in its result')
    .argument('<name>', 'name of the plugin')
    .option('--dry-run', 'print the part that it would give, write nothing')
    .addOption(lockTimeout())
    .addOption(showSecrets())
    .action(run(runner, ['name'], async () => (await import('./commands/plugin-run.js')).pluginRun));
  common(plugin.command('runs'))
    .description('list the runs that the log holds, newest first')
    .argument('[name]', 'only those of this plugin')
    .action(run(runner, ['name'], async () => (await import('./commands/plugin-runs.js')).pluginRuns));

  replayCommand(plugin.command('replay'), runner);

  const dynamic = group('dynamic', 'what plugins have proposed');
  common(dynamic.command('list'))
    .description('list the accepted parts and their leases')
    .action(run(runner, [], async () => (await import('./commands/dynamic.js')).dynamicList));
  common(dynamic.command('describe'))
    .description('show a whole part')
    .argument('<source>', 'Plugin/NAME')
    .addOption(showSecrets())
    .action(run(runner, ['source'], async () => (await import('./commands/dynamic.js')).dynamicDescribe));
  common(dynamic.command('render'))
    .description('print the effective-config in force')
    .option('--annotate', 'say as YAML comments where each resource comes from')
    .addOption(showSecrets())
    .action(
      run(runner, [], async () => {
        const { dynamicRender } = await import('./commands/dynamic.js');
        return async (options: OutputOptions & { readonly annotate?: boolean }, context) => {
          if (options.annotate !== true) return dynamicRender(options, context);
          return (await import('./commands/dynamic-annotate.js')).dynamicAnnotate(options, context);
        };
      }),
    );
  common(dynamic.command('diff'))
    .description('compare the startup-config with the effective-config; exit 0 same, 1 differ, 2 trouble')
    .addOption(showSecrets())
    .action(run(runner, [], async () => (await import('./commands/dynamic.js')).dynamicDiff));

  const generation = group('generation', 'the history of the effective-config');
  common(generation.command('list'))
    .description('list generations, newest first')
    .option('--limit <n>', 'at most this many', positiveInteger)
    .action(run(runner, [], async () => (await import('./commands/generation.js')).generationList));
  common(generation.command('show'))
    .description('show what a generation changed, and the whole of it')
    .argument('<generation>', 'its number')
    .addOption(showSecrets())
    .action(
      run(runner, ['generation'], async () => (await import('./commands/generation.js')).generationShow),
    );
  common(generation.command('diff'))
    .description('compare two generations; exit 0 same, 1 differ, 2 trouble')
    .argument('<from>', 'number of the older one')
    .argument('[to]', 'number of the newer one (default: the one in force)')
    .addOption(showSecrets())
    .action(
      run(runner, ['from', 'to'], async () => (await import('./commands/generation.js')).generationDiff),
    );

  rollbackCommand(program.command('rollback'), runner);
  confirmCommand(program.command('confirm'), runner);
  suspendCommands({ suspend: program.command('suspend'), resume: program.command('resume') }, runner);
  heldCommands(group('held', 'changes that wait for a promotion'), program.command('promote'), runner);
  quarantineCommands(group('quarantine', 'what is not put in force again by itself'), runner);

  const event = group('event', 'what wakes plugins');
  common(event.command('publish'))
    .description('publish an event: every plugin that listens to its topic runs')
    .argument('<topic>', 'one to eight labels, joined by dots')
    .option('-a, --attribute <key=value>', 'a detail; may be given several times', collect)
    .option('--id <id>', 'an id of its own; one that came within a day is not delivered again')
    .action(run(runner, ['topic'], async () => (await import('./commands/event.js')).eventPublish));
  common(event.command('list'))
    .description('list the events that the log holds, oldest first')
    .option('--topic <pattern>', 'only these topics; * stands for anything')
    .option('--watch', 'go on with those that come')
    .action(run(runner, [], async () => (await import('./commands/event.js')).eventList));

  historyCommands(program, runner);

  inventoryCommands(group('inventory', 'addresses on this side of a mobility pool'), runner);
  ownershipCommand(program.command('ownership'), runner);
  actionCommands(group('action', 'operations at providers that plugins propose'), runner);

  program
    .command('version')
    .description('print the versions of routerctl, Node and git')
    .addOption(output())
    .action(run(runner, [], async () => (await import('./commands/version.js')).version));
  program
    .command('completion')
    .description('print a completion script for a shell')
    .addArgument(new Argument('<shell>', 'which shell').choices(['bash', 'zsh', 'fish']))
    .action(
      run(runner, ['shell'], async () => {
        const { completion } = await import('./commands/completion.js');
        return completion(program);
      }),
    );
  return program;
}
