import { fail } from '../protocol/result.js';
import type { Result } from '../protocol/result.js';
import { acquireLock } from '../state/lock.js';
import type { LockBusy } from '../state/lock.js';
import type { PassOptions } from './pass-options.js';
import { lockPath } from './state-dir.js';

export type LockOptions = Pick<PassOptions, 'state' | 'lockTimeoutMs' | 'command' | 'signal'>;

/** Works under the writer lock of the state directory. `lost` is aborted when the lock goes before the work is done. */
export async function withStateLock<T, F>(
  { state, lockTimeoutMs, command, signal }: LockOptions,
  work: (lost: AbortSignal) => Promise<Result<T, F>>,
): Promise<Result<T, F | { readonly kind: 'locked'; readonly busy: LockBusy }>> {
  const lock = await acquireLock(lockPath(state.path), {
    timeoutMs: lockTimeoutMs,
    holder: { command },
    ...(signal === undefined ? {} : { signal }),
  });
  if (!lock.ok) return fail({ kind: 'locked', busy: lock.failure });
  try {
    return await work(lock.value.lost);
  } finally {
    await lock.value.release();
  }
}
