import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { against } from './bench.js';
import type { Bench, Row, Size } from './bench.js';
import { makeFloors } from './floors.js';
import { residentDaemon } from './in-process.js';
import { measure } from './measure.js';
import type { Timing } from './measure.js';
import { firstPluginEveryMs, makeWorkspace } from './workspace.js';
import type { Workspace } from './workspace.js';

interface Counts {
  readonly resources: number;
  readonly files: number;
  readonly plugins: number;
}

const countsOf = (size: Size, large: boolean): Counts =>
  !large
    ? { resources: 100, files: 1, plugins: 1 }
    : size === 'full'
      ? { resources: 10_000, files: 200, plugins: 50 }
      : { resources: 300, files: 3, plugins: 3 };

/** What one accepted result writes: the files that a generation replaces, as they stand after one. */
function changedFiles({ state }: Workspace): ReadonlyMap<string, string> {
  const parts = readdirSync(join(state, 'parts')).slice(0, 1);
  const paths = ['effective-config.yaml', 'generation.yaml', ...parts.map(part => `parts/${part}`)];
  return new Map(paths.map(path => [path, readFileSync(join(state, path), 'utf8')]));
}

function runFiles({ state }: Workspace): ReadonlyMap<string, string> {
  const paths = ['run/leases.yaml', 'run/status.yaml', 'run/acknowledged.yaml'];
  return new Map(paths.map(path => [path, readFileSync(join(state, path), 'utf8')]));
}

/** From the moment at which a plugin is due to the generation that holds its new answer. */
async function accepted(size: Size, large: boolean): Promise<Row[]> {
  const counts = countsOf(size, large);
  const workspace = makeWorkspace(counts);
  const daemon = await residentDaemon(workspace);
  const floors = makeFloors();
  const changed = changedFiles(workspace);
  const subject = {
    name: 'accepted',
    before: async () => {
      await daemon.rest();
      workspace.say(0);
      daemon.advance(firstPluginEveryMs);
    },
    run: () => daemon.until(({ commit }) => commit !== undefined),
  };
  const [child, commit, write, timing] = await measure(
    [
      floors.child(workspace.programOf(0)),
      floors.commit(() => changed),
      floors.write(() => new Map([...changed, ...runFiles(workspace)])),
      subject,
    ],
    size === 'full' ? 15 : 1,
  );
  await daemon.stop();
  workspace.remove();
  floors.remove();
  if (child === undefined || commit === undefined || write === undefined || timing === undefined) return [];
  const name = `result to generation, ${counts.resources} resources, ${counts.plugins} plugins`;
  return [against({ name, goal: large ? 2 : 1.5 }, timing, { floors: [child, commit, write] })];
}

export const smallResult: Bench = { name: 'result-small', run: size => accepted(size, false) };
export const largeResult: Bench = { name: 'result-large', run: size => accepted(size, true) };

/** A hint after which there is nothing to do. */
export const noop: Bench = {
  name: 'no-op',
  async run(size) {
    const counts = countsOf(size, true);
    const workspace = makeWorkspace(counts);
    const daemon = await residentDaemon(workspace);
    const floors = makeFloors();
    // Files that changed just now are read again, until their times tell them apart.
    await new Promise(resolve => setTimeout(resolve, 2_100));
    await daemon.rest();
    const [survey, timing] = await measure(
      [floors.survey(workspace.config), { name: 'no-op pass', run: daemon.hint }],
      size === 'full' ? 25 : 1,
    );
    await daemon.stop();
    workspace.remove();
    floors.remove();
    if (survey === undefined || timing === undefined) return [];
    const name = `no-op pass, ${counts.resources} resources, ${counts.plugins} plugins`;
    return [against({ name, goal: 2 }, timing, { floors: [survey] })];
  },
};

/** A plugin that is due, and says the same: its lease is renewed and nothing is committed. */
export const renewal: Bench = {
  name: 'renewal',
  async run(size) {
    const counts = countsOf(size, true);
    const workspace = makeWorkspace(counts);
    const daemon = await residentDaemon(workspace);
    const floors = makeFloors();
    const subject = {
      name: 'renewed',
      before: async () => {
        await daemon.rest();
        daemon.advance(firstPluginEveryMs);
      },
      run: () => daemon.until(({ plugins }) => plugins.some(({ outcome }) => outcome === 'renewed')),
    };
    const lease = () => new Map([...runFiles(workspace)].slice(0, 1));
    const [child, write, timing] = await measure(
      [floors.child(workspace.programOf(0)), floors.write(lease), subject],
      size === 'full' ? 15 : 1,
    );
    await daemon.stop();
    workspace.remove();
    floors.remove();
    if (child === undefined || write === undefined || timing === undefined) return [];
    const name = `renewal of one part, ${counts.resources} resources, ${counts.plugins} plugins`;
    return [against({ name, goal: 1.5 }, timing, { floors: [child, write] })];
  },
};

/** One resource changed among few and among many. */
export const sizes: Bench = {
  name: 'growth-resources',
  async run(size) {
    const timings: Timing[] = [];
    for (const large of [false, true]) {
      const workspace = makeWorkspace({ ...countsOf(size, large), plugins: 1 });
      const daemon = await residentDaemon(workspace);
      const subject = {
        name: `${countsOf(size, large).resources} resources`,
        before: async () => {
          await daemon.rest();
          workspace.edit();
        },
        run: () => daemon.until(({ commit }) => commit !== undefined),
      };
      timings.push(...(await measure([subject], size === 'full' ? 15 : 1)));
      await daemon.stop();
      workspace.remove();
    }
    const [few, many] = timings;
    if (few === undefined || many === undefined) return [];
    return [
      against({ name: 'one resource edited, many resources against few', goal: 4 }, many, { floors: [few] }),
    ];
  },
};
