import { createHash } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { oncePer } from '../../protocol/once-per.js';
import { fsyncDir, fsyncFile } from '../files.js';
import { storing } from '../storage-error.js';
import { errnoOf } from '../errno.js';
import type { GitContext } from './environment.js';
import { damaged } from './git-error.js';
import { git, gitCatFile } from './run.js';

/** The id that git gives these bytes, which must not be changed after, as a file (SHA-1 repositories). */
export const blobId = oncePer((content: Uint8Array): string => objectId('blob', content));

export function objectId(type: 'blob' | 'commit' | 'tree', content: Uint8Array): string {
  return createHash('sha1').update(`${type} ${content.length}\0`).update(content).digest('hex');
}

/** A blob in a file of its own, from which git takes it. */
export interface LaidOutBlob {
  readonly id: string;
  /** Relative to the work tree. */
  readonly file: string;
}

/** Lays each blob into `scratch` under a number, because git reads the paths line by line. */
export async function layOutBlobs(
  context: GitContext,
  scratch: string,
  blobs: ReadonlyMap<string, Uint8Array>,
): Promise<LaidOutBlob[]> {
  const laidOut: LaidOutBlob[] = [];
  await storing('write in', scratch, () => {
    for (const [id, content] of blobs) {
      const file = join(scratch, String(laidOut.length));
      writeFileSync(file, content, { mode: 0o600, flag: 'wx' });
      chmodSync(file, 0o600); // a umask may have taken the right to read from git
      laidOut.push({ id, file: relative(context.workTree, file) });
    }
  });
  return laidOut;
}

/**
 * Puts blobs into the object store, all with one process. Filters, attributes and line ends do not apply. The ids that git
 * gives must be ours.
 */
export async function writeBlobs(context: GitContext, blobs: readonly LaidOutBlob[]): Promise<void> {
  if (blobs.length === 0) return;
  const answer = await git(context, {
    args: ['hash-object', '-w', '--no-filters', '--stdin-paths'],
    stdin: blobs.map(({ file }) => `${file}\n`).join(''),
  });
  const expected = blobs.map(({ id }) => `${id}\n`).join('');
  if (answer !== expected)
    throw damaged(context.workTree, 'git hash-object gave other object ids than expected');
}

/**
 * The bytes of objects, in the order of `names` (ids, or `<commit>:<path>`), with one process; undefined for those that
 * are not there. Rejects with a StorageError (`EDAMAGED`) where the answer does not parse.
 */
export async function readObjects(
  context: GitContext,
  names: readonly string[],
): Promise<(ObjectContent | undefined)[]> {
  if (names.length === 0) return [];
  const output = await gitCatFile(context, ['--batch'], `${names.join('\n')}\n`);
  const found: (ObjectContent | undefined)[] = [];
  let at = 0;
  for (const name of names) {
    const end = output.indexOf(0x0a, at);
    const line = output.toString('utf8', at, end === -1 ? undefined : end);
    const header = /^([0-9a-f]{40}) (blob|tree|commit|tag) (\d+)$/.exec(line);
    if (header === null) {
      if (line !== `${name} missing`) throw damaged(context.workTree, `git cat-file answered ${line}`);
      found.push(undefined);
      at = end + 1;
      continue;
    }
    const size = Number(header[3]);
    const bytes = output.subarray(end + 1, end + 1 + size);
    if (bytes.length !== size) throw damaged(context.workTree, `git cat-file gave too little of ${name}`);
    found.push({ id: header[1] ?? '', type: header[2] ?? '', bytes });
    at = end + 1 + size + 1;
  }
  return found;
}

export interface ObjectContent {
  readonly id: string;
  readonly type: string;
  readonly bytes: Buffer;
}

/** Puts the content of loose objects on disk; one that is not loose is in a pack, which is. */
export async function syncObjects(context: GitContext, ids: Iterable<string>): Promise<void> {
  await Promise.all(
    [...new Set(ids)].map(async id => {
      const path = join(context.gitDir, 'objects', id.slice(0, 2), id.slice(2));
      try {
        await fsyncFile(path);
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT') throw error;
      }
    }),
  );
}

/**
 * Makes the names of new objects durable: git syncs an object's bytes, never the folder that it stands in. `ids` may
 * name objects that are older, or packed.
 */
export async function syncObjectFolders(context: GitContext, ids: Iterable<string>): Promise<void> {
  const objects = join(context.gitDir, 'objects');
  const folders = new Set([...ids].map(id => join(objects, id.slice(0, 2))));
  for (const folder of folders) {
    try {
      await fsyncDir(folder);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
  }
  await fsyncDir(objects);
}
