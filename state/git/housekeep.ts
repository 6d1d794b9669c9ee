import { join } from 'node:path';
import type { GitContext } from './environment.js';
import { looseNames } from './refs.js';
import { fsyncDir, listFolder } from '../files.js';
import { git } from './run.js';
import { withScratch } from './scratch.js';

/** Loose tags make every command of git slower (10,000 of them: 250 ms), packed ones do not. */
const looseTagLimit = 200;
const looseObjectLimit = 1_200;

/** Packing thousands of objects takes seconds. */
const packTimeoutMs = 300_000;

/**
 * A pack is joined with the smaller ones only where it has less than twice their objects (git-repack(1)). All of 120,000
 * objects, as git gc packs them, would keep the lock three times as long, and ever longer. `-n`: nobody fetches by HTTP.
 */
const packing = ['repack', '-d', '-l', '-n', '-q', '--geometric=2'] as const;

export interface Housekeeping {
  readonly packedTags: boolean;
  readonly packedObjects: boolean;
}

/**
 * Packs tags and objects when there are many; to be called under the lock, after a commit. Counting reads a few folders.
 *
 * Nothing is pruned. Loose objects go into a pack whether they are reachable or not, so that a reader of an older HEAD
 * finds what it looks for, and what killed commits left does not count as loose for ever.
 */
export async function housekeep(context: GitContext): Promise<Housekeeping> {
  const packedTags = (await looseNames(context, 'refs/tags')).length > looseTagLimit;
  const packedObjects = (await looseObjects(context)) > looseObjectLimit;
  if (packedTags) await packTags(context);
  if (packedObjects) {
    await withScratch(context, () => git(context, { args: packing, timeoutMs: packTimeoutMs }));
  }
  return { packedTags, packedObjects };
}

/** Packs all tags into one file. The branch stays loose: it is read without a process. */
export async function packTags(context: GitContext): Promise<void> {
  await withScratch(context, async () => {
    await git(context, { args: ['pack-refs'], timeoutMs: packTimeoutMs });
    await fsyncDir(context.gitDir);
  });
}

/**
 * 16 of the 256 folders over which object ids are spread evenly. Chance moves the limit by 140 either way; with one folder
 * alone, as git gc looks at, it would be off by a half at times.
 */
const sampled = Array.from({ length: 16 }, (_, i) => `${i.toString(16)}7`);

async function looseObjects(context: GitContext): Promise<number> {
  const folders = sampled.map(name => listFolder(join(context.gitDir, 'objects', name)));
  return (await Promise.all(folders)).flat().length * (256 / sampled.length);
}
