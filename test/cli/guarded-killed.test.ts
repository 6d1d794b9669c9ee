import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ValueMap } from '../../protocol/resource.js';
import { runPass } from '../../reconciler/pass.js';
import { route } from '../rig/build.js';
import { configDir, routerFile } from '../rig/config-dir.js';
import { checkState } from '../rig/invariants.js';
import { killedAt } from '../rig/killed-run.js';
import { routerctl } from '../rig/routerctl.js';
import { must, searchPath, userGit } from '../rig/store.js';
import { tempDir } from '../rig/temp.js';

/** More than a pass has operations: the search ends before. */
const mostOperations = 400;
/** Every operation would take minutes; over the runs of a step that shares no factor with the others all kinds are met. */
const stride = 9;

const careful: ValueMap = {
  apiVersion: 'config.routerd.net/v1alpha1',
  kind: 'ChangePolicy',
  metadata: { name: 'careful' },
  spec: { guard: { maxRemovals: 0 } },
};

/** Kills a pass at one operation after the other, each on a copy of `template`, and lets `check` look at what comes of it. */
async function drill(
  config: string,
  template: string,
  check: (state: string, on: readonly string[]) => Promise<void>,
): Promise<void> {
  let n = 1;
  for (; n < mostOperations; n += stride) {
    const state = `${template}-${n}`;
    const on = ['--config', config, '--state', state];
    await cp(template, state, { recursive: true });
    if (!(await killedAt(n, ['reconcile', ...on]))) break;
    await check(state, on);
  }
  expect(n, 'it came to its end').to.be.lessThan(mostOperations);
  expect(n, 'it was killed at all').to.be.greaterThan(1);
}

describe('a pass that is killed', () => {
  it('while it holds an edit leaves nothing half: the next one holds it, under one ref and one record', async () => {
    const config = await configDir({ 'router.yaml': routerFile(careful, route('a'), route('b')) });
    const template = join(await tempDir(), 'S');
    expect((await routerctl(['reconcile', '--config', config, '--state', template])).code).to.equal(0);
    await writeFile(join(config, 'router.yaml'), routerFile(careful, route('a')));
    await drill(config, template, async (state, on) => {
      const again = await routerctl(['reconcile', ...on]);
      expect(again.code, again.stderr).to.equal(1);
      expect(userGit(state, 'for-each-ref', '--format=%(refname)', 'refs/held')).to.equal(
        'refs/held/startup\n',
      );
      const commits = await checkState(state);
      expect(commits.map(({ subject }) => subject.split(' ', 2).join(' '))).to.deep.equal([
        'generation 1:',
        'control: hold',
      ]);
      const held = userGit(state, 'show', 'held/startup:startup-config.yaml');
      expect(held).to.contain('name: a\n').and.not.to.contain('name: b\n');
    });
  }).timeout(240_000);

  it('while it takes back an edit leaves the edit or what was before, and the next one goes on from there', async () => {
    const config = await configDir({ 'router.yaml': routerFile(route('good')) });
    const template = join(await tempDir(), 'S');
    const common = {
      config: { path: config, stateDir: template, schemaFiles: [] },
      state: { path: template, searchPath },
      dryRun: false,
      engineVersion: '0.0.0',
      operator: 'alice',
      clock: Date.now,
      lockTimeoutMs: 10_000,
      command: 'test',
    };
    must(await runPass(common));
    await writeFile(join(config, 'router.yaml'), routerFile(route('bad')));
    must(await runPass({ ...common, confirm: { forMs: 1 } }));
    await drill(config, template, async (state, on) => {
      expect((await routerctl(['reconcile', ...on])).code, 'it is quarantined').to.equal(1);
      const commits = await checkState(state);
      expect(commits.map(({ subject }) => subject).slice(2)).to.deep.equal([
        'generation 3: +1 -1 (confirm-expired 2)',
      ]);
      for (const path of ['startup-config.yaml', 'effective-config.yaml'])
        expect(userGit(state, 'show', `main:${path}`)).to.equal(userGit(state, 'show', `gen/1:${path}`));
      expect(userGit(state, 'ls-tree', '--name-only', 'main', 'control/')).to.equal(
        'control/quarantine.yaml\n',
      );
    });
  }).timeout(240_000);
});
