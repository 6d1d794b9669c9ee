import { join } from 'node:path';
import { readRegular } from '../files.js';
import { StorageError } from '../storage-error.js';
import { damaged } from './git-error.js';
import type { GitContext } from './environment.js';
import { blobId, readObjects } from './objects.js';
import type { ObjectContent } from './objects.js';
import { readHeadCache } from './head-cache.js';
import { listTree } from './tree.js';
import type { Listing } from './tree.js';

/** What never changes about a commit. */
export interface CommitFacts {
  readonly files: Listing;
  /** Paths that are no plain file. */
  readonly others: readonly string[];
  /** Committer time in seconds since 1970. */
  readonly seconds: number;
}

/** Facts about commits, of which the last few are remembered: they are keyed by the commit's hash. */
export interface History {
  /** From memory, the cache of HEAD, or git. */
  readonly facts: (commit: string) => Promise<CommitFacts>;
  /** From git, unless this process has read or made the commit: rejects where it or its tree is not there. */
  readonly inspect: (commit: string) => Promise<CommitFacts>;
  readonly learn: (commit: string, facts: CommitFacts) => void;
}

/** Facts by commit, of those that were read from git or made: a commit never changes. */
export type KnownCommits = Map<string, CommitFacts>;

const remembered = 4;

/** `sure` is kept by whoever works with one store for long, and forgets it when something has failed. */
export function historyOf(context: GitContext, sure: KnownCommits = new Map()): History {
  const known = new Map<string, CommitFacts>(sure);
  const learn = (commit: string, facts: CommitFacts) => {
    known.delete(commit);
    known.set(commit, facts);
    const oldest = known.keys().next();
    if (known.size > remembered && oldest.done !== true) known.delete(oldest.value);
  };
  const facts = async (commit: string) => {
    const cached = known.get(commit) ?? (await readHeadCache(context, commit));
    if (cached === undefined) return inspect(commit);
    learn(commit, cached);
    return cached;
  };
  const inspect = async (commit: string) => {
    const before = sure.get(commit);
    if (before !== undefined) return before;
    const [tree, [object]] = await Promise.all([listTree(context, commit), readObjects(context, [commit])]);
    const { files, others } = tree;
    const found = { files, others, seconds: committerSeconds(context, commit, object) };
    learnSurely(commit, found);
    return found;
  };
  const learnSurely = (commit: string, facts: CommitFacts) => {
    learn(commit, facts);
    sure.clear();
    sure.set(commit, facts);
  };
  return { facts, inspect, learn: learnSurely };
}

function committerSeconds(context: GitContext, id: string, object: ObjectContent | undefined): number {
  const header = object?.bytes.toString('utf8').split('\n\n', 1)[0] ?? '';
  const seconds = /^committer .* (\d+) [-+]\d{4}$/m.exec(header)?.[1];
  if (seconds === undefined) throw damaged(context.workTree, `${id} is no commit`);
  return Number(seconds);
}

/** The visible files, read one by one, are faster than a process of git as long as they are not too many. */
const mostVisible = 1_000;

/** `readFiles` for HEAD: what stands in the work tree with the right hash need not be asked from git. */
export async function readHeadFiles(context: GitContext, files: Listing): Promise<Map<string, Uint8Array>> {
  if (files.size > mostVisible) return readFiles(context, files);
  const visible = new Map(
    await Promise.all(
      [...files].map(async ([path, id]) => [path, await readVisible(context, path, id)] as const),
    ),
  );
  const rest = new Map([...files].filter(([path]) => visible.get(path) === undefined));
  const asked: ReadonlyMap<string, Uint8Array> = await readFiles(context, rest);
  return new Map(
    [...files.keys()].map(path => [path, visible.get(path) ?? asked.get(path) ?? Buffer.alloc(0)]),
  );
}

/** Undefined where the visible file is not the one that the tree names. */
async function readVisible(context: GitContext, path: string, id: string): Promise<Uint8Array | undefined> {
  try {
    const { bytes } = await readRegular(join(context.workTree, path), Number.MAX_SAFE_INTEGER);
    return blobId(bytes) === id ? bytes : undefined;
  } catch (error) {
    if (error instanceof StorageError) return undefined;
    throw error;
  }
}

/**
 * All files of a commit, byte for byte; each must have the hash that the tree names, so bytes that rotted on disk are
 * noticed. Rejects with StorageError (`EDAMAGED`, or git's).
 */
export async function readFiles(context: GitContext, files: Listing): Promise<Map<string, Uint8Array>> {
  const ids = [...new Set(files.values())];
  const objects = await readObjects(context, ids);
  const contents = new Map<string, Uint8Array>();
  for (const [index, id] of ids.entries()) {
    const object = objects[index];
    if (object?.type !== 'blob' || blobId(object.bytes) !== id) {
      throw damaged(context.workTree, `the file ${id} is missing or does not have its hash`);
    }
    contents.set(id, object.bytes);
  }
  return new Map([...files].map(([path, id]) => [path, contents.get(id) ?? Buffer.alloc(0)]));
}
