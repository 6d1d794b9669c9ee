import { constants } from 'node:fs';
import { chmod, lstat, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fail, ok } from '../protocol/result.js';
import type { Result } from '../protocol/result.js';
import { durationText } from '../protocol/duration.js';
import { printable } from '../protocol/text.js';
import { errnoOf } from './errno.js';
import { ensureDir } from './files.js';
import { lockOpenFile, startHelper } from './lock-helper.js';
import type { Helper } from './lock-helper.js';
import { holderPath, holderText, readHolder, thisHolder, writeHolder } from './lock-holder.js';
import type { Holder } from './lock-holder.js';
import { StorageError, storing } from './storage-error.js';

/** A lock that this process holds until `release`, or until the process ends in any way. */
export interface Lock {
  readonly path: string;
  /** Aborted when the lock was lost without `release`: whoever writes under it must stop at once. */
  readonly lost: AbortSignal;
  /** Gives the lock back; once it resolves, another process can take it. Calling it again does nothing. */
  readonly release: () => Promise<void>;
}

/** Somebody else holds the lock. `holder` is what they wrote about themselves, where they got that far. */
export interface LockBusy {
  readonly path: string;
  readonly holder?: Holder;
  /** One line that names the lock and who has it. */
  readonly message: string;
}

export interface LockOptions {
  /** How long to wait for another holder; 0 looks once. */
  readonly timeoutMs: number;
  /** What the others are told about us. */
  readonly holder: { readonly command: string };
  /** Gives up the wait. */
  readonly signal?: AbortSignal;
}

/**
 * Takes the exclusive lock on the file `path`, which is made (0600, its folder 0700) if it is missing and never
 * removed. The kernel keeps the lock (`flock(2)`) for a small helper process that ends when ours does, so it cannot go
 * stale and no clock is involved. Rejects with StorageError where flock(1) is missing or the file cannot be opened.
 */
export async function acquireLock(path: string, options: LockOptions): Promise<Result<Lock, LockBusy>> {
  await makeLockFile(path);
  const outcome = await startHelper(path, options.timeoutMs, options.signal);
  if (outcome === undefined) return fail(await busy(path, options.timeoutMs));
  try {
    await writeHolder(path, thisHolder(options.holder.command));
  } catch (error) {
    await outcome.stop();
    throw error;
  }
  return ok(heldLock(path, outcome));
}

/** `acquireLock` without waiting: for locks that are held as long as a plugin runs. */
export function tryLock(path: string, holder: { readonly command: string }): Promise<Result<Lock, LockBusy>> {
  return acquireLock(path, { timeoutMs: 0, holder });
}

/** A lock that a child can keep: it is free once this process and everyone with the descriptor have closed it. */
export interface SharedLock {
  readonly fd: number;
  /** Closes the descriptor here. */
  readonly release: () => Promise<void>;
}

/** Takes the exclusive lock on `path` without waiting, so that a child which outlives this process goes on holding it. */
export async function tryLockForChild(
  path: string,
  holder: { readonly command: string },
): Promise<Result<SharedLock, LockBusy>> {
  await makeLockFile(path);
  const handle = await storing('lock', path, () => open(path, constants.O_RDWR | constants.O_NOFOLLOW));
  try {
    if (!(await lockOpenFile(path, handle, '-x'))) {
      await handle.close();
      return fail(await busy(path, 0));
    }
    await writeHolder(path, thisHolder(holder.command));
  } catch (error) {
    await handle.close();
    throw error;
  }
  const release = async () => {
    await unlink(holderPath(path)).catch(() => undefined);
    await handle.close();
  };
  return ok({ fd: handle.fd, release });
}

function heldLock(path: string, helper: Helper): Lock {
  let released: Promise<void> | undefined;
  const release = async () => {
    if (!helper.lost.aborted) await unlink(holderPath(path)).catch(() => undefined);
    await helper.stop();
  };
  return { path, lost: helper.lost, release: () => (released ??= release()) };
}

async function makeLockFile(path: string): Promise<void> {
  await ensureDir(dirname(path));
  await storing('lock', path, async () => {
    const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    try {
      const handle = await open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
      await handle.close();
      await chmod(path, 0o600);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
      // flock(1) would follow a link and lock a folder as well.
      if (!(await lstat(path)).isFile()) throw new StorageError({ path, operation: 'lock', code: 'ENOTREG' });
    }
  });
}

async function busy(path: string, timeoutMs: number): Promise<LockBusy> {
  const holder = await readHolder(path);
  const waited = timeoutMs > 0 ? ` after waiting ${durationText(timeoutMs)}` : '';
  const by = holder === undefined ? 'another process' : holderText(holder);
  const message = `${printable(path)} is held by ${by}${waited}`;
  return { path, message, ...(holder === undefined ? {} : { holder }) };
}
