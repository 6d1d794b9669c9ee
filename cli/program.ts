import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../protocol/duration.js';
import type { Command as Run, CommandContext } from './commands/context.js';
import { collect, commonOptions } from './common-options.js';
import type { ReconcileOptions } from './commands/reconcile.js';
import { formats } from './output/format.js';

/** Runs a command whose module is loaded only now, and leaves its exit code with `finish`. */
export interface Runner {
  readonly context: CommandContext;
  readonly finish: (exitCode: number) => void;
}

type Loader<Options> = () => Promise<Run<Options>>;

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

  common(program.command('reconcile'))
    .description('run the due plugins, merge, and commit what changed as a generation')
    .option('--dry-run', 'run the due plugins, print what would change, write nothing')
    .addOption(lockTimeout())
    .option('--detailed-exitcode', 'with --dry-run: exit with 2 when a commit would be made')
    .addOption(
      new Option('--wait', 'have the running routerd look now, and wait until it has').conflicts([
        'dryRun',
        'watch',
      ]),
    )
    .addOption(
      new Option('--watch', 'go on reconciling, as routerd does, until interrupted').conflicts(['dryRun']),
    )
    .addOption(showSecrets())
    .action(
      run(runner, [], async () => {
        const { reconcile } = await import('./commands/reconcile.js');
        return async (
          options: ReconcileOptions & { readonly wait?: boolean; readonly watch?: boolean },
          context,
        ) => {
          if (options.wait !== true && options.watch !== true) return reconcile(options, context);
          const { reconcileWait, reconcileWatch } = await import('./commands/reconcile-by-daemon.js');
          return options.watch === true ? reconcileWatch(options, context) : reconcileWait(options, context);
        };
      }),
    );

  common(program.command('status'))
    .description('what is in force, what was tried last, what happens next')
    .option('--watch', 'print it again whenever it changes')
    .action(run(runner, [], async () => (await import('./commands/status.js')).status));

  common(program.command('wait'))
    .description('wait until a condition holds; exit 0 it does, 1 it did not in time')
    .requiredOption('--for <condition>', 'condition=Ready, or condition=Degraded=False')
    .option('--timeout <duration>', 'how long at most', '60s')
    .action(run(runner, [], async () => (await import('./commands/wait.js')).waitFor));

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
    .addOption(showSecrets())
    .action(run(runner, [], async () => (await import('./commands/dynamic.js')).dynamicRender));
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

/** The options of every command about a router, and how to print. */
function common(command: Command): Command {
  return commonOptions(command).addOption(output());
}

function output(): Option {
  return new Option('-o, --output <format>', 'how to print').choices(formats).default('table');
}

function lockTimeout(): Option {
  return new Option('--lock-timeout <duration>', 'how long to wait for another writer, 0 not at all')
    .argParser(durationMs)
    .default(30_000, '30s');
}

function durationMs(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= 0) return ms;
  throw new InvalidArgumentError('a duration such as 30s or 2m is meant.');
}

function showSecrets(): Option {
  return new Option('--show-secrets', 'print secrets instead of <redacted>');
}

function positiveInteger(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a whole number above 0 is meant.');
}

/** Commander hands over the arguments one by one, then the options, then the command: one object is made of them. */
function run<Options>(runner: Runner, names: readonly string[], load: Loader<Options>) {
  return async (...given: unknown[]): Promise<void> => {
    const values = names.flatMap((name, i) => (given[i] === undefined ? [] : [[name, given[i]] as const]));
    const options = { ...(given[names.length] as object), ...Object.fromEntries(values) } as Options;
    const command = await load();
    runner.finish(await command(options, runner.context));
  };
}
