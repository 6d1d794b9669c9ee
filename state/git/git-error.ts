import { oneLine, printable } from '../../protocol/text.js';
import { durationText } from '../../protocol/duration.js';
import { StorageError, codeText } from '../storage-error.js';

/** How a call of git ended that did not end well. */
export interface GitEnd {
  /** The git command, such as `commit-tree`. */
  readonly command: string;
  /** The work tree. */
  readonly path: string;
  /** Null where a signal ended it; undefined where it never started or never ended. */
  readonly exitCode: number | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** Set where the call was ended because it took this long. */
  readonly timedOutMs?: number;
  /** Set where the program could not be started. */
  readonly notStarted?: string;
}

/**
 * A call of git failed. `code` is the system's where git names one (`ENOSPC`, `EROFS`, `EACCES`), `ELOCKED` for a lock
 * file in the way, `ETIMEDOUT`, `EKILLED` for a signal, else `EGIT`. What such a call was to change may have happened
 * all the same, so read the refs again.
 */
export class GitError extends StorageError {
  override readonly name = 'GitError';
  readonly end: GitEnd;

  constructor(end: GitEnd) {
    const code = codeOf(end);
    super({ path: end.path, operation: `run git ${end.command} in`, code, detail: detailOf(end, code) });
    this.end = end;
  }
}

const codes: readonly (readonly [RegExp, string])[] = [
  [/No space left on device/, 'ENOSPC'],
  [/Disk quota exceeded/, 'EDQUOT'],
  [/Read-only file system/, 'EROFS'],
  [/Permission denied|Operation not permitted/, 'EACCES'],
  [/\.lock': File exists/, 'ELOCKED'],
  [/Input\/output error/, 'EIO'],
  [/Too many open files/, 'EMFILE'],
];

function codeOf(end: GitEnd): string {
  if (end.notStarted !== undefined) return 'ENOEXEC';
  if (end.timedOutMs !== undefined) return 'ETIMEDOUT';
  if (end.exitCode === null) return 'EKILLED';
  return codes.find(([pattern]) => pattern.test(end.stderr))?.[1] ?? 'EGIT';
}

function detailOf(end: GitEnd, code: string): string {
  if (end.notStarted !== undefined) return `git could not be started: ${oneLine(end.notStarted)}`;
  if (end.timedOutMs !== undefined)
    return `it was ended after ${durationText(end.timedOutMs)} without an answer`;
  const said = end.stderr.trim() === '' ? '' : ` (git said: ${oneLine(end.stderr, 500)})`;
  if (end.exitCode === null) return `git was ended by a signal${said}`;
  if (code === 'ELOCKED') return `a lock file is in the way${said}`;
  if (code === 'EGIT') return `git ended with code ${end.exitCode ?? 'unknown'}${said}`;
  return `${codeText(code, end.path)}${said}`;
}

/** The repository does not hold what it must, or git answered with something that no git would. */
export function damaged(path: string, detail: string): StorageError {
  return new StorageError({
    path,
    operation: 'use the repository in',
    code: 'EDAMAGED',
    detail: printable(detail),
  });
}
