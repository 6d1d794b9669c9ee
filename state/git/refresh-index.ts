import { copyFile, chmod, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fsyncDir, fsyncFile, removeDurably } from '../files.js';
import { storing } from '../storage-error.js';
import type { GitContext } from './environment.js';
import type { IndexFile } from './index-file.js';
import { git } from './run.js';
import { withScratch } from './scratch.js';
import { indexLines } from './tree.js';
import type { Listing } from './tree.js';

/**
 * Makes `.git/index`, which a person's `git status` and `git diff` start from, hold `files` with the stamps of the
 * visible ones. It is built aside and renamed: git's own lock on it is never taken, so a kill leaves none. Entries of
 * `current` that still hold keep their stamps, so only what changed is read again.
 */
export async function refreshIndex(
  context: GitContext,
  files: Listing,
  current: IndexFile | undefined,
): Promise<void> {
  const target = join(context.gitDir, 'index');
  if (files.size === 0) return removeDurably(target); // git writes no index for nothing
  await withScratch(context, async scratch => {
    const draft = join(scratch, 'index');
    const env = { GIT_INDEX_FILE: draft };
    if (current !== undefined) await storing('copy', target, () => copyFile(target, draft));
    const changes = [...changesOf(files, current)];
    if (changes.length > 0 || current === undefined) {
      await git(context, { args: ['update-index', '-z', '--index-info'], stdin: indexLines(changes), env });
    }
    // -q: a file that was changed just now is no failure, the next projection mends it.
    await git(context, { args: ['update-index', '-q', '--refresh'], env });
    await storing('write', target, async () => {
      await chmod(draft, 0o600);
      await fsyncFile(draft);
      await rename(draft, target);
    });
  });
  await fsyncDir(context.gitDir);
}

function* changesOf(
  files: Listing,
  current: IndexFile | undefined,
): Generator<readonly [string, string | undefined]> {
  for (const path of current?.entries.keys() ?? []) if (!files.has(path)) yield [path, undefined];
  for (const [path, id] of files) if (current?.entries.get(path)?.id !== id) yield [path, id];
}
