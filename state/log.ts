import { rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Value } from '../protocol/resource.js';
import { errnoOf } from './errno.js';
import { appendLines, ensureDir, readRegular } from './files.js';
import { StorageError } from './storage-error.js';

/** A log of JSON lines, `<dir>/<name>.jsonl`; when it is full it becomes `<name>.1.jsonl` and the one before that goes. */
export interface LogFile {
  readonly dir: string;
  readonly name: string;
  /** Bytes, default 4 MiB. */
  readonly maxBytes?: number;
}

const defaultMaxBytes = 4 * 1024 * 1024;

/** Adds entries. A log is for people: what a power cut takes of it is not missed by the program. */
export async function appendLog(log: LogFile, entries: readonly Value[]): Promise<void> {
  if (entries.length === 0) return;
  await ensureDir(log.dir);
  const path = join(log.dir, `${log.name}.jsonl`);
  if ((await sizeOf(path)) > (log.maxBytes ?? defaultMaxBytes)) {
    await rename(path, join(log.dir, `${log.name}.1.jsonl`));
  }
  await appendLines(path, entries.map(entry => `${JSON.stringify(entry)}\n`).join(''), false);
}

/** All entries that are kept, oldest first; a torn line is left out. */
export async function readLog(log: LogFile): Promise<Value[]> {
  const older = await readText(join(log.dir, `${log.name}.1.jsonl`));
  const newer = await readText(join(log.dir, `${log.name}.jsonl`));
  return `${older}\n${newer}`.split('\n').flatMap((line): Value[] => {
    if (line === '') return [];
    try {
      return [JSON.parse(line) as Value];
    } catch {
      return [];
    }
  });
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 0;
    throw error;
  }
}

async function readText(path: string): Promise<string> {
  try {
    return (await readRegular(path, Number.MAX_SAFE_INTEGER)).bytes.toString('utf8');
  } catch (error) {
    if (error instanceof StorageError && error.code === 'ENOENT') return '';
    throw error;
  }
}
