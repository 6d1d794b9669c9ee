import type { BigIntStats } from 'node:fs';
import type { IndexFile } from './index-file.js';
import type { Listing } from './tree.js';

/** A file at one of our paths, as it stands in the work tree. */
export interface VisibleFile {
  /** Blob id of its content; undefined where it cannot be read or is too large to be ours. */
  readonly id: string | undefined;
  /** From before its content was read. */
  readonly stats: BigIntStats;
}

/** What the state directory holds beside `.git` and `run/`, judged against the names that we know. */
export interface WorkTree {
  /** Regular files at paths that HEAD or the last projection has. */
  readonly files: ReadonlyMap<string, VisibleFile>;
  /** Everything else: foreign files and folders, and what blocks one of our paths. A folder counts as one. */
  readonly extras: readonly string[];
  /** Unfinished writes. */
  readonly leftovers: readonly string[];
  /** Folders of ours whose mode is not 0700. */
  readonly openFolders: readonly string[];
}

export interface KnownPaths {
  /** HEAD's files. */
  readonly head: Listing;
  /** Those of the last projection, as far as that is known. */
  readonly last: Listing | undefined;
  /** Tells which files need not be read. What it says of their content is a person's git's as much as ours. */
  readonly index: IndexFile | undefined;
}

export interface ProjectionPlan {
  /** Paths of HEAD whose content has to be written. */
  readonly write: readonly string[];
  /** Files of the last projection that HEAD lacks. */
  readonly remove: readonly string[];
  /** The same, but changed by somebody: to be kept elsewhere. */
  readonly displaced: readonly string[];
  /** Files and folders that are to be private again. */
  readonly restrict: readonly string[];
  /** What somebody had changed, sorted. */
  readonly drifted: readonly string[];
}

/**
 * What makes the work tree HEAD's. A file has drifted when it has neither the content of the last projection nor
 * HEAD's: one of the two is what a kill in the middle of a projection leaves.
 */
export function planProjection({ head, last }: KnownPaths, found: WorkTree): ProjectionPlan {
  const write: string[] = [];
  const restrict = [...found.openFolders];
  const drifted = new Set(found.openFolders);
  for (const [path, id] of head) {
    const file = found.files.get(path);
    if (file?.id !== id) write.push(path);
    else if (!isPrivate(file)) restrict.push(path);
    const before = last?.get(path);
    const isOurs = file === undefined ? before === undefined : file.id === id || file.id === before;
    if (!isOurs || (file !== undefined && !isPrivate(file))) drifted.add(path);
  }
  const remove: string[] = [];
  const displaced: string[] = [];
  for (const [path, file] of found.files) {
    if (head.has(path)) continue;
    if (file.id !== undefined && file.id === last?.get(path)) remove.push(path);
    else displaced.push(path);
  }
  return { write, remove, displaced, restrict, drifted: [...drifted].sort() };
}

function isPrivate(file: VisibleFile): boolean {
  return (file.stats.mode & 0o777n) === 0o600n;
}

/** Whether one of HEAD's files or folders belongs at `path`. */
export function isPathOfHead(path: string, head: Listing): boolean {
  if (head.has(path)) return true;
  for (const file of head.keys()) if (file.startsWith(`${path}/`)) return true;
  return false;
}
