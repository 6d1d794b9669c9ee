import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pluginOfSource, sourceOf } from '../../protocol/plugin.js';
import { fail, ok } from '../../protocol/result.js';
import type { Result } from '../../protocol/result.js';
import { formatTime } from '../../protocol/time.js';
import type { Instant } from '../../protocol/time.js';
import type { CannotSuppose, SupposedOutput, Suppositions } from '../../reconciler/suppose/suppositions.js';
import { readRegular } from '../../state/files.js';
import { momentAt } from '../moment.js';
import type { Moment } from '../moment.js';

/** What commander makes of the options of `supposing`. */
export interface SupposeOptions {
  readonly at?: Moment;
  readonly without?: readonly string[];
  /** `PLUGIN=FILE` each. */
  readonly withResult?: readonly string[];
  readonly event?: readonly string[];
  readonly assumeExpired?: readonly string[];
  readonly startup?: string;
}

/** What a plan was made under, for those who read it; sources are written `Plugin/x`. */
export interface SupposedDocument {
  readonly at?: string;
  readonly without?: readonly string[];
  readonly results?: readonly { readonly plugin: string; readonly file: string }[];
  readonly events?: readonly string[];
  readonly expired?: readonly string[];
  readonly startup?: string;
}

export interface Supposing {
  readonly suppose: Suppositions;
  /** Goes before the documents of the config directory. */
  readonly startup?: string;
  readonly document: SupposedDocument;
}

/** The flags among the options, as they are typed. */
export function supposeFlags(options: SupposeOptions): string[] {
  const { at, without, withResult, event, assumeExpired, startup } = options;
  const given = {
    '--at': at,
    '--without': without,
    '--with-result': withResult,
    '--event': event,
    '--assume-expired': assumeExpired,
    '--startup': startup,
  };
  return Object.entries(given).flatMap(([flag, value]) => (value === undefined ? [] : [flag]));
}

/** As many bytes as a plugin may print. */
const outputLimit = 4 * 2 ** 20;

/** Reads the suppositions; undefined where there are none. Throws StorageError for a file that cannot be read. */
export async function readSuppositions(
  options: SupposeOptions,
  now: Instant,
): Promise<Result<Supposing | undefined, CannotSuppose>> {
  if (supposeFlags(options).length === 0) return ok(undefined);
  const { without, event, assumeExpired } = options;
  const at = options.at === undefined ? undefined : momentAt(options.at, now);
  if (at !== undefined && at < now) {
    const message = `--at ${formatTime(at)} is in the past`;
    return cannot(message, 'what was can be seen with routerctl generation list and show');
  }
  const results = new Map<string, SupposedOutput>();
  for (const text of options.withResult ?? []) {
    const split = /^([^=]+)=(.+)$/s.exec(text);
    if (split === null)
      return cannot(`--with-result ${text} names no file`, 'write --with-result PLUGIN=FILE');
    const [, source = '', file = ''] = split;
    const plugin = pluginOfSource(source);
    if (results.has(plugin)) return cannot(`--with-result is given twice for ${plugin}`, 'give it once');
    const path = resolve(file);
    const { bytes } = await readRegular(await realpath(path).catch(() => path), outputLimit);
    results.set(plugin, { file, bytes });
  }
  const startup = options.startup === undefined ? undefined : resolve(options.startup);
  const names = {
    ...(without === undefined ? {} : { without: without.map(pluginOfSource) }),
    ...(assumeExpired === undefined ? {} : { expired: assumeExpired.map(pluginOfSource) }),
    ...(event === undefined ? {} : { events: event }),
  };
  return ok({
    suppose: {
      ...names,
      ...(at === undefined ? {} : { at }),
      ...(results.size === 0 ? {} : { results }),
    },
    ...(startup === undefined ? {} : { startup }),
    document: {
      ...(at === undefined ? {} : { at: formatTime(at) }),
      ...(without === undefined ? {} : { without: without.map(sourceText) }),
      ...(results.size === 0
        ? {}
        : { results: [...results].map(([plugin, { file }]) => ({ plugin, file })) }),
      ...(event === undefined ? {} : { events: event }),
      ...(assumeExpired === undefined ? {} : { expired: assumeExpired.map(sourceText) }),
      ...(startup === undefined ? {} : { startup }),
    },
  });
}

function sourceText(text: string): string {
  return sourceOf(pluginOfSource(text));
}

function cannot(message: string, hint: string): Result<never, CannotSuppose> {
  return fail({ kind: 'cannotSuppose', message, hint });
}

/** One line a supposition. */
export function supposedText(supposed: SupposedDocument): string {
  const { at, without = [], results = [], events = [], expired = [], startup } = supposed;
  return [
    ...(at === undefined ? [] : [`at ${at}, with no plugin run until then`]),
    ...without.map(source => `without ${source}`),
    ...results.map(({ plugin, file }) => `plugin ${plugin} has printed ${file}`),
    ...events.map(topic => `the event ${topic} has been published`),
    ...expired.map(source => `the lease of ${source} has ended`),
    ...(startup === undefined ? [] : [`the startup-config is that of ${startup}`]),
  ]
    .map(line => `supposed: ${line}\n`)
    .join('');
}
