import { rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fail, ok } from '../../protocol/result.js';
import type { Result } from '../../protocol/result.js';
import { listFolder } from '../files.js';
import { StorageError, storing } from '../storage-error.js';
import type { GitContext } from './environment.js';
import type { History } from './history.js';
import { waitForGits } from './live-git.js';
import type { LiveGit } from './live-git.js';
import { branch } from './names.js';
import { readHead, readRef } from './refs.js';
import { scratchRoot } from './scratch.js';

export interface Recovery {
  /** What an interrupted run had left behind, relative to the state directory; it is removed. */
  readonly removed: readonly string[];
}

export type RecoverFailure =
  /** Lock files are there, and so are processes that may own them. */
  | { readonly kind: 'busy'; readonly processes: readonly LiveGit[] }
  /** HEAD is no longer the branch `main`. */
  | { readonly kind: 'elsewhere'; readonly head: string; readonly hint: string }
  /** HEAD, its ref or its tree cannot be read. */
  | { readonly kind: 'damaged'; readonly message: string };

export interface RecoverOptions {
  /** How long to wait for a git that is still at work; default 10 s. */
  readonly waitMs?: number;
  /** Search the object store for leftovers even if nothing tells of an interrupted run. */
  readonly thorough?: boolean;
}

/**
 * To be called under the lock before the first write. Removes the lock files and unfinished objects that git leaves
 * when it is killed, and that block every later commit; nothing is removed while a git is at work. Then checks that
 * HEAD is `main` and that its tree can be listed. Unfinished writes in the work tree are the projection's to remove.
 */
export async function recoverRepository(
  context: GitContext,
  history: History,
  options: RecoverOptions,
): Promise<Result<Recovery, RecoverFailure>> {
  let leftovers = await findLeftovers(context, options.thorough ?? false);
  if (leftovers.length > 0) {
    const processes = await waitForGits(context, options.waitMs ?? 10_000);
    if (processes.length > 0) return fail({ kind: 'busy', processes });
    leftovers = await findLeftovers(context, true); // what has finished meanwhile left nothing
    for (const path of leftovers)
      await storing('remove', path, () => rm(path, { recursive: true, force: true }));
  }
  const checked = await checkHead(context, history);
  if (!checked.ok) return checked;
  return ok({ removed: leftovers.map(path => relative(context.workTree, path)) });
}

/** Looks for locks everywhere but among the objects, which are searched when locks or scratch files were found. */
async function findLeftovers(context: GitContext, thorough: boolean): Promise<string[]> {
  const { gitDir } = context;
  const found: string[] = [];
  for (const entry of await listFolder(gitDir)) {
    const path = join(gitDir, entry.name);
    if (path === scratchRoot(context) || (entry.isFile() && isLock(entry.name))) found.push(path);
    else if (entry.isDirectory() && entry.name !== 'objects') found.push(...(await searchIn(path, isLock)));
  }
  if (thorough || found.length > 0) {
    found.push(...(await searchIn(join(gitDir, 'objects'), name => isLock(name) || isUnfinished(name))));
  }
  return found.sort();
}

async function searchIn(folder: string, isLeftover: (name: string) => boolean): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await listFolder(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await searchIn(path, isLeftover)));
    else if (isLeftover(entry.name)) found.push(path);
  }
  return found;
}

/** `gc.pid` is how git gc locks out another one, for twelve hours. No ref can end in `.lock` (git-check-ref-format(1)). */
function isLock(name: string): boolean {
  return name.endsWith('.lock') || name === 'gc.pid';
}

/** Objects, packs and their indexes on the way: `tmp_obj_…`, `tmp_pack_…`, and `.tmp-PID-pack-…` of git repack. */
function isUnfinished(name: string): boolean {
  return name.startsWith('tmp_') || name.startsWith('.tmp-');
}

/** HEAD must be `main`; the tree of its commit, if there is one, must be there. */
async function checkHead(context: GitContext, history: History): Promise<Result<void, RecoverFailure>> {
  try {
    const head = await readHead(context);
    if (head !== branch) {
      const hint = `to go back to the branch: git -C '${context.workTree}' symbolic-ref HEAD ${branch}`;
      return fail({ kind: 'elsewhere', head, hint });
    }
    const commit = await readRef(context, branch);
    if (commit !== null) await history.inspect(commit);
    return ok(undefined);
  } catch (error) {
    if (!(error instanceof StorageError) || !['EDAMAGED', 'EGIT'].includes(error.code)) throw error;
    return fail({ kind: 'damaged', message: error.message });
  }
}
