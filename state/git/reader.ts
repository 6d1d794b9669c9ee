import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { fail, ok } from '../../protocol/result.js';
import type { Result } from '../../protocol/result.js';
import { errnoOf } from '../errno.js';
import { StorageError } from '../storage-error.js';
import type { GitContext } from './environment.js';
import { listCommits } from './log.js';
import type { CommitRecord, LogOptions } from './log.js';
import { failure, realPathOf, repositoryFormat } from './look.js';
import type { StoreFailure } from './look.js';
import { branch } from './names.js';
import { objectId, readObjects } from './objects.js';
import type { ObjectContent } from './objects.js';
import { gitContext } from './open.js';
import { listRefs, readRef } from './refs.js';
import type { Listing } from './tree.js';

/**
 * A history to read, wherever it lies: a state directory, a clone of one, a bare repository. Nothing is written, no lock
 * is taken, and nobody has to own it. All reject with StorageError where git or the disk fails.
 */
export interface Reader {
  /** Real path of the directory that was named. */
  readonly path: string;
  /** Commits of `main`, newest first; none where there is no `main`. */
  readonly commits: (options?: LogOptions) => Promise<CommitRecord[]>;
  /** Tags under a folder such as `gen`: short name (`gen/45`) → commit. Runs no process. */
  readonly tags: (folder: string) => Promise<Map<string, string>>;
  /**
   * The plain files of trees, those in the root and in `folders`, by the id of the tree. A tree that cannot be read, or
   * does not have its hash, is left out.
   */
  readonly trees: (ids: readonly string[], folders: readonly string[]) => Promise<Map<string, Listing>>;
  /** The bytes of files by their ids. What cannot be read, or does not have its hash, is left out. */
  readonly blobs: (ids: readonly string[]) => Promise<Map<string, Uint8Array>>;
}

/** A walk over years of history may take git a while. */
const timeoutMs = 300_000;

export async function openReader(
  dir: string,
  { searchPath }: { readonly searchPath: string },
): Promise<Result<Reader, StoreFailure>> {
  const path = await realPathOf(dir);
  const gitDir = path === undefined ? undefined : await gitDirOf(path);
  if (path === undefined || gitDir === undefined) {
    return failure('missing', path ?? dir, {
      message: path === undefined ? 'does not exist' : 'holds no git repository',
      hint: 'name a state directory, or a clone of its repository',
    });
  }
  const foreign = await repositoryFormat(gitDir);
  if (foreign !== undefined) {
    return failure('unsupported', path, {
      message: `is a repository in a format that routerd does not read (${foreign})`,
      hint: 'clone it with git clone --bare, and name the clone',
    });
  }
  const context = await gitContext(path, { searchPath, timeoutMs });
  return context.ok ? ok(readerOf({ ...context.value, gitDir })) : fail(context.failure);
}

function readerOf(context: GitContext): Reader {
  return {
    path: context.workTree,
    commits: async (options = {}) => {
      if (options.from === undefined && (await readRef(context, branch)) === null) return [];
      return listCommits(context, options);
    },
    tags: async folder => {
      const refs = await listRefs(context, `refs/tags/${folder}`);
      return new Map([...refs].map(([name, id]) => [name.slice('refs/tags/'.length), id]));
    },
    trees: (ids, folders) => readTrees(context, ids, folders),
    blobs: async ids => {
      const objects = await readSound(context, ids);
      return new Map([...objects].flatMap(([id, { type, bytes }]) => (type === 'blob' ? [[id, bytes]] : [])));
    },
  };
}

/** `<dir>/.git`, or the directory itself where it is a bare repository. */
async function gitDirOf(path: string): Promise<string | undefined> {
  for (const gitDir of [join(path, '.git'), path]) {
    const parts = await Promise.all(['HEAD', 'objects', 'refs'].map(name => exists(join(gitDir, name))));
    if (parts.every(Boolean)) return gitDir;
  }
  return undefined;
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return false;
    throw error;
  }
}

async function readTrees(
  context: GitContext,
  ids: readonly string[],
  folders: readonly string[],
): Promise<Map<string, Listing>> {
  const roots = await readSound(context, ids);
  const entries = new Map([...roots].map(([id, object]) => [id, entriesOf(object)]));
  const below = [...entries.values()].flatMap(found =>
    found.filter(({ tree, name }) => tree && folders.includes(name)).map(({ id }) => id),
  );
  const subtrees = await readSound(context, below);
  const listings = new Map<string, Listing>();
  for (const [id, found] of entries) {
    const files = new Map<string, string>();
    let whole = true;
    for (const entry of found) {
      if (!entry.tree) files.set(entry.name, entry.id);
      else if (folders.includes(entry.name)) {
        const subtree = subtrees.get(entry.id);
        whole &&= subtree !== undefined;
        for (const file of subtree === undefined ? [] : entriesOf(subtree))
          if (!file.tree) files.set(`${entry.name}/${file.name}`, file.id);
      }
    }
    if (whole) listings.set(id, files);
  }
  return listings;
}

interface Entry {
  readonly name: string;
  readonly id: string;
  readonly tree: boolean;
}

/** The plain files and folders of a tree object: `mode name NUL id` (20 bytes), one behind the other. */
function entriesOf({ type, bytes }: ObjectContent): Entry[] {
  const entries: Entry[] = [];
  if (type !== 'tree') return entries;
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(0, at);
    if (end === -1) return entries;
    const [mode = '', name = ''] = bytes.toString('utf8', at, end).split(/ (.*)/s, 2);
    const id = bytes.toString('hex', end + 1, end + 21);
    if (mode === '100644' || mode === '40000') entries.push({ name, id, tree: mode === '40000' });
    at = end + 21;
  }
  return entries;
}

/** git gives up a whole batch for one damaged object: the others are then asked for in smaller ones. */
async function readSound(context: GitContext, ids: readonly string[]): Promise<Map<string, ObjectContent>> {
  const unique = [...new Set(ids)];
  try {
    const objects = await readObjects(context, unique);
    return new Map(
      objects.flatMap((object, i) => {
        const id = unique[i];
        return object !== undefined && id !== undefined && isSound(object, id) ? [[id, object]] : [];
      }),
    );
  } catch (error) {
    if (!(error instanceof StorageError) || !['EGIT', 'EDAMAGED'].includes(error.code)) throw error;
    if (unique.length < 2) return new Map();
    const middle = Math.ceil(unique.length / 2);
    const halves = [unique.slice(0, middle), unique.slice(middle)];
    const found: Map<string, ObjectContent>[] = [];
    for (const half of halves) found.push(await readSound(context, half));
    return new Map(found.flatMap(map => [...map]));
  }
}

function isSound({ type, bytes }: ObjectContent, id: string): boolean {
  return (type === 'blob' || type === 'tree') && objectId(type, bytes) === id;
}
