import { spawn } from 'node:child_process';
import type { Log } from '../reconciler/daemon/logger.js';

export interface Systemd {
  /** Says that the service is going down, and ends the watchdog's pings. */
  stopping(): void;
}

/**
 * Tells systemd READY, and pings its watchdog at half the time that it asks for (sd_notify(3)). Node cannot open the
 * datagram socket that systemd listens on, so `systemd-notify` does it: the unit needs NotifyAccess=all. Does nothing
 * where no service manager asks.
 */
export function notifySystemd(env: NodeJS.ProcessEnv, log: Log): Systemd {
  if ((env['NOTIFY_SOCKET'] ?? '') === '') return { stopping: () => undefined };
  const notify = (...words: string[]) => {
    const child = spawn('systemd-notify', [`--pid=${process.pid}`, ...words], { stdio: 'ignore' });
    child.on('error', error => {
      log('warn', 'systemd-notify cannot be run', { error: error.message });
    });
  };
  notify('--ready');
  const watchdogMs = Number(env['WATCHDOG_USEC'] ?? 0) / 1_000;
  const pings =
    watchdogMs > 0
      ? setInterval(() => {
          notify('WATCHDOG=1');
        }, watchdogMs / 2)
      : undefined;
  return {
    stopping() {
      clearInterval(pings);
      notify('STOPPING=1');
    },
  };
}
