import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { WatchEvents } from '../../watch/events.js';
import type { WatchTrees } from '../../watch/tree-watch.js';
import { Looks } from '../rig/looks.js';
import { ManualClock } from '../rig/manual-clock.js';
import { until } from '../rig/processes.js';
import { tempDir } from '../rig/temp.js';

const run = promisify(execFile);
const rescan = 30_000;

/** A watcher of trees that the test drives; it watches nothing. */
class DrivenTrees {
  readonly made: { readonly events: WatchEvents; closed: boolean }[] = [];
  /** Codes with which the next watches fail. */
  failures: readonly string[] = [];
  hangs = false;

  readonly watch: WatchTrees = (trees, events) => {
    const [root] = trees.roots;
    const made = { events, closed: false };
    this.made.push(made);
    for (const code of this.failures) events.failed(Object.assign(new Error(code), { code, path: root }));
    return {
      ready: this.hangs ? new Promise<never>(() => undefined) : Promise.resolve(),
      close: () => {
        made.closed = true;
        return Promise.resolve();
      },
    };
  };

  get last(): WatchEvents {
    const last = this.made.at(-1);
    if (last === undefined) throw new Error('nothing is watched yet');
    return last.events;
  }
}

describe('a watch within limits', () => {
  let dir = '';
  let clock = new ManualClock();
  let trees = new DrivenTrees();
  let looks: Looks | undefined;
  beforeEach(async () => {
    dir = await tempDir();
    clock = new ManualClock();
    trees = new DrivenTrees();
  });
  afterEach(async () => {
    await looks?.watch.close();
    looks = undefined;
    expect(clock.waiting).to.equal(0);
  });

  async function start(): Promise<Looks> {
    looks = new Looks({ path: dir, clock, rescanMs: rescan, watchTrees: trees.watch }, () => '');
    await looks.watch.ready;
    return looks;
  }

  it('asks for a look at least every rescan, at the same distance each time', async () => {
    const { all, reasons } = await start();
    expect(reasons).to.deep.equal([]);
    for (let round = 1; round <= 5; round++) await clock.advance(rescan);
    expect(all.length).to.equal(5);
    expect(trees.made.length).to.equal(1);
  });

  it('tells what it cannot watch, goes on, and is well again when a rescan finds it can', async () => {
    trees.failures = ['ENOSPC', 'ENOSPC', 'ENOSPC'];
    const started = clock.now();
    const { watch, all } = await start();
    const health = watch.health();
    expect(health).to.include({ status: 'degraded', reason: 'WatchLimit', since: started });
    expect(health.message).to.contain(`${dir} and 2 more cannot be watched (ENOSPC)`);

    trees.last.hint();
    await clock.advance(80);
    expect(all.map(({ reason }) => reason)).to.deep.equal(['change']);

    await clock.advance(rescan);
    await until('it was tried again', () => all.length === 3);
    expect(all.map(({ reason }) => reason)).to.deep.equal(['change', 'rescan', 'rearmed']);
    expect(watch.health()).to.deep.equal(health);

    trees.failures = [];
    await clock.advance(rescan);
    await until('it was tried once more', () => all.length === 5);
    expect(watch.health()).to.include({ status: 'ok', reason: 'Watching', since: clock.now() });
    expect(trees.made.map(({ closed }) => closed)).to.deep.equal([true, true, false]);

    await clock.advance(rescan);
    expect(all.length).to.equal(6);
  });

  it('tells what fails later', async () => {
    const { watch } = await start();
    await clock.advance(1_000);
    trees.last.failed(Object.assign(new Error(), { code: 'EMFILE', path: join(dir, 'new') }));
    expect(watch.health()).to.include({ status: 'degraded', reason: 'OpenFileLimit', since: clock.now() });
  });

  it('goes on without a watch that does not get ready', async () => {
    trees.hangs = true;
    looks = new Looks({ path: dir, clock, watchTrees: trees.watch }, () => '');
    await until('it is being watched', () => trees.made.length === 1);
    expect(looks.watch.health()).to.include({ status: 'ok', reason: 'Starting' });
    await clock.advance(10_000);
    await looks.watch.ready;
    expect(looks.watch.health()).to.include({ status: 'degraded', reason: 'WatchIncomplete' });
  });

  it('can be closed while it waits for one', async () => {
    trees.hangs = true;
    looks = new Looks({ path: dir, clock, watchTrees: trees.watch }, () => '');
    await until('it is being watched', () => trees.made.length === 1);
    await looks.watch.close();
    expect(trees.made[0]?.closed).to.equal(true);
  });

  it('is made anew without looking at every entry when very many were replaced', async () => {
    const { all } = await start();
    for (let index = 0; index < 5_000; index++) trees.last.replaced(join(dir, String(index)));
    trees.last.hint();
    await clock.advance(80);
    await until('it was made anew', () => all.length === 2);
    expect(all.map(({ reason }) => reason)).to.deep.equal(['change', 'rearmed']);
  });

  it('notices with the next rescan what is mounted over the directory', async function () {
    await writeFile(join(dir, 'a'), '');
    looks = new Looks({ path: dir, clock, rescanMs: rescan }, () => '');
    const { watch, all } = looks;
    await watch.ready;
    try {
      await run('mount', ['-t', 'tmpfs', 'routerd-test', dir]);
    } catch {
      console.error('      skipped: mounting is not allowed here');
      this.skip();
    }
    try {
      await clock.advance(rescan);
      await until('it was made anew', () => all.length === 2);
      await writeFile(join(dir, 'b'), '');
      await until('a hint', async () => {
        await clock.advance(80);
        return all.length === 3;
      });
      expect(all.map(({ reason }) => reason)).to.deep.equal(['rescan', 'rearmed', 'change']);
    } finally {
      await watch.close();
      await run('umount', [dir]);
    }
  });
});

describe('a watch in a process of its own', () => {
  const module = new URL('../../watch/config-watch.js', import.meta.url).href;
  const clockModule = new URL('../../watch/clock.js', import.meta.url).href;
  let dir = '';
  beforeEach(async () => {
    dir = await tempDir();
    for (const name of ['a', 'b', 'c', 'd']) await mkdir(join(dir, 'config', name), { recursive: true });
  });

  /** A program that watches `config`, does the rest, and has nothing else to do. */
  function script(rescanMs: number, rest: string): string {
    return `
      import { startConfigWatch } from ${JSON.stringify(module)};
      import { systemClock as clock } from ${JSON.stringify(clockModule)};
      import { writeFileSync } from 'node:fs';
      const path = ${JSON.stringify(join(dir, 'config'))};
      let onLook;
      const looked = new Promise(resolve => { onLook = resolve; });
      const watch = startConfigWatch({ path, ignore: [], clock, rescanMs: ${rescanMs}, onLook });
      ${rest}`;
  }

  for (const [name, rest] of [
    ['at once', ''],
    ['when it is ready', 'await watch.ready;'],
    ['after a look', `await watch.ready; writeFileSync(path + '/a/x', ''); await looked;`],
  ] as const) {
    it(`lets the process end when it is closed ${name}`, async () => {
      const program = script(3_600_000, `${rest} await watch.close(); console.log('closed');`);
      // A watch or timer that is left over would keep it alive until execFile ends it and rejects.
      const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], {
        timeout: 20_000,
      });
      expect(stdout.trim()).to.equal('closed');
    });
  }

  // With three watches the directory and a folder or two are watched; with no instance nothing is, and rescans are all.
  for (const { name, limit, count, rescanMs, expected } of [
    {
      name: 'watches',
      limit: 'max_inotify_watches',
      count: 3,
      rescanMs: 3_600_000,
      expected: 'degraded WatchLimit change',
    },
    {
      name: 'inotify instances',
      limit: 'max_inotify_instances',
      count: 0,
      rescanMs: 100,
      expected: 'degraded OpenFileLimit rescan',
    },
  ]) {
    it(`goes on where the system has too few ${name}`, async function () {
      // The limits of a user namespace are its own, so that nobody else runs into them.
      const limited = (command: string) => {
        const limiting = `echo ${count} > /proc/sys/user/${limit} && ${command}`;
        return run('unshare', ['-Ur', 'sh', '-c', limiting], { timeout: 20_000 });
      };
      await limited('true').catch(() => this.skip()); // no user namespaces here
      const program = script(
        rescanMs,
        `await watch.ready;
        writeFileSync(path + '/x', '');
        const reason = await looked;
        const { status, reason: health } = watch.health();
        await watch.close();
        console.log(status, health, reason);`,
      );
      await writeFile(join(dir, 'program.mjs'), program);
      const { stdout } = await limited(`exec ${process.execPath} ${join(dir, 'program.mjs')}`);
      expect(stdout.trim()).to.equal(expected);
    });
  }
});
