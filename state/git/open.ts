import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fail, ok } from '../../protocol/result.js';
import type { Result } from '../../protocol/result.js';
import { oneLine } from '../../protocol/text.js';
import { ensureDir, readRegular, replaceFile } from '../files.js';
import { findProgram } from '../program.js';
import { StorageError } from '../storage-error.js';
import type { CacheUse, GitContext } from './environment.js';
import { createRepository, newLineage } from './create.js';
import { failure, lookAtStore } from './look.js';
import type { StoreFailure } from './look.js';
import type { KnownCommits } from './history.js';
import { git } from './run.js';
import { storeOf } from './store.js';
import type { Store } from './store.js';

export interface StoreOptions {
  /** Where git is looked for (`PATH`), once. */
  readonly searchPath: string;
  /** A git call that takes longer is ended; default 10 s. */
  readonly timeoutMs?: number;
  /** Default `none`. */
  readonly cache?: CacheUse;
  /** What is surely known about commits, from one opening of the store to the next. */
  readonly known?: KnownCommits;
}

export interface CreateOptions extends StoreOptions {
  /** 32 hex digits; default random. */
  readonly lineage?: string;
}

/** `core.fsync`, without which a power cut can empty the newest objects and refs, came with git 2.36. */
const oldestGit = [2, 36] as const;

/** Opens the store at `dir`. Creates and changes nothing. Rejects with StorageError where the directory cannot be read. */
export async function openStore(dir: string, options: StoreOptions): Promise<Result<Store, StoreFailure>> {
  const looked = await lookAtStore(dir);
  if (!looked.ok) return looked;
  const site = looked.value;
  if (site.kind === 'store') return storeAt(site.path, site.lineage, options);
  return failure('missing', site.path, {
    message: 'holds no state of routerd yet',
    hint: 'run routerctl reconcile once: it makes the first generation',
  });
}

/**
 * Opens the store at `dir`, which is made first (mode 0700, branch `main`, no commit) where there is nothing yet. A
 * directory that holds something else is left alone. To be called under the lock, whose own folder `run/` counts as
 * nothing. A kill at any moment leaves nothing or a whole repository.
 */
export async function createStore(dir: string, options: CreateOptions): Promise<Result<Store, StoreFailure>> {
  const looked = await lookAtStore(dir);
  if (!looked.ok) return looked;
  const site = looked.value;
  if (site.kind === 'store') return storeAt(site.path, site.lineage, options);
  const program = await usableGit(options);
  if (!program.ok) return program;
  await createRepository(site, options.lineage ?? newLineage());
  return openStore(dir, options);
}

async function storeAt(
  path: string,
  lineage: string,
  options: StoreOptions,
): Promise<Result<Store, StoreFailure>> {
  const context = await gitContext(path, { ...options, notes: join(path, 'run', 'cache', 'git') });
  return context.ok ? ok(storeOf(context.value, lineage, options.known)) : context;
}

/** How git is called in the state directory at `path`, which must be a real path. Looks at nothing there. */
export async function gitContext(
  path: string,
  options: StoreOptions & Notes,
): Promise<Result<GitContext, StoreFailure>> {
  const program = await usableGit(options);
  return program.ok ? ok(contextOf(program.value, path, options)) : program;
}

function contextOf(program: string, workTree: string, options: StoreOptions): GitContext {
  return {
    program,
    workTree,
    gitDir: join(workTree, '.git'),
    timeoutMs: options.timeoutMs ?? 10_000,
    cache: options.cache ?? 'none',
  };
}

/** Programs whose version will do, each with what `stat` said of it: asking git takes a process. */
const goodEnough = new Map<string, string>();

function versionOf(file: string): string {
  const { dev, ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}

interface Notes {
  /** Where a process notes for the next one which git will do. */
  readonly notes?: string;
}

/** A note that is not there, or that somebody made up, costs a call of git at most. */
async function readNote({ notes, cache = 'none' }: StoreOptions & Notes): Promise<string | undefined> {
  if (notes === undefined || cache === 'none') return undefined;
  try {
    return (await readRegular(notes, 4_096)).bytes.toString('utf8');
  } catch (error) {
    if (error instanceof StorageError) return undefined;
    throw error;
  }
}

async function writeNote({ notes, cache }: StoreOptions & Notes, note: string): Promise<void> {
  if (notes === undefined || cache !== 'write') return;
  try {
    await ensureDir(dirname(notes));
    await replaceFile(notes, note);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error; // it is only a note
  }
}

async function usableGit(options: StoreOptions & Notes): Promise<Result<string, StoreFailure>> {
  const needed = `git ${oldestGit.join('.')} or newer`;
  const program = findProgram('git', options.searchPath);
  if (program === undefined) {
    const message = `there is no program git in PATH, and routerd needs ${needed}`;
    return fail({ kind: 'gitMissing', path: options.searchPath, message, hint: `install ${needed}` });
  }
  const file = versionOf(program);
  const note = `${program}\n${file}\n`;
  const noted = (await readNote(options)) === note;
  if (goodEnough.get(program) === file || noted) {
    if (!noted) await writeNote(options, note);
    return ok(program);
  }
  const answer = await git(contextOf(program, dirname(program), options), { args: ['version'] });
  const version = /^git version (\d+)\.(\d+)/.exec(answer);
  const [major, minor] = [Number(version?.[1] ?? 0), Number(version?.[2] ?? 0)];
  if (major > oldestGit[0] || (major === oldestGit[0] && minor >= oldestGit[1])) {
    goodEnough.set(program, file);
    await writeNote(options, note);
    return ok(program);
  }
  return fail({
    kind: 'gitTooOld',
    path: program,
    message: `${program} answers "${oneLine(answer, 60)}", and routerd needs ${needed}`,
    hint: `install ${needed}, or put one first in PATH`,
  });
}
