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

export interface Housekeeping {
  readonly packedTags: boolean;
  readonly packedObjects: boolean;
}

/**
 * Packs tags and objects when there are many; to be called under the lock, after a commit. Counting reads a few folders.
 * Unreachable objects of the last two weeks stay: a reader of an older HEAD may still hold their ids.
 */
export async function housekeep(context: GitContext): Promise<Housekeeping> {
  const packedTags = (await looseNames(context, 'refs/tags')).length > looseTagLimit;
  const packedObjects = (await looseObjects(context)) > looseObjectLimit;
  if (packedTags) await packTags(context);
  if (packedObjects) {
    await withScratch(context, () =>
      git(context, { args: ['gc', '--quiet', '--prune=2.weeks.ago'], timeoutMs: packTimeoutMs }),
    );
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

/** Some of the 256 folders over which object ids are spread evenly; one alone, as git gc looks at, is off by a half at times. */
const sampled = ['17', '52', '8d', 'c8'];

async function looseObjects(context: GitContext): Promise<number> {
  const folders = sampled.map(name => listFolder(join(context.gitDir, 'objects', name)));
  return (await Promise.all(folders)).flat().length * (256 / sampled.length);
}
