import { expect } from 'chai';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { route } from '../rig/build.js';
import { routerFile, writeFiles } from '../rig/config-dir.js';
import { routerctl } from '../rig/routerctl.js';
import { reconcile, setting } from '../rig/setting.js';
import type { Setting } from '../rig/setting.js';

describe('caches in the state directory', function () {
  this.timeout(30_000);
  let here: Setting;
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
});
