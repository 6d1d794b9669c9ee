import { existsSync, readFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { presencePath } from '../../reconciler/records/presence.js';
import { until } from '../rig/processes.js';
import { root } from '../rig/root.js';
import type { Bench, Row } from './bench.js';
import { command } from './measure.js';
import { makeWorkspace } from './workspace.js';

const at = (program: string) => join(root, `dist/bin/${program}.js`);

/** The flags of the unit file (examples/systemd): a daemon that mostly waits needs no large nursery. */
const flags = ['--max-old-space-size=256', '--max-semi-space-size=2'];

/** Resident memory of a routerd that has started, taken in what its plugins say, and then an edit. */
export const memory: Bench = {
  name: 'memory',
  async run(size) {
    const rows: Row[] = [];
    for (const [resources, plugins, goal] of [
      [100, 1, 80],
      [size === 'full' ? 10_000 : 300, size === 'full' ? 50 : 3, 140],
    ] as const) {
      const workspace = makeWorkspace({ resources, plugins });
      command(process.execPath, [at('routerctl'), 'reconcile', ...workspace.where]);
      const daemon = spawn(process.execPath, [...flags, at('routerd'), ...workspace.where], {
        stdio: 'ignore',
      });
      await until('routerd runs', () => existsSync(presencePath(workspace.state)));
      for (let edit = 0; edit < 3; edit++) {
        workspace.edit();
        command(process.execPath, [at('routerctl'), 'reconcile', '--wait', ...workspace.where]);
      }
      const status = readFileSync(`/proc/${daemon.pid ?? 0}/status`, 'utf8');
      const kibibytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
      daemon.kill('SIGTERM');
      await once(daemon, 'close');
      workspace.remove();
      rows.push({
        name: `memory of routerd, ${resources} resources, ${plugins} plugins`,
        unit: 'MiB',
        value: kibibytes / 1024,
        goal,
      });
    }
    return rows;
  },
};
