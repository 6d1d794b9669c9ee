import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../rig/root.js';
import { against } from './bench.js';
import type { Bench, Row, Size } from './bench.js';
import { makeFloors } from './floors.js';
import { command, measure } from './measure.js';
import { makeWorkspace } from './workspace.js';

const cli = join(root, 'dist/bin/routerctl.js');

const routerctl = (...args: readonly string[]): void => {
  command(process.execPath, [cli, ...args]);
};

/** `routerctl --version`, which many scripts ask for. */
export const version: Bench = {
  name: 'version',
  async run(size) {
    const floors = makeFloors();
    const subject = {
      name: 'routerctl --version',
      run: () => {
        routerctl('--version');
      },
    };
    const [hello, timing] = await measure([floors.hello, subject], size === 'full' ? 15 : 1);
    floors.remove();
    if (hello === undefined || timing === undefined) return [];
    return [against({ name: 'routerctl --version', goal: 1.3 }, timing, { floors: [hello] })];
  },
};

/** A dry-run that has one plugin to run: its program has changed since it ran last. */
async function dryRun(
  size: Size,
  counts: { readonly resources: number; readonly plugins: number },
  goals: { readonly cold?: number; readonly warm: number },
): Promise<Row[]> {
  const floors = makeFloors();
  const workspace = makeWorkspace(counts);
  routerctl('reconcile', ...workspace.where);
  workspace.touch(0);
  const run = (): void => {
    routerctl('reconcile', '--dry-run', ...workspace.where);
  };
  const warm = { name: 'warm cache', run };
  const rounds = size === 'full' ? 9 : 1;
  const [hello, child, warmTiming] = await measure(
    [floors.hello, floors.child(workspace.programOf(0)), warm],
    rounds,
  );
  const cache = join(workspace.state, 'run', 'cache');
  const cold = {
    name: 'cold cache',
    before: () => {
      rmSync(cache, { recursive: true, force: true });
    },
    run,
  };
  const [coldHello, coldTiming] = await measure([floors.hello, cold], goals.cold === undefined ? 0 : rounds);
  workspace.remove();
  floors.remove();
  if (hello === undefined || child === undefined || warmTiming === undefined) return [];
  const name = `dry-run, ${counts.resources} resources, ${counts.plugins} plugins`;
  const rows = [
    against({ name: `${name}, warm cache`, goal: goals.warm }, warmTiming, {
      floors: [hello],
      apart: [child],
    }),
  ];
  if (coldHello === undefined || coldTiming === undefined || goals.cold === undefined) return rows;
  return [
    against({ name: `${name}, cold cache`, goal: goals.cold }, coldTiming, {
      floors: [coldHello],
      apart: [child],
    }),
    ...rows,
  ];
}

export const smallDryRun: Bench = {
  name: 'dry-run-small',
  run: size => dryRun(size, { resources: 100, plugins: 1 }, { cold: 3.5, warm: 2.5 }),
};

export const largeDryRun: Bench = {
  name: 'dry-run-large',
  run: size =>
    dryRun(
      size,
      { resources: size === 'full' ? 10_000 : 300, plugins: size === 'full' ? 50 : 3 },
      { warm: 6 },
    ),
};
