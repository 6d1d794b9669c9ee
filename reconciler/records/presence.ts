import { timeOf } from '../../protocol/pick.js';
import { join } from 'node:path';
import { apiVersions, isMap } from '../../protocol/resource.js';
import type { Value } from '../../protocol/resource.js';
import { formatTime } from '../../protocol/time.js';
import type { Instant } from '../../protocol/time.js';
import type { WatchHealth } from '../../watch/health.js';

/** What a running daemon says about itself in `run/daemon.yaml`; whether it runs is what `run/daemon.lock` tells. */
export interface Presence {
  readonly pid: number;
  readonly startedAt: Instant;
  /** When the last look that somebody asked for (SIGHUP) had come to its end. */
  readonly lookedAt?: Instant;
  readonly watch: WatchHealth;
}

export const presencePath = (dir: string): string => join(dir, 'run', 'daemon.yaml');
export const daemonLockPath = (dir: string): string => join(dir, 'run', 'daemon.lock');

export function encodePresence({ pid, startedAt, lookedAt, watch }: Presence): Value {
  return {
    apiVersion: apiVersions.state,
    kind: 'Daemon',
    pid,
    startedAt: formatTime(startedAt),
    ...(lookedAt === undefined ? {} : { lookedAt: formatTime(lookedAt) }),
    watch: {
      status: watch.status,
      reason: watch.reason,
      message: watch.message,
      since: formatTime(watch.since),
    },
  };
}

/** Reads what encodePresence wrote. */
export function decodePresence(document: Value): Presence | undefined {
  if (!isMap(document) || document['kind'] !== 'Daemon') return undefined;
  const { pid, watch } = document;
  const startedAt = timeOf(document['startedAt']);
  const since = isMap(watch) ? timeOf(watch['since']) : undefined;
  if (typeof pid !== 'number' || startedAt === undefined || !isMap(watch) || since === undefined)
    return undefined;
  const lookedAt = timeOf(document['lookedAt']);
  return {
    pid,
    startedAt,
    ...(lookedAt === undefined ? {} : { lookedAt }),
    watch: { ...(watch as unknown as WatchHealth), since },
  };
}
