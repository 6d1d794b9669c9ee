import { startDaemon } from '../reconciler/daemon/daemon.js';
import type { Log } from '../reconciler/daemon/logger.js';
import { systemClock } from '../watch/clock.js';
import { startConfigWatch } from '../watch/config-watch.js';
import { killAllChildren } from '../reconciler/plugin/child/process-group.js';
import { operatorName } from './operator.js';
import type { Settings } from './settings.js';
import { notifySystemd } from './systemd.js';

export interface ServeOptions {
  readonly settings: Settings;
  readonly log: Log;
  readonly engineVersion: string;
  readonly env: NodeJS.ProcessEnv;
  /** What others are told who wait for the lock. */
  readonly command: string;
}

/** How long one attempt waits for another writer; the next pass tries again. */
const lockTimeoutMs = 30_000;

/**
 * Watches and reconciles until SIGTERM or SIGINT, and returns the exit code: 0 after a first one, which lets a commit
 * under way finish; a second one ends the process at once with 130 or 143. SIGHUP looks again.
 */
export async function serve({ settings, log, engineVersion, env, command }: ServeOptions): Promise<number> {
  const daemon = startDaemon({
    ...settings,
    engineVersion,
    operator: operatorName(env),
    clock: systemClock,
    lockTimeoutMs,
    command,
    log,
  });
  const { config } = settings;
  const watch = startConfigWatch({
    path: config.path,
    ignore: [settings.state.path],
    also: [...(config.pluginDir === undefined ? [] : [config.pluginDir]), ...config.schemaFiles],
    clock: systemClock,
    onLook: reason => {
      log('debug', 'looking', { reason });
      daemon.look();
    },
  });
  const stopped = new Promise<void>(resolve => {
    onStopSignals(resolve);
  });
  process.on('SIGHUP', () => {
    log('info', 'looking again, as SIGHUP asks');
    daemon.look();
  });
  log('info', 'routerd starts', { config: config.path, state: settings.state.path, version: engineVersion });
  daemon.look();
  await watch.ready;
  const systemd = notifySystemd(env, log);
  await stopped;
  log('info', 'routerd stops');
  systemd.stopping();
  await watch.close();
  await daemon.stop();
  return 0;
}

function onStopSignals(stop: () => void): void {
  let asked = false;
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(signal, () => {
      if (asked) {
        killAllChildren();
        process.exit(code);
      }
      asked = true;
      stop();
    });
  }
}
