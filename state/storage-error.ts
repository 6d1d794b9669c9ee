import { statfsSync } from 'node:fs';
import { printable } from '../protocol/text.js';
import { errnoOf } from './errno.js';

/** What failed: `operation` completes "cannot … PATH" (`write`, `append to`, `lock`). */
export interface StorageFacts {
  readonly path: string;
  readonly operation: string;
  /** The system's code (`ENOSPC`, `EROFS`, …) or one of ours: `ENOTREG`, `ECHANGED`, `EGIT`, `EMISSING`, `EDAMAGED`. */
  readonly code: string;
  /** Words that replace the ones for the code. */
  readonly detail?: string;
}

/** The disk, or a program that works on it, refused. The message is one plain sentence and names the path. */
export class StorageError extends Error {
  override readonly name: string = 'StorageError';
  readonly path: string;
  readonly operation: string;
  readonly code: string;
  /** The part of the message that says what is wrong. */
  readonly words: string;

  constructor(facts: StorageFacts, options?: ErrorOptions) {
    const words = facts.detail ?? codeText(facts.code, facts.path);
    super(`cannot ${facts.operation} ${printable(facts.path)}: ${words}`, options);
    this.path = facts.path;
    this.operation = facts.operation;
    this.code = facts.code;
    this.words = words;
  }
}

/**
 * Runs `body` and, where it fails because the repository cannot be read, names the command that mends one. git says
 * nothing that tells damage from other trouble, so that command finds out itself.
 */
export async function namingRepair<T>(path: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof StorageError) || !['EDAMAGED', 'EGIT'].includes(error.code)) throw error;
    const { operation, code, words } = error;
    throw new StorageError(
      { path: error.path, operation, code, detail: `${words}; ${repairHint(path)}` },
      { cause: error },
    );
  }
}

/** What to do about a repository that may be damaged. */
export function repairHint(path: string): string {
  return `to see whether the repository is damaged, and to go back to the newest generation that can be read: routerctl repair --state '${printable(path)}'`;
}

/** Runs `body` and turns the error of a failed system call into a StorageError about `path`. */
export async function storing<T>(operation: string, path: string, body: () => T | Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    const code = errnoOf(error);
    if (code === undefined || error instanceof StorageError) throw error;
    throw new StorageError({ path, operation, code }, { cause: error });
  }
}

/** What the code of a failed system call means, in words that an operator can act upon. */
export function codeText(code: string, path: string): string {
  switch (code) {
    case 'ENOSPC':
      return `no space or inodes left on the file system of ${printable(path)}${freeText(path)}`;
    case 'EDQUOT':
      return `the disk quota on the file system of ${printable(path)} is used up`;
    case 'EROFS':
      return 'the file system is mounted read-only';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'ENOENT':
      return 'it, or the folder that it should be in, does not exist';
    case 'EEXIST':
      return 'it exists already';
    case 'ENOTDIR':
      return 'it, or a part of its path, is not a directory';
    case 'EISDIR':
      return 'it is a directory';
    case 'ELOOP':
      return 'it is a symbolic link';
    case 'ENAMETOOLONG':
      return 'its name is too long for the file system';
    case 'EIO':
      return 'the device reported an input/output error';
    case 'EMFILE':
    case 'ENFILE':
      return 'too many files are open';
    case 'ENXIO': // what opening a socket, or a FIFO for writing, gives
    case 'ENOTREG':
      return 'it is not a regular file';
    case 'EFBIG':
      return 'it is too large';
    case 'ECHANGED':
      return 'it kept changing while it was read';
    default:
      return `the system said ${code}`;
  }
}

/** A disk can be out of inodes while it has plenty of bytes, so both are named. */
function freeText(path: string): string {
  for (let at = path; ; at = at.slice(0, Math.max(at.lastIndexOf('/'), 1))) {
    try {
      const { bavail, bsize, ffree } = statfsSync(at);
      return ` (${bavail * bsize} bytes and ${ffree} inodes free)`;
    } catch {
      if (at.length <= 1 || !at.startsWith('/')) return '';
    }
  }
}
