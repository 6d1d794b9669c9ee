import type { BigIntStats } from 'node:fs';
import { chmod, lstat, rmdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf } from '../errno.js';
import { ensureDir, fsyncDir, replaceFile } from '../files.js';
import { storing } from '../storage-error.js';
import type { GitContext } from './environment.js';
import { damaged } from './git-error.js';
import { readFiles } from './history.js';
import type { History } from './history.js';
import { readIndex, writeIndex } from './index-file.js';
import { indexEntry } from './index-format.js';
import { treeProblem } from './names.js';
import { blobId } from './objects.js';
import { lastListing, readProjected, writeProjected } from './projected.js';
import { planProjection } from './projection-plan.js';
import { moveStrays } from './strays.js';
import type { Stray } from './strays.js';
import type { Listing } from './tree.js';
import { lookAtWorkTree } from './work-tree.js';

/** What a projection found and mended. Nothing at all is the usual result. */
export interface Projection {
  /** Files and folders of ours that somebody had changed, deleted, or given another mode; they are restored. */
  readonly drifted: readonly string[];
  /** Files and folders of others, now under `run/strays/`. */
  readonly strays: readonly Stray[];
}

export interface ProjectionInput {
  /** HEAD. */
  readonly commit: string;
  /** Names the folder for strays. */
  readonly stamp: string;
  /** Files by path whose content is at hand; what does not have its hash is read from git. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
}

/**
 * Makes the visible files those of HEAD, and git's index with them, so that `git status` is clean. Each file is replaced
 * whole; a kill in between leaves old and new files side by side, and the next call goes on. Nothing of anybody else's
 * is overwritten or deleted: it is moved to `run/strays/<stamp>/`. Where nothing differs, this reads the index and the
 * folders, and runs no git.
 */
export async function projectCommit(
  context: GitContext,
  history: History,
  input: ProjectionInput,
): Promise<Projection> {
  const { files, others } = await history.facts(input.commit);
  refuseForeign(context, files, others);
  const index = await readIndex(context);
  const projected = await readProjected(context);
  const known = { head: files, last: await lastListing(history, projected), index };
  const found = await lookAtWorkTree(context.workTree, known);
  const plan = planProjection(known, found);

  for (const path of found.leftovers) await remove(context, path);
  const strays = await moveStrays(context, {
    displaced: plan.displaced,
    extras: found.extras,
    head: files,
    stamp: input.stamp,
  });
  for (const path of plan.remove) await remove(context, path); // before writing: a file may have become a folder
  const stamps = new Map([...found.files].map(([path, file]) => [path, file.stats]));
  for (const path of plan.restrict) {
    const before = stamps.get(path);
    const after = await restrict(context, path, before === undefined ? 0o700 : 0o600);
    // One that was changed since it was looked at keeps its old stamps, so that git reads it.
    if (before?.mtimeNs === after.mtimeNs) stamps.set(path, after);
  }
  const wanted = new Map(plan.write.map(path => [path, files.get(path) ?? '']));
  const written = await writeFiles(context, wanted, input.contents);
  for (const [path, stats] of written) stamps.set(path, stats);
  const entries = new Map([...files].map(([path, id]) => [path, indexEntry(id, stamps.get(path))]));
  await writeIndex(context, entries, index);
  if (projected !== input.commit) await writeProjected(context, input.commit);
  return { drifted: plan.drifted, strays };
}

/** A commit made by hand may hold what we must not write, such as links. */
function refuseForeign(context: GitContext, files: Listing, others: readonly string[]): void {
  const bad = others[0] ?? treeProblem(files.keys())?.path;
  if (bad === undefined) return;
  throw damaged(context.workTree, `HEAD holds ${bad}, which routerd cannot have written`);
}

/** Returns the stamps that the files have now. */
async function writeFiles(
  context: GitContext,
  files: Listing,
  contents: ProjectionInput['contents'],
): Promise<Map<string, BigIntStats>> {
  const stamps = new Map<string, BigIntStats>();
  const folders = new Set<string>();
  const atHand = new Map(
    [...files].flatMap(([path, id]) => {
      const content = contents.get(path);
      return content !== undefined && blobId(content) === id ? [[path, content] as const] : [];
    }),
  );
  const asked = await readFiles(context, new Map([...files].filter(([path]) => !atHand.has(path))));
  for (const [path, content] of [...atHand, ...asked]) {
    const absolute = join(context.workTree, path);
    const folder = dirname(absolute);
    if (!folders.has(folder)) await ensureDir(folder);
    folders.add(folder);
    stamps.set(path, await replaceFile(absolute, content));
  }
  for (const folder of folders) await fsyncDir(folder);
  return stamps;
}

/** Removes a file, and the folders that are empty without it. */
async function remove(context: GitContext, path: string): Promise<void> {
  const absolute = join(context.workTree, path);
  await storing('remove', absolute, async () => {
    await unlink(absolute).catch(unlessMissing);
    let folder = dirname(path);
    while (folder !== '.' && (await removedEmpty(join(context.workTree, folder)))) folder = dirname(folder);
    await fsyncDir(join(context.workTree, folder));
  });
}

function removedEmpty(folder: string): Promise<boolean> {
  return rmdir(folder).then(
    () => true,
    () => false,
  );
}

async function restrict(context: GitContext, path: string, mode: number): Promise<BigIntStats> {
  const absolute = join(context.workTree, path);
  return storing('set the mode of', absolute, async () => {
    await chmod(absolute, mode);
    return lstat(absolute, { bigint: true });
  });
}

function unlessMissing(error: unknown): void {
  if (errnoOf(error) !== 'ENOENT') throw error;
}
