import type { BigIntStats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../errno.js';
import { readRegular, writeAtomic } from '../files.js';
import type { GitContext } from './environment.js';
import { formatIndex, indexEntry, parseIndex, sameEntry } from './index-format.js';
import type { IndexEntries } from './index-format.js';

/** `.git/index` as it is: what a person's `git status` and `git diff` start from. */
export interface IndexFile {
  readonly entries: IndexEntries;
  /** When it was written. */
  readonly writtenNs: bigint;
}

const indexLimit = 1 << 30;

/** Undefined for one that is missing, damaged or not like ours; it is then made anew. */
export async function readIndex(context: GitContext): Promise<IndexFile | undefined> {
  const path = join(context.gitDir, 'index');
  try {
    const writtenNs = (await lstat(path, { bigint: true })).mtimeNs;
    const entries = parseIndex((await readRegular(path, indexLimit)).bytes);
    return entries === undefined ? undefined : { entries, writtenNs };
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

/**
 * Puts an index with these entries in place, unless that is what it holds. It is written by us and not by git, whose
 * refresh would read the files through the filters and line ends that a person's attributes ask for. git's own lock is
 * not taken, so a kill leaves none; a git that writes the index at the same moment wins, and the next projection mends
 * that.
 */
export async function writeIndex(
  context: GitContext,
  entries: IndexEntries,
  current: IndexFile | undefined,
): Promise<void> {
  if (current !== undefined && sameEntries(current.entries, entries)) return;
  await writeAtomic(join(context.gitDir, 'index'), formatIndex(entries));
}

/**
 * The content that a file must still have, from its entry. As in git, a file as young as the index may have been changed
 * once more without a new time stamp ("racily clean"), so that it has to be read.
 */
export function untouchedId(
  index: IndexFile | undefined,
  path: string,
  stats: BigIntStats,
): string | undefined {
  const entry = index?.entries.get(path);
  if (index === undefined || entry === undefined || stats.mtimeNs >= index.writtenNs) return undefined;
  return sameEntry(entry, indexEntry(entry.id, stats)) ? entry.id : undefined;
}

function sameEntries(a: IndexEntries, b: IndexEntries): boolean {
  if (a.size !== b.size) return false;
  for (const [path, entry] of a) {
    const other = b.get(path);
    if (other === undefined || !sameEntry(entry, other)) return false;
  }
  return true;
}
