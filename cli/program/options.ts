import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { parseDuration } from '../../protocol/duration.js';
import type { Command as Run, CommandContext } from '../commands/context.js';
import { commonOptions } from '../common-options.js';
import { formats } from '../output/format.js';

/** Runs a command whose module is loaded only now, and leaves its exit code with `finish`. */
export interface Runner {
  readonly context: CommandContext;
  readonly finish: (exitCode: number) => void;
}

export type Loader<Options> = () => Promise<Run<Options>>;

/** The options of every command about a router, and how to print. */
export function common(command: Command): Command {
  return commonOptions(command).addOption(output());
}

export function output(): Option {
  return new Option('-o, --output <format>', 'how to print').choices(formats).default('table');
}

export function lockTimeout(): Option {
  return new Option('--lock-timeout <duration>', 'how long to wait for another writer, 0 not at all')
    .argParser(durationMs)
    .default(30_000, '30s');
}

export function durationMs(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= 0) return ms;
  throw new InvalidArgumentError('a duration such as 30s or 2m is meant.');
}

export function positiveDurationMs(text: string): number {
  const ms = durationMs(text);
  if (ms > 0) return ms;
  throw new InvalidArgumentError('a duration above zero is meant, such as 10m.');
}

export function showSecrets(): Option {
  return new Option('--show-secrets', 'print secrets instead of <redacted>');
}

export function positiveInteger(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a whole number above 0 is meant.');
}

/** Commander hands over the arguments one by one, then the options, then the command: one object is made of them. */
export function run<Options>(runner: Runner, names: readonly string[], load: Loader<Options>) {
  return async (...given: unknown[]): Promise<void> => {
    const values = names.flatMap((name, i) => (given[i] === undefined ? [] : [[name, given[i]] as const]));
    const options = { ...(given[names.length] as object), ...Object.fromEntries(values) } as Options;
    const command = await load();
    runner.finish(await command(options, runner.context));
  };
}
