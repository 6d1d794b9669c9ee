import { join } from 'node:path';
import type { Server } from 'node:http';
import { startDaemon } from '../reconciler/daemon/daemon.js';
import type { Log } from '../reconciler/daemon/logger.js';
import { removePresence, writePresence } from '../reconciler/presence.js';
import { daemonLockPath } from '../reconciler/records/presence.js';
import { inboxPath, viewState } from '../reconciler/state-dir.js';
import { writeAtomic } from '../state/files.js';
import { tryLock } from '../state/lock.js';
import { systemClock } from '../watch/clock.js';
import { startConfigWatch } from '../watch/config-watch.js';
import { listen } from './listen.js';
import type { ListenAddress } from './listen.js';
import { createMetrics } from './metrics.js';
import { ownerOfNewest } from './operator.js';
import type { Settings } from './settings.js';
import { stopInTurn } from './stop.js';
import { notifySystemd } from './systemd.js';

export interface ServeOptions {
  readonly settings: Settings;
  readonly log: Log;
  readonly engineVersion: string;
  readonly env: NodeJS.ProcessEnv;
  /** What others are told who wait for the lock. */
  readonly command: string;
  /** Where to serve metrics and health; undefined for nowhere. */
  readonly listen?: ListenAddress;
}

/** How long one attempt waits for another writer; the next pass tries again. */
const lockTimeoutMs = 30_000;

const lockedExitCode = 75;

/**
 * Watches and reconciles until SIGTERM or SIGINT, and returns the exit code: 0 after a first one, which lets a commit
 * under way finish; a second one ends the process at once with 130 or 143. SIGHUP looks again. A second daemon on the
 * same state directory ends with 75.
 */
export async function serve(options: ServeOptions): Promise<number> {
  const { settings, log, command } = options;
  const dir = settings.state.path;
  const view = await viewState(settings.state);
  if (!view.ok) {
    log('error', view.failure.message, { hint: view.failure.hint });
    return 1;
  }
  const lock = await tryLock(daemonLockPath(dir), { command });
  if (!lock.ok) {
    log('error', lock.failure.message);
    return lockedExitCode;
  }
  try {
    await serveAlone(options);
    return 0;
  } finally {
    await removePresence(dir);
    await lock.value.release();
  }
}

async function serveAlone({
  settings,
  log,
  engineVersion,
  env,
  command,
  listen: address,
}: ServeOptions): Promise<void> {
  const dir = settings.state.path;
  const startedAt = systemClock.now();
  const metrics = createMetrics(engineVersion);
  let ready = false;
  const daemon = startDaemon({
    ...settings,
    engineVersion,
    operator: ownerOfNewest,
    clock: systemClock,
    lockTimeoutMs,
    command,
    log,
    onPass: report => {
      ready = report.config.startup !== undefined;
      metrics.observe(report);
      void keep('metrics', writeMetrics);
    },
  });
  const { config } = settings;
  const watch = startConfigWatch({
    path: config.path,
    ignore: [dir],
    also: [...(config.pluginDir === undefined ? [] : [config.pluginDir]), ...config.schemaFiles],
    clock: systemClock,
    onLook: reason => {
      log('debug', 'looking', { reason });
      daemon.look(reason === 'change' ? 'change' : 'rescan');
      void keep('presence', () => tellPresence());
    },
  });
  const inbox = startConfigWatch({
    path: inboxPath(dir),
    ignore: [],
    clock: systemClock,
    onLook: reason => {
      daemon.look(reason === 'change' ? 'change' : 'rescan');
    },
  });
  let told = '';
  let lookedAt: number | undefined;

  /** Says on disk what is new about the daemon itself. */
  async function tellPresence(): Promise<void> {
    const health = watch.health();
    const gist = JSON.stringify([health, lookedAt]);
    if (gist === told) return;
    told = gist;
    await writePresence(dir, {
      pid: process.pid,
      startedAt,
      watch: health,
      ...(lookedAt === undefined ? {} : { lookedAt }),
    });
  }

  async function writeMetrics(): Promise<void> {
    await writeAtomic(join(dir, 'run', 'metrics.prom'), await metrics.text());
  }

  /** What is only told about must not end the daemon. */
  async function keep(what: string, write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      log('warn', `the ${what} cannot be written`, {
        error: error instanceof Error ? error.message : String(error),
      });
    }
  }

  const stopped = new Promise<void>(resolve => {
    stopInTurn(resolve);
  });
  process.on('SIGHUP', () => {
    log('info', 'looking again, as SIGHUP asks');
    daemon.mend();
    void daemon.idle().then(() => {
      lookedAt = systemClock.now();
      return keep('presence', tellPresence);
    });
  });
  log('info', 'routerd starts', { config: config.path, state: dir, version: engineVersion });
  daemon.look();
  await Promise.all([watch.ready, inbox.ready]);
  daemon.look();
  await daemon.idle();
  await keep('presence', tellPresence);
  const server: Server | undefined =
    address === undefined ? undefined : await listen(address, { metrics: metrics.text, ready: () => ready });
  const systemd = notifySystemd(env, log);
  await stopped;
  log('info', 'routerd stops');
  systemd.stopping();
  server?.close();
  await Promise.all([watch.close(), inbox.close()]);
  await daemon.stop();
}
