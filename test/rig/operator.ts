import { releaseQuarantine } from '../../reconciler/control/release.js';
import { rollback } from '../../reconciler/control/rollback.js';
import { resume, suspend } from '../../reconciler/control/suspend.js';
import type { OpenOptions } from '../../reconciler/open-state.js';
import type { PassReport } from '../../reconciler/report.js';
import type { DaemonRig } from './daemon-rig.js';
import { must, searchPath } from './store.js';

/** What commands of an operator share, at the time of the rig. */
function command(rig: DaemonRig): OpenOptions {
  return {
    config: { path: rig.config, stateDir: rig.state, schemaFiles: [] },
    state: { path: rig.state, searchPath },
    clock: () => rig.clock.now(),
    lockTimeoutMs: 10_000,
    command: 'test',
  };
}

/** `routerctl rollback --to N` beside the daemon. */
export async function rollBack(rig: DaemonRig, to: number): Promise<PassReport> {
  const order = { to, operator: 'alice', message: '', dryRun: false, engineVersion: '0.0.0' };
  return must(await rollback({ ...command(rig), ...order }));
}

/** `routerctl quarantine release`. */
export async function release(rig: DaemonRig): Promise<void> {
  must(must(await releaseQuarantine({ ...command(rig), digest: undefined, by: 'alice', message: '' })));
}

/** `routerctl suspend TARGET`, with the look that it asks the daemon for. */
export async function suspendFor(rig: DaemonRig, target: string, forMs: number): Promise<void> {
  must(must(await suspend({ ...command(rig), target, forMs, by: 'alice', reason: 'maintenance' })));
  await rig.look();
}

/** `routerctl resume TARGET`, with the look that it asks the daemon for. */
export async function resumeNow(rig: DaemonRig, target: string): Promise<void> {
  must(must(await resume({ ...command(rig), target, by: 'alice', message: '' })));
  await rig.look();
}
