import { damaged } from './git-error.js';
import type { GitContext } from './environment.js';
import { blobId, readObjects } from './objects.js';
import type { ObjectContent } from './objects.js';
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
  readonly facts: (commit: string) => Promise<CommitFacts>;
  readonly learn: (commit: string, facts: CommitFacts) => void;
}

const remembered = 4;

export function historyOf(context: GitContext): History {
  const known = new Map<string, CommitFacts>();
  const learn = (commit: string, facts: CommitFacts) => {
    known.delete(commit);
    known.set(commit, facts);
    const oldest = known.keys().next();
    if (known.size > remembered && oldest.done !== true) known.delete(oldest.value);
  };
  const facts = async (commit: string) => {
    const cached = known.get(commit);
    if (cached !== undefined) return cached;
    const [tree, [object]] = await Promise.all([listTree(context, commit), readObjects(context, [commit])]);
    const { files, others } = tree;
    const found = { files, others, seconds: committerSeconds(context, commit, object) };
    learn(commit, found);
    return found;
  };
  return { facts, learn };
}

function committerSeconds(context: GitContext, id: string, object: ObjectContent | undefined): number {
  const header = object?.bytes.toString('utf8').split('\n\n', 1)[0] ?? '';
  const seconds = /^committer .* (\d+) [-+]\d{4}$/m.exec(header)?.[1];
  if (seconds === undefined) throw damaged(context.workTree, `${id} is no commit`);
  return Number(seconds);
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
