import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { route } from '../rig/build.js';
import { routerFile, writeFiles } from '../rig/config-dir.js';
import { routerctl } from '../rig/routerctl.js';
import { reconcile, setting } from '../rig/setting.js';
import type { Setting } from '../rig/setting.js';

describe('caches in the state directory', function () {
  this.timeout(30_000);
  let here: Setting;
  const folder = (name: string) => join(here.state, 'run/cache', name);
  const dryRun = async (): Promise<unknown> =>
    (await routerctl(['reconcile', '--dry-run', ...here.where, '-o', 'json'])).json();

  beforeEach(async () => {
    here = await setting();
    await writeFiles(here.config, {
      'router.yaml': routerFile(route('a', { metric: 1 })),
      'more.yaml': routerFile(route('b', { metric: 2 })),
    });
    await reconcile(here);
    await writeFiles(here.config, { 'more.yaml': routerFile(route('b', { metric: 3 }), route('c')) });
  });

  /** Changes an entry and seals it anew, as nobody but routerd does. */
  async function forge(name: string, from: string, to: string): Promise<number> {
    let forged = 0;
    for (const entry of await readdir(folder(name))) {
      const path = join(folder(name), entry);
      const text = await readFile(path, 'utf8');
      const body = text.slice(text.indexOf('\n') + 1).replaceAll(from, to);
      const seal = `sha256:${createHash('sha256').update(body).digest('hex')}`;
      if (!text.startsWith(seal)) forged++;
      await writeFile(path, `${seal}\n${body}`);
    }
    return forged;
  }

  it('change nothing about what a dry-run says, be they there or not', async () => {
    const cached = await dryRun();
    await rm(join(here.state, 'run/cache'), { recursive: true });
    expect(await dryRun()).to.deep.equal(cached);
  });

  it('say what a broken file says at its place', async () => {
    await writeFiles(here.config, {
      'more.yaml': routerFile(route('b')).replace('destination', 'destinaton'),
    });
    const { json } = await routerctl(['reconcile', '--dry-run', ...here.where, '-o', 'json']);
    const { problems } = json() as { problems: { place?: { file: string; line: number } }[] };
    expect(problems.map(({ place }) => place?.file)).to.include('more.yaml');
  });

  it('are believed by nobody who commits', async () => {
    expect(await forge('config', '"metric":1', '"metric":666')).to.be.greaterThan(0);
    expect(await forge('config', 'metric: 1', 'metric: 888')).to.be.greaterThan(0);
    expect(await forge('documents', '"metric":1', '"metric":777')).to.be.greaterThan(0);
    expect(await forge('run', '"generation":1', '"generation":41')).to.be.greaterThan(0);
    expect(JSON.stringify(await dryRun())).to.contain('metric: 666');
    const done = await reconcile(here);
    expect([done.code, done.generation.next]).to.deep.equal([0, 2]);
    for (const file of ['startup-config.yaml', 'effective-config.yaml']) {
      const text = await readFile(join(here.state, file), 'utf8');
      expect(text)
        .to.contain('metric: 1\n')
        .and.to.contain('metric: 3\n')
        .and.not.to.match(/666|777|888/);
    }
    expect(done.changes.map(({ action }) => action)).to.deep.equal(['added', 'changed']);
  });
});
