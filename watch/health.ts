import type { Instant } from '../protocol/time.js';

/**
 * How well changes are noticed. `ok`: at once. `degraded`: some only by the rescan, which costs time and nothing else.
 * `Waiting`: the path does not exist; its coming is noticed at once.
 */
export interface WatchHealth {
  readonly status: 'ok' | 'degraded';
  readonly reason: WatchReason;
  readonly message: string;
  /** When `status` became what it is. */
  readonly since: Instant;
}

export type WatchReason =
  'Starting' | 'Watching' | 'Waiting' | 'WatchLimit' | 'OpenFileLimit' | 'WatchFailed' | 'WatchIncomplete';

export type Judgement = Omit<WatchHealth, 'since'>;

/** What stands in the way of watching. */
export interface Obstacles {
  /** What failed first, and how much failed after it. */
  readonly failure: { readonly first: unknown; readonly more: number } | undefined;
  /** Reading the folders did not come to an end. */
  readonly incomplete: boolean;
  readonly missing: string | undefined;
}

const still = 'changes that it misses are found by the rescan';

export function judgeWatch({ failure, incomplete, missing }: Obstacles): Judgement {
  if (failure !== undefined) return judgeFailure(failure);
  if (incomplete) {
    const message = `reading the config directory did not come to an end: ${still}`;
    return { status: 'degraded', reason: 'WatchIncomplete', message };
  }
  if (missing !== undefined) {
    return { status: 'ok', reason: 'Waiting', message: `${missing} does not exist; waiting for it` };
  }
  return { status: 'ok', reason: 'Watching', message: 'changes are noticed at once' };
}

function judgeFailure({ first, more }: { first: unknown; more: number }): Judgement {
  const [code, path] = factsOf(first);
  const what = `${path ?? 'a folder'}${more > 0 ? ` and ${more} more` : ''} cannot be watched (${code})`;
  switch (code) {
    case 'ENOSPC':
      return degraded('WatchLimit', `${what}: ${still}; raise fs.inotify.max_user_watches`);
    case 'EMFILE':
    case 'ENFILE':
      return degraded(
        'OpenFileLimit',
        `${what}: ${still}; raise fs.inotify.max_user_instances or the limit of open files`,
      );
    default:
      return degraded('WatchFailed', `${what}: ${still}`);
  }
}

function degraded(reason: WatchReason, message: string): Judgement {
  return { status: 'degraded', reason, message };
}

function factsOf(error: unknown): [code: string, path: string | undefined] {
  if (!(error instanceof Error)) return ['unknown error', undefined];
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return [code, 'path' in error && typeof error.path === 'string' ? error.path : undefined];
}

/** The health after a judgement; `since` moves only with `status`. */
export function healthAfter(before: WatchHealth, judgement: Judgement, now: Instant): WatchHealth {
  return { ...judgement, since: before.status === judgement.status ? before.since : now };
}
