import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureDir, fsyncDir, replaceFile, writeAtomic } from '../files.js';
import { StorageError, storing } from '../storage-error.js';
import { checkObjects } from './check.js';
import { draftRepository } from './create.js';
import { badObjects, damageIn } from './damage.js';
import type { GitContext } from './environment.js';
import { damaged, GitError } from './git-error.js';
import { historyOf, readFiles } from './history.js';
import { branch } from './names.js';
import { readObjects } from './objects.js';
import { git } from './run.js';

const packTimeoutMs = 300_000;

export interface SalvageOrder {
  /** The damaged repository; it is only read. */
  readonly gitDir: string;
  readonly lineage: string;
  /** Commits that HEAD may have been at, the likeliest first; with each, its ancestors are tried. */
  readonly candidates: readonly string[];
  /** Whether a commit whose files are all there is one to go back to. */
  readonly accept: (commit: string, files: ReadonlyMap<string, Uint8Array>) => boolean;
  /** Where the new repository is drafted. */
  readonly folder: string;
}

export interface Salvaged {
  /** A whole repository with its branch at `commit`, on disk, under a name that is not yet `.git`. */
  readonly draft: string;
  readonly commit: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Length of the history. */
  readonly commits: number;
  /** Whether older commits were left out because they cannot be read. The ids of those that stay are unchanged. */
  readonly isCut: boolean;
}

/**
 * Makes a repository of the newest commit that can be read and of its history as far back as it is whole. Commits keep
 * their ids: where the history is cut, the new repository is a shallow one (gitrepository-layout(5), `shallow`). Undefined
 * where no candidate leads to a commit that can be read; then nothing is left behind.
 */
export async function salvage(context: GitContext, order: SalvageOrder): Promise<Salvaged | undefined> {
  const draft = await draftRepository(order.folder, order.lineage);
  try {
    const salvaged = await fill({ ...context, gitDir: draft }, order);
    if (salvaged !== undefined) return salvaged;
  } catch (error) {
    await remove(draft);
    throw error;
  }
  await remove(draft);
  return undefined;
}

async function fill(context: GitContext, order: SalvageOrder): Promise<Salvaged | undefined> {
  const { gitDir: draft } = context;
  const alternates = join(draft, 'objects/info/alternates');
  // git works in the sound repository and finds the objects of the other one: refs that do not parse are in nobody's way.
  await writeAtomic(alternates, `${join(order.gitDir, 'objects')}\n`);
  const found = await newestReadable(context, order, await badObjects(context));
  if (found === undefined) return undefined;
  const { chain, isCut } = found;
  const [commit = ''] = chain;
  for (const kept of new Set([chain.length, 1])) {
    const cut = isCut || kept < chain.length;
    if (cut) await writeAtomic(join(draft, 'shallow'), `${chain[kept - 1] ?? commit}\n`);
    if (!(await packed(context, commit))) continue;
    await remove(alternates);
    await ensureDir(join(draft, 'refs/heads'));
    await writeAtomic(join(draft, branch), `${commit}\n`);
    if (damageIn(await checkObjects(context)).length === 0) {
      for (const folder of ['objects/pack', 'objects/info', 'objects', 'refs', '']) {
        await fsyncDir(join(draft, folder));
      }
      return { draft, commit, files: found.files, commits: kept, isCut: cut };
    }
    await replaceFile(alternates, `${join(order.gitDir, 'objects')}\n`);
  }
  throw damaged(context.workTree, `the history of ${commit} can be read and cannot be packed`);
}

interface Readable {
  /** The commit to go back to and its first parents, newest first, as far as they are whole. */
  readonly chain: readonly string[];
  readonly isCut: boolean;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

async function newestReadable(
  context: GitContext,
  order: SalvageOrder,
  bad: ReadonlySet<string>,
): Promise<Readable | undefined> {
  const seen = new Set<string>();
  const history = historyOf(context);
  for (const candidate of order.candidates) {
    for (let id: string | undefined = candidate; id !== undefined && !seen.has(id);) {
      seen.add(id);
      if (await isWhole(context, id, bad)) {
        const { files } = await history.facts(id);
        const contents = await readFiles(context, files);
        if (order.accept(id, contents)) return { ...(await wholeChain(context, id, bad)), files: contents };
      }
      id = await parentOf(context, id, bad);
    }
  }
  return undefined;
}

/** Whether a commit and all its files and folders can be read. */
async function isWhole(context: GitContext, commit: string, bad: ReadonlySet<string>): Promise<boolean> {
  if (bad.has(commit)) return false;
  const { lines, isAll } = await listObjects(context, ['--no-walk', commit]);
  return isAll && !lines.some(line => bad.has(line.slice(0, 40)));
}

/**
 * A whole commit and its first parents, up to the last one that is whole. git lists a commit only after it has read the
 * parents, so the last one is missing from what it lists before a parent that it cannot read.
 */
async function wholeChain(
  context: GitContext,
  start: string,
  bad: ReadonlySet<string>,
): Promise<Pick<Readable, 'chain' | 'isCut'>> {
  const { lines, isAll } = await listObjects(context, ['--in-commit-order', '--first-parent', start]);
  const chain: string[] = [];
  for (const line of lines) {
    const isCommit = line.length === 40; // a tree or file has its path behind it, if only an empty one
    if (bad.has(line.slice(0, 40))) {
      // Objects follow the newest commit that leads to them.
      if (!isCommit) chain.pop();
      return { chain, isCut: true };
    }
    if (isCommit) chain.push(line);
  }
  if (isAll) return { chain, isCut: false };
  const last = chain.at(-1);
  if (last !== undefined && !(await isWhole(context, last, bad))) chain.pop();
  else {
    const next = last === undefined ? start : await parentOf(context, last, bad);
    if (next !== undefined && (await isWhole(context, next, bad))) chain.push(next);
  }
  return { chain, isCut: true };
}

/** What `git rev-list --objects` lists; less than all where it comes to something that it cannot read. */
async function listObjects(
  context: GitContext,
  args: readonly string[],
): Promise<{ readonly lines: readonly string[]; readonly isAll: boolean }> {
  const linesOf = (text: string) => text.split('\n').filter(line => line.length >= 40);
  try {
    const output = await git(context, {
      args: ['rev-list', '--objects', ...args, '--'],
      timeoutMs: packTimeoutMs,
    });
    return { lines: linesOf(output), isAll: true };
  } catch (error) {
    if (!(error instanceof GitError) || error.code !== 'EGIT') throw error;
    return { lines: linesOf(error.end.stdout), isAll: false };
  }
}

async function parentOf(
  context: GitContext,
  commit: string,
  bad: ReadonlySet<string>,
): Promise<string | undefined> {
  if (bad.has(commit)) return undefined;
  try {
    const [object] = await readObjects(context, [commit]);
    return /^parent ([0-9a-f]{40})$/m.exec(object?.bytes.toString('utf8').split('\n\n', 1)[0] ?? '')?.[1];
  } catch (error) {
    if (error instanceof StorageError) return undefined;
    throw error;
  }
}

/** Copies a commit and all that it leads to into one pack; false where git cannot read something of it after all. */
async function packed(context: GitContext, commit: string): Promise<boolean> {
  try {
    await git(context, {
      args: ['pack-objects', '--revs', '-q', join(context.gitDir, 'objects/pack/pack')],
      stdin: `${commit}\n`,
      timeoutMs: packTimeoutMs,
    });
    return true;
  } catch (error) {
    if (error instanceof GitError && error.code === 'EGIT') return false;
    throw error;
  }
}

async function remove(path: string): Promise<void> {
  await storing('remove', path, () => rm(path, { recursive: true, force: true }));
}
