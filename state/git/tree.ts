import { join } from 'node:path';
import type { GitContext } from './environment.js';
import { damaged } from './git-error.js';
import { assertObjectId, isObjectId } from './names.js';
import { git } from './run.js';

/** The files of a tree: path → blob id. */
export type Listing = ReadonlyMap<string, string>;

export interface Tree {
  readonly files: Listing;
  /** Paths that are no plain file: links, submodules, executables. routerd writes none. */
  readonly others: readonly string[];
  /** Ids of the trees below the root. */
  readonly trees: readonly string[];
}

const plainFile = '100644';

/** Everything that a commit or tree holds, in one process. */
export async function listTree(context: GitContext, id: string): Promise<Tree> {
  assertObjectId(id);
  const output = await git(context, { args: ['ls-tree', '-r', '-t', '-z', '--full-tree', id] });
  const files = new Map<string, string>();
  const others: string[] = [];
  const trees: string[] = [];
  for (const record of output.split('\0')) {
    if (record === '') continue;
    const match = /^(\d{6}) (blob|tree|commit) ([0-9a-f]{40})\t(.+)$/s.exec(record);
    if (match === null) throw damaged(context.workTree, `git ls-tree answered ${record}`);
    const [, mode = '', type = '', object = '', path = ''] = match;
    if (type === 'tree') trees.push(object);
    else if (mode === plainFile) files.set(path, object);
    else others.push(path);
  }
  return { files, others, trees };
}

export function sameListing(a: Listing, b: Listing): boolean {
  if (a.size !== b.size) return false;
  for (const [path, id] of a) if (b.get(path) !== id) return false;
  return true;
}

/**
 * Writes the tree objects for `files` through an index in `scratch`; the blobs must be there. `update-index` drops what
 * it dislikes without a failure, so the tree is read back and must be the intended one.
 */
export async function writeTree(
  context: GitContext,
  scratch: string,
  files: Listing,
): Promise<{ root: string; trees: readonly string[] }> {
  const env = { GIT_INDEX_FILE: join(scratch, 'index') };
  if (files.size > 0) {
    await git(context, {
      args: ['update-index', '--verbose', '-z', '--index-info'],
      stdin: indexLines(files),
      env,
    });
  }
  const root = (await git(context, { args: ['write-tree'], env })).trimEnd();
  if (!isObjectId(root)) throw damaged(context.workTree, 'git write-tree printed no object id');
  const written = await listTree(context, root);
  if (written.others.length > 0 || !sameListing(written.files, files)) {
    throw damaged(context.workTree, 'git wrote another tree than the intended one');
  }
  return { root, trees: written.trees };
}

/** Entries as `git update-index -z --index-info` reads them; an entry without id takes the path out. */
export function indexLines(files: Iterable<readonly [path: string, id: string | undefined]>): string {
  let lines = '';
  for (const [path, id] of files) {
    lines += id === undefined ? `0 ${'0'.repeat(40)}\t${path}\0` : `${plainFile} ${id}\t${path}\0`;
  }
  return lines;
}
