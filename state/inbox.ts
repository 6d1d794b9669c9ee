import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { byCodePoint } from '../protocol/order.js';
import { errnoOf } from './errno.js';
import { ensureDir, fsyncDir, readRegular, removeDurably, writeAtomic } from './files.js';
import { StorageError, storing } from './storage-error.js';

/** A file that somebody dropped into the inbox. */
export interface Drop {
  readonly name: string;
  /** Undefined where the file cannot be read; `obstacle` then says why. */
  readonly bytes?: Uint8Array;
  readonly obstacle?: string;
  /** When it was last written, in milliseconds since 1970. */
  readonly modifiedMs: number;
}

/** An event is small; a larger file is not one. */
const longestBytes = 256 * 1024;

/**
 * The files in an inbox, in the order in which they were written. Names that begin with a dot are being written. An
 * inbox that does not exist is empty.
 */
export async function readInbox(dir: string): Promise<Drop[]> {
  let names: string[];
  try {
    names = (await readdir(dir, { withFileTypes: true }))
      .filter(entry => !entry.isDirectory())
      .map(entry => entry.name);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
  const drops: Drop[] = [];
  for (const name of names.filter(name => !name.startsWith('.'))) {
    try {
      const { bytes, stats } = await readRegular(join(dir, name), longestBytes);
      drops.push({ name, bytes, modifiedMs: stats.mtimeMs });
    } catch (error) {
      // Somebody else took it: there is nothing left to say about it.
      if (error instanceof StorageError && error.code === 'ENOENT') continue;
      drops.push({ name, obstacle: error instanceof Error ? error.message : String(error), modifiedMs: 0 });
    }
  }
  return drops.sort((a, b) => a.modifiedMs - b.modifiedMs || byCodePoint(a.name, b.name));
}

/** Puts a file into the inbox, whole or not at all, and on disk when it resolves. */
export async function drop(dir: string, name: string, content: string): Promise<void> {
  await ensureDir(dir);
  await writeAtomic(join(dir, name), content);
}

/** Takes a file out for good. */
export function take(dir: string, name: string): Promise<void> {
  return removeDurably(join(dir, name));
}

/** Moves a file to `rejected/`, with the reason beside it. */
export async function reject(dir: string, name: string, reason: string): Promise<void> {
  const rejected = join(dir, 'rejected');
  await storing('reject', join(dir, name), async () => {
    await mkdir(rejected, { recursive: true, mode: 0o700 });
    await writeAtomic(join(rejected, `${name}.reason`), reason);
    await rename(join(dir, name), join(rejected, name));
    await fsyncDir(rejected);
  });
}
