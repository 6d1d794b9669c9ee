import { readFileSync, readdirSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConfigWatch, ConfigWatchOptions, LookReason } from '../../watch/config-watch.js';
import { startConfigWatch } from '../../watch/config-watch.js';
import { systemClock } from '../../watch/clock.js';
import { until } from './processes.js';

type Options = Pick<ConfigWatchOptions, 'path'> & Partial<Omit<ConfigWatchOptions, 'path' | 'onLook'>>;

/** A config watch and the looks that it asked for, each with what `read` found at that moment. */
export class Looks {
  readonly watch: ConfigWatch;
  readonly all: { readonly reason: LookReason; readonly found: string }[] = [];

  /** By default on the system's clock, with no rescan: what is found, events have told. */
  constructor(options: Options, read: () => string) {
    this.watch = startConfigWatch({
      clock: systemClock,
      ignore: [],
      rescanMs: Infinity,
      ...options,
      onLook: reason => {
        this.all.push({ reason, found: read() });
      },
    });
  }

  get reasons(): LookReason[] {
    return this.all.map(({ reason }) => reason);
  }

  /** Waits for a look that finds this; it may have been already, but after the first `after` looks. */
  async find(found: string, after = 0): Promise<void> {
    const wanted = () => this.all.slice(after).some(look => look.found === found);
    await until(`a look that finds ${JSON.stringify(found)}`, wanted).catch((error: unknown) => {
      throw new Error(`${String(error)}; looks: ${JSON.stringify(this.all)}`);
    });
  }

  /** Waits until the watch was made anew for the n-th time. */
  async rearmed(times: number): Promise<void> {
    const count = () => this.reasons.filter(reason => reason === 'rearmed').length;
    await until(`the watch is made anew ${times} times`, () => count() >= times);
  }
}

/** Every file below a folder that is no dot file, with its text; `none` for a folder that does not exist. */
export function textOf(dir: string): string {
  try {
    const names = readdirSync(dir, { recursive: true, encoding: 'utf8' }).sort();
    const shown = names.filter(name => !/(^|\/)\./.test(name));
    const texts = shown.map(name => `${name}=${textOfFile(join(dir, name))}`);
    return texts.filter(text => !text.endsWith('=folder')).join(' ');
  } catch {
    return 'none';
  }
}

export function textOfFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EISDIR' ? 'folder' : 'none';
  }
}

/** Replaces a file as careful programs do. */
export async function save(path: string, text: string): Promise<void> {
  await writeFile(`${path}.tmp`, text);
  await rename(`${path}.tmp`, path);
}
