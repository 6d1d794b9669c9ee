import { join } from 'node:path';
import { against, wantedGenerations } from './bench.js';
import type { Bench } from './bench.js';
import { bytesIn, keepHouse } from './disk.js';
import { residentDaemon } from './in-process.js';
import { timingOf } from './measure.js';
import { makeWorkspace } from './workspace.js';

/** Generation after generation with one resource changed in each, 10,000 by default: what the last ones cost against the first, and the disk. */
export const growth: Bench = {
  name: 'growth-generations',
  async run(size) {
    const generations = size === 'full' ? wantedGenerations() : 30;
    const around = size === 'full' ? 50 : 5;
    const workspace = makeWorkspace({ resources: 20 });
    const daemon = await residentDaemon(workspace);
    const repository = join(workspace.state, '.git');
    keepHouse(repository);
    const before = bytesIn(repository);
    const times: number[] = [];
    for (let n = 0; n < generations; n++) {
      workspace.edit();
      const start = performance.now();
      await daemon.until(({ commit }) => commit !== undefined);
      times.push(performance.now() - start);
      await daemon.hint();
    }
    await daemon.stop();
    const loose = bytesIn(repository) - before;
    keepHouse(repository);
    const bytes = bytesIn(repository) - before;
    workspace.remove();
    const first = timingOf(`the first ${around}, after 10`, times.slice(10, 10 + around));
    const last = timingOf(`the last ${around}`, times.slice(-around));
    return [
      against({ name: `generation ${generations} against generation 10`, goal: 1.3 }, last, {
        floors: [first],
      }),
      {
        name: `disk a generation, after ${generations} and housekeeping`,
        unit: 'KiB',
        value: bytes / generations / 1024,
        goal: 1,
        facts: { 'with the newest not packed yet, KiB': Math.round((loose / generations / 1024) * 10) / 10 },
      },
    ];
  },
};
