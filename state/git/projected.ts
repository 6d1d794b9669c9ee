import { join } from 'node:path';
import { errnoOf } from '../errno.js';
import { readRegular, replaceFile } from '../files.js';
import { StorageError } from '../storage-error.js';
import type { GitContext } from './environment.js';
import type { History } from './history.js';
import { isObjectId } from './names.js';
import type { Listing } from './tree.js';

/**
 * Names the commit of the last finished projection. git's index cannot tell it: `git add` puts a person's changes there,
 * which would then pass for ours and be lost.
 */
const fileName = 'routerd-projected';

/** Undefined where there has been none, or where its file makes no sense. */
export async function readProjected(context: GitContext): Promise<string | undefined> {
  try {
    const { bytes } = await readRegular(join(context.gitDir, fileName), 100);
    const id = bytes.toString('utf8').trim();
    return isObjectId(id) ? id : undefined;
  } catch (error) {
    if (['ENOENT', 'EFBIG'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}

/** An older one may come back after a power cut; what is on disk then passes for HEAD's, which it is. */
export async function writeProjected(context: GitContext, commit: string): Promise<void> {
  await replaceFile(join(context.gitDir, fileName), `${commit}\n`);
}

/** The files of that commit; undefined where there is none, or where it is no longer in the repository. */
export async function lastListing(
  history: History,
  commit: string | undefined,
): Promise<Listing | undefined> {
  if (commit === undefined) return undefined;
  try {
    return (await history.facts(commit)).files;
  } catch (error) {
    if (error instanceof StorageError && ['EGIT', 'EDAMAGED'].includes(error.code)) return undefined;
    throw error;
  }
}
