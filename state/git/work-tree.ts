import { lstatSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../errno.js';
import { isTemporaryName, listFolder, readRegular } from '../files.js';
import { storing } from '../storage-error.js';
import { untouchedId } from './index-file.js';
import type { IndexFile } from './index-file.js';
import { foldersOf, runFolder } from './names.js';
import { blobId } from './objects.js';
import type { KnownPaths, VisibleFile, WorkTree } from './projection-plan.js';

/** Content larger than this was never written by us in one piece, so it counts as changed without being read. */
const contentLimit = 256 * 1024 * 1024;

/** Walks the work tree, following no link. Reads only those files whose stamps are not the index's. */
export async function lookAtWorkTree(workTree: string, known: KnownPaths): Promise<WorkTree> {
  const paths = new Set([...known.head.keys(), ...(known.last?.keys() ?? [])]);
  const folders = new Set([...paths].flatMap(foldersOf));
  const files = new Map<string, VisibleFile>();
  const extras: string[] = [];
  const leftovers: string[] = [];
  const openFolders: string[] = [];

  async function visit(folder: string): Promise<void> {
    for (const entry of await listFolder(join(workTree, folder))) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (path === '.git' || path === runFolder) continue;
      if (entry.isFile() && isTemporaryName(entry.name)) leftovers.push(path);
      else if (entry.isFile() && paths.has(path)) await look(path);
      else if (entry.isDirectory() && folders.has(path) && !known.head.has(path)) await enter(path);
      else if (!entry.isDirectory() || (await holdsAnything(join(workTree, path))) || known.head.has(path)) {
        extras.push(path);
      }
    }
  }
  async function look(path: string): Promise<void> {
    const file = await lookAtFile(join(workTree, path), path, known.index);
    if (file !== undefined) files.set(path, file);
  }
  async function enter(path: string): Promise<void> {
    const stats = await lstatIfThere(join(workTree, path));
    if (stats !== undefined && (stats.mode & 0o777n) !== 0o700n) openFolders.push(path);
    await visit(path);
  }

  await visit('');
  return { files, extras, leftovers, openFolders };
}

async function lookAtFile(
  absolute: string,
  path: string,
  index: IndexFile | undefined,
): Promise<VisibleFile | undefined> {
  const stats = await lstatIfThere(absolute);
  if (stats === undefined) return undefined;
  const known = untouchedId(index, path, stats);
  if (known !== undefined) return { id: known, stats };
  try {
    return { id: blobId((await readRegular(absolute, contentLimit)).bytes), stats };
  } catch (error) {
    const code = errnoOf(error) ?? '';
    if (code === 'ENOENT') return undefined;
    // EACCES: a mode that keeps even us out; the file is ours to replace.
    if (['EACCES', 'EFBIG', 'ECHANGED'].includes(code)) return { id: undefined, stats };
    throw error;
  }
}

/** At once: it takes microseconds, and waiting for each of some hundred files would take longer than asking. */
async function lstatIfThere(path: string): Promise<BigIntStats | undefined> {
  return storing('read', path, () => lstatSync(path, { bigint: true, throwIfNoEntry: false }));
}

/** Whether a folder holds more than folders: git does not see one that does not. */
async function holdsAnything(folder: string): Promise<boolean> {
  for (const entry of await listFolder(folder)) {
    if (!entry.isDirectory() || (await holdsAnything(join(folder, entry.name)))) return true;
  }
  return false;
}
