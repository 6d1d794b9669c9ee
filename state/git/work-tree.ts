import type { BigIntStats, Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../errno.js';
import { isTemporaryName, readRegular } from '../files.js';
import { storing } from '../storage-error.js';
import { isUntouched } from './index-file.js';
import type { IndexFile } from './index-file.js';
import { foldersOf, runFolder } from './names.js';
import { blobId } from './objects.js';
import type { Listing } from './tree.js';

/** A file of ours as it stands in the work tree. */
export interface VisibleFile {
  /** Blob id of its content; undefined where it is too large to be ours. */
  readonly id: string | undefined;
  /** Whether its mode is 0600. */
  readonly isPrivate: boolean;
}

/** What the state directory holds beside `.git` and `run/`, judged against the names that we know. */
export interface WorkTree {
  /** Regular files at paths that HEAD or the last projection has. */
  readonly files: ReadonlyMap<string, VisibleFile>;
  /** Everything else: foreign files and folders, and what blocks one of our paths. A folder counts as one. */
  readonly extras: readonly string[];
  /** Unfinished writes. */
  readonly leftovers: readonly string[];
  /** Folders of ours whose mode is not 0700. */
  readonly openFolders: readonly string[];
}

export interface KnownPaths {
  /** HEAD's files. */
  readonly head: Listing;
  /** Those of the last projection, as far as that is known. */
  readonly last: Listing | undefined;
  /** Tells which files need not be read. What it says of their content is a person's git's as much as ours. */
  readonly index: IndexFile | undefined;
}

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
    for (const entry of await entriesOf(join(workTree, folder))) {
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
  const isPrivate = (stats.mode & 0o777n) === 0o600n;
  const entry = index?.entries.get(path);
  if (entry !== undefined && index !== undefined && isUntouched(entry, stats, index)) {
    return { id: entry.id, isPrivate };
  }
  try {
    return { id: blobId((await readRegular(absolute, contentLimit)).bytes), isPrivate };
  } catch (error) {
    const code = errnoOf(error) ?? '';
    if (code === 'ENOENT') return undefined;
    // EACCES: a mode that keeps even us out; the file is ours to replace.
    if (['EACCES', 'EFBIG', 'ECHANGED'].includes(code)) return { id: undefined, isPrivate };
    throw error;
  }
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  return storing('read', folder, async () => {
    try {
      return await readdir(folder, { withFileTypes: true });
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return [];
      throw error;
    }
  });
}

async function lstatIfThere(path: string): Promise<BigIntStats | undefined> {
  return storing('read', path, async () => {
    try {
      return await lstat(path, { bigint: true });
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  });
}

/** Whether a folder holds more than folders: git does not see one that does not. */
async function holdsAnything(folder: string): Promise<boolean> {
  for (const entry of await entriesOf(folder)) {
    if (!entry.isDirectory() || (await holdsAnything(join(folder, entry.name)))) return true;
  }
  return false;
}
