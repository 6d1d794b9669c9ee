import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, rmSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../errno.js';
import { quietly } from '../files.js';
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
  await storing('write in', root, () => {
    makeFolders(root, dir);
  });
  let done = false;
  try {
    const value = await body(dir);
    done = true;
    return value;
  } finally {
    quietly(() => {
      rmSync(dir, { recursive: true, force: true });
    });
    // Another run may have its folder there too; the last one takes the root away.
    if (done)
      quietly(() => {
        rmdirSync(root);
      });
  }
}

/** Not `mkdir` with `recursive`: on a full disk Node reports that one as ENOENT. */
function makeFolders(root: string, dir: string): void {
  for (let attempt = 1; ; attempt++) {
    try {
      try {
        mkdirSync(root, { mode: 0o700 });
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw error;
      }
      chmodSync(root, 0o700);
      mkdirSync(dir, { mode: 0o700 });
      chmodSync(dir, 0o700);
      return;
    } catch (error) {
      // A commit that ends without the lock being held may take the root away in between.
      if (errnoOf(error) !== 'ENOENT' || attempt === 5) throw error;
    }
  }
}
