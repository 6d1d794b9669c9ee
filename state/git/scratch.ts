import { randomBytes } from 'node:crypto';
import { chmod, mkdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../errno.js';
import { storing } from '../storage-error.js';
import type { GitContext } from './environment.js';

/**
 * Folder for what is not finished: private indexes and blobs on their way into the object store. It exists only while
 * something is being written, so one that is there under the lock tells of an interrupted or failed run.
 */
export function scratchRoot(context: GitContext): string {
  return join(context.gitDir, 'routerd');
}

/**
 * Runs `body` with a folder of its own. What it holds is removed at the end; after a failure the folder above stays, as
 * the sign for `recover` to look for what git may have left behind.
 */
export async function withScratch<T>(context: GitContext, body: (dir: string) => Promise<T>): Promise<T> {
  const root = scratchRoot(context);
  const dir = join(root, randomBytes(6).toString('hex'));
  await storing('write in', root, () => makeFolders(root, dir));
  let done = false;
  try {
    const value = await body(dir);
    done = true;
    return value;
  } finally {
    await rm(dir, { recursive: true, force: true }).catch(() => undefined);
    // Another run may have its folder there too; the last one takes the root away.
    if (done) await rmdir(root).catch(() => undefined);
  }
}

/** Not `mkdir` with `recursive`: on a full disk Node reports that one as ENOENT. */
async function makeFolders(root: string, dir: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await mkdir(root, { mode: 0o700 }).catch((error: unknown) => {
        if (errnoOf(error) !== 'EEXIST') throw error;
      });
      await chmod(root, 0o700);
      await mkdir(dir, { mode: 0o700 });
      await chmod(dir, 0o700);
      return;
    } catch (error) {
      // A commit that ends without the lock being held may take the root away in between.
      if (errnoOf(error) !== 'ENOENT' || attempt === 5) throw error;
    }
  }
}
