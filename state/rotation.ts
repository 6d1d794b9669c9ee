import { join } from 'node:path';
import { unlink } from 'node:fs/promises';
import { errnoOf } from './errno.js';
import { ensureDir, isTemporaryName, listFolder, readRegular, replaceFile } from './files.js';
import { StorageError, storing } from './storage-error.js';

/** A folder of numbered files that keeps the latest: `<dir>/00000001.json`, `00000002.json` and so on. */
export interface Rotation {
  readonly dir: string;
  /** How many are kept. */
  readonly limit: number;
}

const fileName = /^\d{8}\.json$/;

/**
 * Adds a file, whole or not at all and with mode 0600, and drops the oldest beyond the limit. What a power cut takes of it
 * is not missed by the program. Throws StorageError.
 */
export async function addRotated({ dir, limit }: Rotation, content: string): Promise<void> {
  await ensureDir(dir);
  const names = (await listFolder(dir)).map(({ name }) => name);
  const kept = names.filter(name => fileName.test(name)).sort();
  const next = Number.parseInt(kept.at(-1) ?? '0', 10) + 1;
  await replaceFile(join(dir, `${String(next).padStart(8, '0')}.json`), content, { durable: false });
  const drop = [...names.filter(isTemporaryName), ...kept.slice(0, Math.max(0, kept.length + 1 - limit))];
  for (const name of drop) await removeIfThere(join(dir, name));
}

/** The texts that are kept, oldest first; one that cannot be read, or goes meanwhile, is left out. Throws StorageError. */
export async function readRotated(dir: string, maxBytes: number): Promise<string[]> {
  const names = (await listFolder(dir)).map(({ name }) => name).filter(name => fileName.test(name));
  const texts: string[] = [];
  for (const name of names.sort()) {
    try {
      texts.push((await readRegular(join(dir, name), maxBytes)).bytes.toString('utf8'));
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
    }
  }
  return texts;
}

async function removeIfThere(path: string): Promise<void> {
  await storing('remove', path, async () => {
    try {
      await unlink(path);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
  });
}
