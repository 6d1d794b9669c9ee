import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { byCodePoint } from '../../protocol/order.js';
import { ensureDir, readRegular } from '../files.js';
import { StorageError } from '../storage-error.js';
import type { GitContext } from './environment.js';
import type { CommitFacts } from './history.js';
import { isObjectId } from './names.js';
import { objectId } from './objects.js';
import { treesOf } from './tree.js';
import type { Listing } from './tree.js';

/**
 * What HEAD holds, in `run/cache/head.json`, so that a command which only looks needs no git. Nothing in it is believed:
 * the commit's own bytes must have the commit's hash, and the files those of the tree that they name. What is torn, old or
 * edited is as good as not there.
 */
const cachePath = ({ workTree }: GitContext): string => join(workTree, 'run', 'cache', 'head.json');

interface Cached {
  /** The commit object as git hashes it. */
  readonly object: string;
  readonly files: Readonly<Record<string, string>>;
}

export async function readHeadCache(context: GitContext, commit: string): Promise<CommitFacts | undefined> {
  if (context.cache !== 'read') return undefined;
  const cached = await read(cachePath(context));
  if (cached === undefined || objectId('commit', Buffer.from(cached.object)) !== commit) return undefined;
  // In the order of `git ls-tree -r`.
  const files = new Map(Object.entries(cached.files).sort(([a], [b]) => byCodePoint(a, b)));
  const tree = /^tree ([0-9a-f]{40})\n/.exec(cached.object)?.[1];
  const seconds = /^committer .* (\d+) [-+]\d{4}$/m.exec(cached.object)?.[1];
  if (tree === undefined || seconds === undefined || treesOf(files).at(-1)?.id !== tree) return undefined;
  return { files, others: [], seconds: Number(seconds) };
}

/** Writes the cache anew. It is only a cache: what keeps it from being written is no matter. */
export async function writeHeadCache(context: GitContext, object: string, files: Listing): Promise<void> {
  if (context.cache !== 'write') return;
  const path = cachePath(context);
  const cached: Cached = { object, files: Object.fromEntries(files) };
  try {
    await ensureDir(join(context.workTree, 'run', 'cache'));
    await writeFile(`${path}.new`, JSON.stringify(cached), { mode: 0o600 });
    await rename(`${path}.new`, path);
  } catch {
    // The next reader asks git.
  }
}

async function read(path: string): Promise<Cached | undefined> {
  try {
    const { bytes } = await readRegular(path, Number.MAX_SAFE_INTEGER);
    const parsed = JSON.parse(bytes.toString('utf8')) as Partial<Cached> | null;
    const files = parsed?.files;
    if (typeof parsed?.object !== 'string' || typeof files !== 'object') return undefined;
    const sound = Object.values(files).every(id => typeof id === 'string' && isObjectId(id));
    return sound ? { object: parsed.object, files } : undefined;
  } catch (error) {
    if (error instanceof StorageError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
