import { chmod, rmdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf } from '../errno.js';
import { ensureDir, fsyncDir, replaceFile } from '../files.js';
import { storing } from '../storage-error.js';
import type { GitContext } from './environment.js';
import { damaged } from './git-error.js';
import { readFiles } from './history.js';
import { readIndex } from './index-file.js';
import type { IndexFile } from './index-file.js';
import { treeProblem } from './names.js';
import { refreshIndex } from './refresh-index.js';
import { moveStrays } from './strays.js';
import type { Stray } from './strays.js';
import type { Listing } from './tree.js';
import { lookAtWorkTree } from './work-tree.js';
import type { KnownPaths, WorkTree } from './work-tree.js';

/** What a projection found and mended. Nothing at all is the usual result. */
export interface Projection {
  /** Files and folders of ours that somebody had changed, deleted, or given another mode; they are restored. */
  readonly drifted: readonly string[];
  /** Files and folders of others, now under `run/strays/`. */
  readonly strays: readonly Stray[];
}

export interface ProjectedTree {
  readonly files: Listing;
  /** Paths that are no plain file: a reason to refuse. */
  readonly others: readonly string[];
}

/**
 * Makes the visible files those of `tree`, HEAD's, and git's index with them, so that `git status` is clean. Each file
 * is replaced whole; a kill in between leaves old and new files side by side, and the next call goes on. Nothing of
 * anybody else's is overwritten or deleted: it is moved to `run/strays/<stamp>/`.
 * Where nothing differs, this reads the index and the folders, and runs no git.
 */
export async function projectTree(
  context: GitContext,
  tree: ProjectedTree,
  stamp: string,
): Promise<Projection> {
  const bad = tree.others[0] ?? treeProblem(tree.files.keys())?.path;
  if (bad !== undefined)
    throw damaged(context.workTree, `HEAD holds ${bad}, which routerd cannot have written`);
  const index = await readIndex(join(context.gitDir, 'index'));
  const known: KnownPaths = { head: tree.files, index };
  const found = await lookAtWorkTree(context.workTree, known);
  const plan = planOf(known, found);

  for (const path of found.leftovers) await remove(context, path);
  for (const path of plan.restrict)
    await restrict(context, path, found.openFolders.includes(path) ? 0o700 : 0o600);
  const moved = await moveStrays(context, { ...plan, known, stamp });
  for (const path of plan.remove) await remove(context, path); // before writing: a file may have become a folder
  await writeFiles(context, new Map(plan.write.map(path => [path, tree.files.get(path) ?? ''])));
  if (plan.write.length > 0 || plan.remove.length > 0 || !isIndexOf(tree, index)) {
    await refreshIndex(context, tree.files, index);
  }
  return { drifted: plan.drifted, strays: moved };
}

interface Plan {
  /** Paths whose content has to be written. */
  readonly write: readonly string[];
  /** Files of an older projection that HEAD lacks. */
  readonly remove: readonly string[];
  /** What somebody changed and HEAD lacks, or stands in the way of one of our paths. */
  readonly displaced: readonly string[];
  /** What may be somebody's, unless git is told to ignore it. */
  readonly extras: readonly string[];
  readonly restrict: readonly string[];
  readonly drifted: readonly string[];
}

/**
 * A file has drifted when it has neither the content of the last projection, which the index tells, nor HEAD's: one of
 * the two is what a kill in the middle of a projection leaves.
 */
function planOf({ head, index }: KnownPaths, found: WorkTree): Plan {
  const projected = index?.entries;
  const write: string[] = [];
  const drifted = new Set(found.openFolders);
  const restrict = [...found.openFolders];
  for (const [path, id] of head) {
    const file = found.files.get(path);
    if (file?.id !== id) write.push(path);
    else if (!file.isPrivate) restrict.push(path);
    const last = projected?.get(path)?.id;
    const isOurs = file === undefined ? last === undefined : file.id === id || file.id === last;
    if (!isOurs || file?.isPrivate === false) drifted.add(path);
  }
  const remove: string[] = [];
  const displaced: string[] = [];
  for (const [path, file] of found.files) {
    if (head.has(path)) continue;
    if (file.id !== undefined && file.id === projected?.get(path)?.id) remove.push(path);
    else displaced.push(path);
  }
  return { write, remove, displaced, extras: found.extras, restrict, drifted: [...drifted].sort() };
}

async function writeFiles(context: GitContext, files: ReadonlyMap<string, string>): Promise<void> {
  if (files.size === 0) return;
  const folders = new Set<string>();
  for (const [path, content] of await readFiles(context, files)) {
    const absolute = join(context.workTree, path);
    const folder = dirname(absolute);
    if (!folders.has(folder)) await ensureDir(folder);
    folders.add(folder);
    await replaceFile(absolute, content);
  }
  for (const folder of folders) await fsyncDir(folder);
}

/** Removes a file, and the folders that are empty without it. */
async function remove(context: GitContext, path: string): Promise<void> {
  const absolute = join(context.workTree, path);
  await storing('remove', absolute, async () => {
    await unlink(absolute).catch(unlessMissing);
    let folder = dirname(path);
    for (; folder !== '.'; folder = dirname(folder)) {
      const isEmpty = await rmdir(join(context.workTree, folder)).then(
        () => true,
        () => false,
      );
      if (!isEmpty) break;
    }
    await fsyncDir(join(context.workTree, folder));
  });
}

async function restrict(context: GitContext, path: string, mode: number): Promise<void> {
  const absolute = join(context.workTree, path);
  await storing('set the mode of', absolute, () => chmod(absolute, mode).catch(unlessMissing));
}

function unlessMissing(error: unknown): void {
  if (errnoOf(error) !== 'ENOENT') throw error;
}

function isIndexOf({ files }: ProjectedTree, index: IndexFile | undefined): boolean {
  if (index?.entries.size !== files.size) return false;
  for (const [path, entry] of index.entries) if (files.get(path) !== entry.id) return false;
  return true;
}
