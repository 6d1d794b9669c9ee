import { join } from 'node:path';
import type { Resource } from '../../protocol/resource.js';
import { route } from '../rig/build.js';
import { routerFile, writeFiles } from '../rig/config-dir.js';
import { DaemonRig, proposing } from '../rig/daemon-rig.js';
import { removeTempDirs } from '../rig/temp.js';
import { wantedGenerations } from './bench.js';
import type { Bench } from './bench.js';
import { bytesIn } from './disk.js';
import { timingOf } from './measure.js';

/** From 10 s to 10 min, the short ones the most. */
const everySeconds = (plugin: number): number => Math.round(10 * 60 ** ((plugin % 25) / 24));

/**
 * A large router over a long time on a simulated clock: 10,000 resources in 200 files, 100 plugins that say something else
 * in every run, and as many generations as `--generations=N` says, 10,000 if it says nothing.
 */
export const scale: Bench = {
  name: 'scale',
  async run(size) {
    const full = size === 'full';
    const [resources, files, plugins] = full ? [10_000, 200, 100] : [200, 4, 5];
    const generations = full ? wantedGenerations() : 10;
    const rig = await DaemonRig.create();
    for (let i = 0; i < plugins; i++) await rig.add(`p${i}`, { every: `${everySeconds(i)}s`, ttl: '1h' });
    const perFile = resources / files;
    const fileOf = (n: number): string =>
      routerFile(...Array.from({ length: perFile }, (_, i): Resource => route(`r${n * perFile + i}`)));
    await writeFiles(
      rig.config,
      Object.fromEntries(Array.from({ length: files }, (_, n) => [`part-${n}.yaml`, fileOf(n)])),
    );
    await rig.start();
    if (rig.plugins.runs.length === 0) throw new Error('no plugin was started');

    const times: number[] = [];
    const lastStart = new Map<string, number>();
    let latestMs = 0;
    let made = 0;
    let said = 0;
    while (made < generations) {
      const [run] = rig.plugins.runs.filter(({ isOver }) => !isOver);
      if (run === undefined) {
        await rig.advance(1_000);
        continue;
      }
      const before = lastStart.get(run.name);
      const every = everySeconds(Number(run.name.slice(1))) * 1_000;
      if (before !== undefined) latestMs = Math.max(latestMs, run.startedAt - before - every);
      lastStart.set(run.name, run.startedAt);
      const start = performance.now();
      run.answer(proposing(`of-${run.name}`, ++said));
      await rig.idle();
      times.push(performance.now() - start);
      made = rig.reports.reduce(
        (highest, { settlement }) => Math.max(highest, settlement?.generation.next ?? 0),
        made,
      );
      rig.plugins.runs.splice(
        0,
        rig.plugins.runs.length,
        ...rig.plugins.runs.filter(({ isOver }) => !isOver),
      );
      rig.reports.length = 0;
      rig.log.length = 0;
    }
    const { heapUsed, external, rss } = process.memoryUsage();
    await rig.stop();
    const bytes = bytesIn(join(rig.state, '.git'));
    await removeTempDirs();
    const timing = timingOf('a result, to its generation and back to rest', times);
    const name = `scale: ${resources} resources in ${files} files, ${plugins} plugins, ${made} generations`;
    const last = timingOf('last', times.slice(-50)).median;
    const first = timingOf('first', times.slice(plugins, plugins + 50)).median;
    return [
      {
        name: `${name}: memory in use`,
        unit: 'MiB',
        value: (heapUsed + external) / 2 ** 20,
        facts: { 'resident MiB': Math.round(rss / 2 ** 20) },
      },
      { name: `${name}: disk a generation`, unit: 'KiB', value: bytes / made / 1024 },
      { name: `${name}: the last 50 generations against the first`, unit: '×', value: last / first, timing },
      { name: `${name}: schedule lag at most`, unit: 's', value: latestMs / 1_000 },
    ];
  },
};
