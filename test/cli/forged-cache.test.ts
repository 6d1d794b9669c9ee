import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { route } from '../rig/build.js';
import { routerFile, setProgram, writeFiles } from '../rig/config-dir.js';
import { forgeCache } from '../rig/forged-cache.js';
import { memberValue } from '../rig/mobility.js';
import { look, observed, poolSetting, seeing } from '../rig/pool-setting.js';
import { routerctl } from '../rig/routerctl.js';
import { reconcile, setting } from '../rig/setting.js';
import type { Setting } from '../rig/setting.js';
import { userGit } from '../rig/store.js';

describe('a cache that somebody has forged is believed by nobody who writes:', function () {
  this.timeout(30_000);

  /** Every occurrence of a text in the entries of a folder, of which there must be some. */
  async function forge({ state }: Setting, folder: string, ...[from, to]: [string, string]): Promise<void> {
    const forged = await forgeCache(state, folder, body => body.replaceAll(from, to));
    expect(forged, `${folder}: ${from}`).to.be.greaterThan(0);
  }

  it('not by reconcile, about what was read of the config directory and of HEAD', async () => {
    const here = await setting();
    await writeFiles(here.config, {
      'router.yaml': routerFile(route('a', { metric: 1 })),
      'more.yaml': routerFile(route('b', { metric: 2 })),
    });
    await reconcile(here);
    await writeFiles(here.config, { 'more.yaml': routerFile(route('b', { metric: 3 }), route('c')) });
    await forge(here, 'config', '"metric":1', '"metric":666');
    await forge(here, 'config', 'metric: 1', 'metric: 888');
    await forge(here, 'documents', '"metric":1', '"metric":777');
    const { stdout } = await routerctl(['reconcile', '--dry-run', ...here.where, '-o', 'json']);
    expect(stdout).to.match(/666|888/);
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

  it('not by reconcile, about which plugins ran and when', async () => {
    const here = await setting();
    await reconcile(here);
    expect(await forgeCache(here.state, 'run', () => '"nothing"')).to.be.greaterThan(2);
    const dryRun = await routerctl(['reconcile', '--dry-run', ...here.where, '-o', 'json']);
    const outcomes = (document: unknown) =>
      (document as { plugins: { outcome: string }[] }).plugins.map(({ outcome }) => outcome);
    expect(outcomes(dryRun.json())).to.deep.equal(['renewed']);
    expect(outcomes(await reconcile(here))).to.deep.equal(['notDue']);
  });

  it('not by adopt, about the numbers that were given', async () => {
    const here = await setting();
    for (const name of ['a', 'b', 'c']) {
      await writeFiles(here.config, { 'router.yaml': routerFile(route(name)) });
      await reconcile(here);
    }
    userGit(here.state, 'reset', '--hard', '-q', 'HEAD~1');
    await forge(here, 'run', '"highestGeneration":3', '"highestGeneration":2');
    await forge(here, 'run', '"generation":3', '"generation":2');
    expect((await routerctl(['adopt', ...here.where])).stdout).to.contain('the next generation is 4');
    expect((await reconcile(here)).generation.next).to.equal(4);
  });

  it('not by an inventory run, about where to look and what for', async () => {
    const discovery = { mode: 'provider-private-ip', subnetRef: 'subnet-real' };
    const here = await poolSetting({ pool: { members: [memberValue({ ownershipDiscovery: discovery })] } });
    // It says of a client what it was asked about.
    const answer = observed(seeing(20)).replaceAll('vm-20', '$ref');
    await setProgram(
      here.config,
      'oci-inventory',
      `#!/bin/sh\nref=$(grep -o 'subnet-[a-z]*' | head -n 1)\ncat <<END\n${answer}\nEND\n`,
    );
    await forge(here, 'config', 'subnet-real', 'subnet-forged');
    await forge(here, 'documents', 'subnet-real', 'subnet-forged');
    expect((await look(here)).code).to.equal(0);
    const committed = userGit(here.state, 'grep', '-h', '-e', 'resourceRef', 'HEAD', '--', 'inventory/');
    expect(committed).to.contain('subnet-real').and.not.to.contain('subnet-forged');
  });
});
