/** An object id as git prints it in a SHA-1 repository. */
const objectId = /^[0-9a-f]{40}$/;

export const zeroId = '0'.repeat(40);
export const branch = 'refs/heads/main';

export function isObjectId(text: string): boolean {
  return objectId.test(text);
}

/** Throws unless `text` is a whole object id: only those reach git's command line, where others could be options. */
export function assertObjectId(text: string): void {
  if (!isObjectId(text)) throw new Error(`not an object id: ${JSON.stringify(text)}`);
}

/** Top-level name that is never versioned: leases, status, logs, the lock. */
export const runFolder = 'run';

/**
 * Why `path` cannot be the path of a committed file; undefined where it can. git's own plumbing takes `..` and `.git`,
 * or drops a name without a failure, so the rule is here and narrow: each part is 1 to 255 of `A-Z a-z 0-9 . _ - + = @ :`
 * and begins with a letter, a digit or `_`. That leaves out dot files such as `.gitattributes`, which would change how
 * a person's git reads the tree, names that other systems read differently, and everything outside ASCII.
 */
export function treePathProblem(path: string): string | undefined {
  if (path.length > 1_024) return 'it is longer than 1024 characters';
  const parts = path.split('/');
  if (parts[0] === runFolder) return `${runFolder}/ is not versioned`;
  for (const part of parts) {
    if (part === '') return 'it is empty, or begins, ends or is parted with an empty name';
    if (part.length > 255) return 'one of its names is longer than 255 bytes';
    if (!/^[A-Za-z0-9_][A-Za-z0-9._+=@:-]*$/.test(part)) {
      return 'a name begins with something else than a letter, digit or _, or holds other characters than A-Z a-z 0-9 . _ - + = @ :';
    }
  }
  return undefined;
}

/** The first path of a set that cannot be committed, with the reason: a bad name, or a file where a folder is needed. */
export function treeProblem(paths: Iterable<string>): { path: string; reason: string } | undefined {
  const files = new Set(paths);
  for (const path of files) {
    const reason = treePathProblem(path);
    if (reason !== undefined) return { path, reason };
    const blocking = foldersOf(path).find(folder => files.has(folder));
    if (blocking !== undefined) return { path, reason: `${blocking} is a file` };
  }
  return undefined;
}

/** The folders above a path, outermost first: `a/b/c` → `a`, `a/b`. */
export function foldersOf(path: string): string[] {
  const folders: string[] = [];
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) folders.push(path.slice(0, at));
  return folders;
}
