import { chmod, mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf } from '../errno.js';
import { ensureDir, fsyncDir } from '../files.js';
import { storing } from '../storage-error.js';
import type { GitContext } from './environment.js';
import { runFolder } from './names.js';
import { isPathOfHead } from './projection-plan.js';
import { git } from './run.js';
import { withScratch } from './scratch.js';
import { indexLines } from './tree.js';
import type { Listing } from './tree.js';

/** A file or folder that was not ours, both paths relative to the state directory. */
export interface Stray {
  readonly path: string;
  /** Where it is now; absent where it could not be moved, such as a mount point. */
  readonly movedTo?: string;
}

export interface StrayPlan {
  /** To be moved whatever git is told to ignore. */
  readonly displaced: readonly string[];
  readonly extras: readonly string[];
  readonly head: Listing;
  /** Names the folder to move to: `run/strays/<stamp>`. */
  readonly stamp: string;
}

/**
 * Moves what is not ours out of the work tree, keeping its relative path. What `.git/info/exclude` names stays, unless
 * it stands where a file of ours must be; `.gitignore` files do not count, as they are strays themselves.
 */
export async function moveStrays(context: GitContext, plan: StrayPlan): Promise<Stray[]> {
  const { displaced, extras, head, stamp } = plan;
  const blocking = extras.filter(path => isPathOfHead(path, head));
  const optional = extras.filter(path => !isPathOfHead(path, head));
  const visible = optional.length === 0 ? [] : await visibleToGit(context, optional, head);
  const paths = [...displaced, ...blocking, ...visible].sort();
  if (paths.length === 0) return [];
  const folder = await freshFolder(context, `${runFolder}/strays/${stamp}`);
  const strays: Stray[] = [];
  for (const path of paths) strays.push(await moveStray(context, path, folder));
  return strays;
}

/** A folder of its own for each projection: what an earlier one moved must not be overwritten. */
async function freshFolder(context: GitContext, wanted: string): Promise<string> {
  const absolute = join(context.workTree, wanted);
  await ensureDir(dirname(absolute));
  return storing('create the directory', absolute, async () => {
    for (let count = 1; ; count++) {
      const folder = count === 1 ? wanted : `${wanted}.${count}`;
      try {
        await mkdir(join(context.workTree, folder), { mode: 0o700 });
        await chmod(join(context.workTree, folder), 0o700);
        return folder;
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw error;
      }
    }
  });
}

/** Those of `paths` that git would show as untracked files, or that hold such files. */
async function visibleToGit(context: GitContext, paths: readonly string[], head: Listing): Promise<string[]> {
  const output = await withScratch(context, async scratch => {
    const env = { GIT_INDEX_FILE: join(scratch, 'index') };
    await git(context, { args: ['update-index', '-z', '--index-info'], stdin: indexLines(head), env });
    const exclude = `--exclude-from=${join(context.gitDir, 'info/exclude')}`;
    return git(context, { args: ['ls-files', '-z', '--others', exclude], env });
  });
  const untracked = output.split('\0').filter(path => path !== '');
  return paths.filter(path => untracked.some(file => file === path || file.startsWith(`${path}/`)));
}

async function moveStray(context: GitContext, path: string, folder: string): Promise<Stray> {
  const from = join(context.workTree, path);
  const movedTo = join(folder, path);
  const to = join(context.workTree, movedTo);
  return storing('move away', from, async () => {
    await ensureDir(dirname(to));
    try {
      await rename(from, to);
    } catch (error) {
      // A mount point, or a folder on another file system, cannot be renamed; one that is gone needs no move.
      if (['EBUSY', 'EXDEV', 'ENOENT'].includes(errnoOf(error) ?? '')) return { path };
      throw error;
    }
    await fsyncDir(dirname(from));
    await fsyncDir(dirname(to));
    return { path, movedTo };
  });
}
