import { join } from 'node:path';
import type { GitContext } from './environment.js';
import { looseNames } from './refs.js';
import { fsyncDir, listFolder } from '../files.js';
import { git } from './run.js';
import { withScratch } from './scratch.js';

/** Loose tags make every command of git slower (10,000 of them: 250 ms), packed ones do not. */
const looseTagLimit = 200;
const looseObjectLimit = 1_500;

/** Packing thousands of objects takes seconds. */
const packTimeoutMs = 300_000;

export interface Housekeeping {
  readonly packedTags: boolean;
  readonly packedObjects: boolean;
}

/**
 * Packs tags and objects when there are many; to be called under the lock, after a commit. Counting reads two folders.
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

/** An estimate as git gc makes it: object ids are spread evenly over 256 folders. */
async function looseObjects(context: GitContext): Promise<number> {
  return (await listFolder(join(context.gitDir, 'objects/17'))).length * 256;
}
