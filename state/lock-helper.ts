import { ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { Socket } from 'node:net';
import type { FileHandle } from 'node:fs/promises';
import { oneLine } from '../protocol/text.js';
import { errnoOf } from './errno.js';
import { findProgram, searchPathOf } from './program.js';
import { StorageError } from './storage-error.js';

/** A running flock(1) that has the lock. */
export interface Helper {
  /** Aborted when it ended by itself. */
  readonly lost: AbortSignal;
  /** Ends it and resolves when the lock is free. */
  readonly stop: () => Promise<void>;
}

/** Says that the lock is there, then waits for the end of its input, which comes when our process ends in any way. */
const holdScript = 'echo L; read -r _';

/**
 * Starts the helper and resolves when it has the lock; undefined where another holder has it and `timeoutMs` is over.
 * Only what flock of util-linux and of busybox have in common is used, so the wait is bounded by our own timer. The
 * helper leads a process group of its own: an interrupt typed at the terminal must not take the lock away.
 */
export async function startHelper(
  path: string,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Helper | undefined> {
  const flock = flockProgram(path);
  const mode = timeoutMs > 0 ? ['-x'] : ['-x', '-n'];
  const child = spawn(flock, [...mode, path, '/bin/sh', '-c', holdScript], {
    cwd: '/',
    detached: true,
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = endOf(child);
  child.stdin.on('error', () => undefined); // the pipe breaks when the helper is killed
  const complaint = collectText(child.stderr);
  const announced = new Promise<'locked'>(resolve => {
    child.stdout.once('data', () => {
      resolve('locked');
    });
  });
  const stopWaiting = waitLimit(timeoutMs, signal);
  const first = await Promise.race([announced, ended, stopWaiting.over]);
  stopWaiting.cancel();
  if (first === 'locked') return heldBy(child, ended);
  killGroup(child);
  const end = await ended;
  if (first === 'over') return undefined;
  // Both kinds of flock end with code 1 and say nothing when -n finds the lock taken.
  if (end.code === 1 && complaint() === '') return undefined;
  throw helperError(path, end, complaint());
}

/**
 * Whether the lock file at `path` is held by anyone, found out without creating or writing anything: the file is opened
 * for reading, and a file that is not there is free. Looking takes a shared lock for a moment.
 */
export async function isLocked(path: string): Promise<boolean> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch (error) {
    const code = errnoOf(error) ?? 'EIO';
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw new StorageError({ path, operation: 'look at the lock', code }, { cause: error });
  }
  try {
    return !(await lockOpenFile(path, handle, '-s'));
  } finally {
    await handle.close(); // the lock belongs to the open file, so this gives it back
  }
}

/**
 * Locks a file that is open here, shared or exclusively, if nobody else has it; says whether it did. The lock belongs to
 * the open file and not to a process: it lasts until everyone to whom the descriptor was handed has closed it.
 */
export async function lockOpenFile(path: string, handle: FileHandle, mode: '-s' | '-x'): Promise<boolean> {
  const flock = flockProgram(path);
  const child = spawn(flock, [mode, '-n', '3'], {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'pipe', handle.fd],
  });
  const complaint = collectText(child.stderr);
  const end = await endOf(child);
  if (end.code === 0) return true;
  if (end.code === 1 && complaint() === '') return false;
  throw helperError(path, end, complaint());
}

interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error?: Error;
}

function endOf(child: ChildProcess): Promise<End> {
  return new Promise(resolve => {
    child.once('error', error => {
      resolve({ code: null, signal: null, error });
    });
    child.once('close', (code, signal) => {
      resolve({ code, signal });
    });
  });
}

function heldBy(child: ChildProcess, ended: Promise<End>): Helper {
  const lost = new AbortController();
  let stopping = false;
  void ended.then(() => {
    if (!stopping) lost.abort(new Error('the process that keeps the lock has ended'));
  });
  // A lock that somebody forgot to give back must not keep the process alive, as its end frees the lock anyway.
  setAlive(child, false);
  const stop = async () => {
    stopping = true;
    setAlive(child, true);
    child.stdin?.end();
    await ended;
  };
  return { lost: lost.signal, stop };
}

/** Whether the helper and its pipes keep the event loop going. */
function setAlive(child: ChildProcess, alive: boolean): void {
  for (const handle of [child, ...child.stdio]) {
    if (!(handle instanceof Socket || handle instanceof ChildProcess)) continue;
    if (alive) handle.ref();
    else handle.unref();
  }
}

function waitLimit(timeoutMs: number, signal: AbortSignal | undefined) {
  let timer: NodeJS.Timeout | undefined;
  let abort: () => void = () => undefined;
  const over = new Promise<'over'>(resolve => {
    abort = () => {
      resolve('over');
    };
    if (timeoutMs > 0) timer = setTimeout(abort, Math.min(timeoutMs, 2 ** 31 - 1));
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted === true) abort();
  });
  const cancel = () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  };
  return { over, cancel };
}

/** flock and the shell that it starts: killing flock alone would leave the shell holding the lock. */
function killGroup(child: ChildProcess): void {
  child.stdin?.destroy();
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

function collectText(stream: NodeJS.ReadableStream | null): () => string {
  let text = '';
  stream?.on('data', (chunk: Buffer) => {
    if (text.length < 1_000) text += chunk.toString('utf8');
  });
  return () => text.trim();
}

function flockProgram(path: string): string {
  const found = findProgram('flock', searchPathOf(process.env['PATH']));
  if (found !== undefined) return found;
  const detail = 'there is no program flock in PATH; install util-linux or busybox';
  throw new StorageError({ path, operation: 'lock', code: 'EMISSING', detail });
}

function helperError(path: string, end: End, complaint: string): StorageError {
  const how =
    end.code === null ? `was ended by ${end.signal ?? 'the system'}` : `ended with code ${end.code}`;
  const words = end.error?.message ?? complaint;
  const detail = `flock ${how}${words === '' ? '' : `: ${oneLine(words)}`}`;
  return new StorageError({ path, operation: 'lock', code: 'EFLOCK', detail });
}
