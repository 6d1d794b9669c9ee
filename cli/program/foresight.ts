import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { isTopic } from '../../protocol/names.js';
import { collect } from '../common-options.js';
import { parseMoment } from '../moment.js';
import type { Moment } from '../moment.js';
import { common, durationMs, positiveInteger, run, showSecrets } from './options.js';
import type { Runner } from './options.js';

/** The options with which a dry-run takes something for granted. */
export function supposing(command: Command): Command {
  return [
    new Option(
      '--at <time>',
      'with --dry-run: as at that time, RFC 3339 or +1h from now; no plugin is run',
    ).argParser(moment),
    new Option('--without <source>', 'with --dry-run: as if that plugin were not there').argParser(collect),
    new Option(
      '--with-result <plugin=file>',
      'with --dry-run: as if the plugin had printed what the file holds; it is not run',
    ).argParser(collect),
    new Option('--event <topic>', 'with --dry-run: as if that event had been published').argParser(topics),
    new Option(
      '--assume-expired <source>',
      'with --dry-run: as if the lease of its part had ended',
    ).argParser(collect),
    new Option('--startup <path>', 'with --dry-run: a file or directory that stands for the startup-config'),
  ].reduce((on, option) => on.addOption(option.conflicts(['wait', 'watch'])), command);
}

/** `routerctl forecast`. */
export function forecastCommand(forecast: Command, runner: Runner): void {
  common(forecast)
    .description('what changes by itself, and when: leases, masks, execution windows, runs of plugins')
    .addOption(
      new Option('--for <duration>', 'how far ahead, at most 8784h (default: 1h)').argParser(horizonMs),
    )
    .option(
      '--all-plugins-dead',
      'suppose that no plugin runs any more; without --for, until the last lease has ended',
    )
    .action(run(runner, [], async () => (await import('../commands/forecast.js')).forecastCommand));
}

/** `routerctl plugin replay`. */
export function replayCommand(replay: Command, runner: Runner): void {
  common(replay)
    .description(
      'put the requests of accepted runs to a program again and compare; exit 0 same, 1 differ, 2 could not run',
    )
    .argument('<name>', 'name of the plugin')
    .option('--executable <path>', 'another program, such as a new version (default: the configured one)')
    .addOption(
      new Option('--last <n>', 'at most so many of the latest runs').argParser(positiveInteger).default(20),
    )
    .addOption(showSecrets())
    .action(run(runner, ['name'], async () => (await import('../commands/plugin-replay.js')).pluginReplay));
}

/** A leap year. */
const longestMs = 366 * 24 * 3_600_000;

function horizonMs(text: string): number {
  const ms = durationMs(text);
  if (ms <= longestMs) return ms;
  throw new InvalidArgumentError('at most 8784h, which is a year, is meant.');
}

function moment(text: string): Moment {
  const parsed = parseMoment(text);
  if (parsed !== undefined) return parsed;
  throw new InvalidArgumentError('a time such as 2026-05-29T12:00:00Z, or a duration such as +1h, is meant.');
}

function topics(text: string, before?: readonly string[]): readonly string[] {
  if (isTopic(text)) return collect(text, before);
  throw new InvalidArgumentError('a topic is one to eight labels of A-Z a-z 0-9 _ - joined by dots.');
}
