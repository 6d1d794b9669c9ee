import { startDaemon } from '../../reconciler/daemon/daemon.js';
import type { Daemon } from '../../reconciler/daemon/daemon.js';
import { searchPathOf } from '../../state/program.js';
import { systemClock } from '../../watch/clock.js';
import type { Workspace } from './workspace.js';

/** A daemon in this process, without a watch: whoever measures says when to look. */
export interface ResidentDaemon {
  /** One look, to its end; plugins may be running after it. */
  readonly pass: () => Promise<void>;
  /** Looks until nothing runs any more. */
  readonly settle: () => Promise<void>;
  /** Commits so far. */
  readonly commits: () => number;
  readonly stop: () => Promise<void>;
}

export async function residentDaemon({ config, state }: Workspace): Promise<ResidentDaemon> {
  let commits = 0;
  let running = 0;
  const daemon: Daemon = startDaemon({
    config: { path: config, stateDir: state, schemaFiles: [] },
    state: { path: state, searchPath: searchPathOf(process.env['PATH']) },
    engineVersion: 'bench',
    operator: 'bench',
    command: 'bench',
    lockTimeoutMs: 30_000,
    clock: systemClock,
    log: (level, message) => {
      if (level === 'error') throw new Error(message);
    },
    onPass(report) {
      if (report.commit !== undefined) commits++;
      running = report.plugins.filter(({ outcome }) => outcome === 'running').length;
    },
  });
  const pass = async (): Promise<void> => {
    daemon.look();
    await daemon.idle();
  };
  const settle = async (): Promise<void> => {
    do {
      await pass();
      await new Promise(resolve => setTimeout(resolve, 20));
    } while (running > 0);
  };
  await settle();
  return { pass, settle, commits: () => commits, stop: () => daemon.stop() };
}
