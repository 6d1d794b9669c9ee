import type { GitContext } from './environment.js';
import { damaged } from './git-error.js';
import { assertObjectId } from './names.js';
import { objectId, syncObjects } from './objects.js';
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
const folderMode = '040000';

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
 * Writes the tree objects for `files`, whose blobs may come later, with one process. Their ids are computed here as well,
 * and git must come to the same ones: what it wrote is then what was meant, byte for byte. `git mktree` reads no
 * configuration (2.39), and so not `core.fsync` either: without `syncObjects` a power cut leaves empty trees.
 */
export async function writeTree(
  context: GitContext,
  files: Listing,
): Promise<{ root: string; trees: readonly string[] }> {
  const trees = treesOf(files);
  const written = await git(context, {
    args: ['mktree', '-z', '--batch', '--missing'],
    stdin: trees.map(({ entries }) => `${entries.map(entryLine).join('')}\0`).join(''),
  });
  const ids = trees.map(({ id }) => id);
  const root = ids.pop();
  if (root === undefined || written !== [...ids, root].map(id => `${id}\n`).join('')) {
    throw damaged(context.workTree, 'git wrote another tree than the intended one');
  }
  await syncObjects(context, [...ids, root]);
  return { root, trees: ids };
}

interface TreeEntry {
  readonly name: string;
  readonly type: 'blob' | 'tree';
  readonly id: string;
}

interface TreeObject {
  readonly id: string;
  readonly entries: readonly TreeEntry[];
}

/** As `git mktree -z` reads it. */
function entryLine({ name, type, id }: TreeEntry): string {
  return `${type === 'blob' ? plainFile : folderMode} ${type} ${id}\t${name}\0`;
}

type Folder = Map<string, string | Folder>;

/** The trees that hold exactly these plain files, each after those inside it, the root last; none where no tree can. */
export function treesOf(files: Listing): TreeObject[] {
  const top: Folder = new Map();
  for (const [path, id] of files) {
    const names = path.split('/');
    const leaf = names.pop() ?? '';
    let folder = top;
    for (const name of names) {
      const next = folder.get(name);
      // A file and a folder of one name.
      if (typeof next === 'string') return [];
      const child: Folder = next ?? new Map<string, string | Folder>();
      folder.set(name, child);
      folder = child;
    }
    folder.set(leaf, id);
  }
  const trees: TreeObject[] = [];
  addTree(top, trees);
  return trees;
}

const nothing = Buffer.alloc(0);

function addTree(folder: Folder, trees: TreeObject[]): string {
  const entries = [...folder].map(([name, entry]): TreeEntry =>
    typeof entry === 'string'
      ? { name, type: 'blob', id: entry }
      : { name, type: 'tree', id: addTree(entry, trees) },
  );
  // git orders the entries by their bytes, a folder's name as if it ended with a slash.
  const order = new Map(
    entries.map(entry => [entry, Buffer.from(entry.type === 'tree' ? `${entry.name}/` : entry.name)]),
  );
  entries.sort((a, b) => Buffer.compare(order.get(a) ?? nothing, order.get(b) ?? nothing));
  const content = entries.flatMap(({ name, type, id }) => [
    Buffer.from(`${type === 'blob' ? plainFile : '40000'} ${name}\0`),
    Buffer.from(id, 'hex'),
  ]);
  const id = objectId('tree', Buffer.concat(content));
  trees.push({ id, entries });
  return id;
}

/** Entries as `git update-index -z --index-info` reads them; an entry without id takes the path out. */
export function indexLines(files: Iterable<readonly [path: string, id: string | undefined]>): string {
  let lines = '';
  for (const [path, id] of files) {
    lines += id === undefined ? `0 ${'0'.repeat(40)}\t${path}\0` : `${plainFile} ${id}\t${path}\0`;
  }
  return lines;
}
