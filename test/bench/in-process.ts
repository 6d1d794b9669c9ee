import { startDaemon } from '../../reconciler/daemon/daemon.js';
import type { Daemon } from '../../reconciler/daemon/daemon.js';
import type { PassReport } from '../../reconciler/report.js';
import { searchPathOf } from '../../state/program.js';
import { systemClock } from '../../watch/clock.js';
import type { Workspace } from './workspace.js';

/** A daemon in this process, without a watch: whoever measures says when to look. */
export interface ResidentDaemon {
  /** One look after a hint, to its end; plugins may be running after it. */
  readonly hint: () => Promise<void>;
  /** From a hint until a pass has written something that `wanted` is about. */
  readonly until: (wanted: (report: PassReport) => boolean) => Promise<void>;
  /** Lets the time of day go on, without telling the daemon. */
  readonly advance: (ms: number) => void;
  /** Until nothing runs and nothing is left to do. */
  readonly rest: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export async function residentDaemon({ config, state }: Workspace): Promise<ResidentDaemon> {
  let waiting: { readonly wanted: (report: PassReport) => boolean; readonly done: () => void } | undefined;
  let running = 0;
  let ahead = 0;
  const daemon: Daemon = startDaemon({
    config: { path: config, stateDir: state, schemaFiles: [] },
    state: { path: state, searchPath: searchPathOf(process.env['PATH']) },
    engineVersion: 'bench',
    operator: 'bench',
    command: 'bench',
    lockTimeoutMs: 30_000,
    clock: { ...systemClock, now: () => systemClock.now() + ahead },
    log: (level, message) => {
      if (level === 'error') throw new Error(message);
    },
    onPass(report) {
      running = report.plugins.filter(({ outcome }) => outcome === 'running').length;
      if (waiting?.wanted(report) === true) waiting.done();
    },
  });
  const rest = async (): Promise<void> => {
    do {
      daemon.look();
      await daemon.settled();
      await new Promise(resolve => setTimeout(resolve, 20));
    } while (running > 0);
    await daemon.settled();
  };
  await rest();
  return {
    async hint() {
      daemon.look('change');
      await daemon.idle();
    },
    async until(wanted) {
      const written = new Promise<void>(done => {
        waiting = { wanted, done };
      });
      daemon.look('change');
      await written;
      waiting = undefined;
    },
    advance(ms) {
      ahead += ms;
    },
    rest,
    stop: () => daemon.stop(),
  };
}
