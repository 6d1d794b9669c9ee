import { join } from 'node:path';
import { expect } from 'chai';
import type { ValueMap } from '../../protocol/resource.js';
import { route } from '../rig/build.js';
import { addPlugin, answers, configDir, routerFile, setProgram, writeFiles } from '../rig/config-dir.js';
import { checkState } from '../rig/invariants.js';
import { routerctl } from '../rig/routerctl.js';
import { userGit } from '../rig/store.js';
import { tempDir } from '../rig/temp.js';

const policy = (guard: ValueMap): ValueMap => ({
  apiVersion: 'config.routerd.net/v1alpha1',
  kind: 'ChangePolicy',
  metadata: { name: 'careful' },
  spec: { guard },
});

async function site(
  guard: ValueMap,
  ...routes: string[]
): Promise<{ config: string; state: string; where: string[] }> {
  const config = await configDir({
    'router.yaml': routerFile(...routes.map(name => route(name))),
    'policy.yaml': `${JSON.stringify(policy(guard))}\n`,
  });
  const state = join(await tempDir(), 'S');
  return { config, state, where: ['--config', config, '--state', state] };
}

interface HeldItem {
  readonly source: string;
  readonly digest: string;
  readonly ref: string;
  readonly reasons: readonly { readonly type: string; readonly message: string }[];
}

async function heldItems(where: readonly string[]): Promise<readonly HeldItem[]> {
  const { json } = await routerctl(['held', 'list', ...where, '-o', 'json']);
  return (json() as { items: HeldItem[] }).items;
}

function routesOf(state: string, commit = 'main'): string[] {
  const text = userGit(state, 'show', `${commit}:effective-config.yaml`);
  return [...text.matchAll(/kind: IPv4Route\n +metadata:\n +name: (.*)/g)].map(match => match[1] ?? '');
}

describe('a plugin that suddenly returns nothing', () => {
  it('cannot empty a router: its result is held, and stands in git until somebody promotes it', async () => {
    const { config, state, where } = await site({}, 'own');
    await addPlugin(config, 'p', { program: answers('p', { resources: [route('x'), route('z')] }) });
    expect((await routerctl(['reconcile', ...where])).code).to.equal(0);
    await setProgram(config, 'p', answers('p', {}));

    const run = await routerctl(['plugin', 'run', 'p', ...where]);
    expect(run.code).to.equal(1);
    expect(run.stderr).to.contain('nothing would be left of the 2 resources of Plugin/p');
    expect(routesOf(state)).to.deep.equal(['own', 'x', 'z']);
    const [item] = await heldItems(where);
    expect(item).to.include({ source: 'Plugin/p', ref: 'held/Plugin-p' });
    expect(routesOf(state, 'held/Plugin-p')).to.deep.equal(['own']);
    expect((await routerctl(['status', ...where])).stdout).to.contain('held: Plugin/p');

    expect((await routerctl(['promote', 'ffffffff', '-m', 'why', ...where])).code).to.equal(1);
    const promoted = await routerctl([
      'promote',
      item?.digest.slice(7, 17) ?? '',
      '-m',
      'it is gone for good',
      ...where,
    ]);
    expect(promoted.stdout).to.match(/^promoted [0-9a-f]{12} \(Plugin\/p\): generation 2, -2\n$/);
    expect(promoted.code).to.equal(0);
    expect(routesOf(state)).to.deep.equal(['own']);
    expect(userGit(state, 'log', '-1', '--format=%B')).to.contain('why: it is gone for good\n');
    expect(await heldItems(where)).to.deep.equal([]);
    expect(userGit(state, 'for-each-ref', 'refs/held')).to.equal('');
    expect((await checkState(state)).length).to.be.greaterThan(1);
  });
});

describe('an edit beyond the guard, by commands', () => {
  it('exits with 1, says why and what to do, and is promoted', async () => {
    const { config, state, where } = await site({ maxRemovalPercent: 40 }, 'a', 'b', 'c');
    await routerctl(['reconcile', ...where]);
    await writeFiles(config, { 'router.yaml': routerFile(route('a')) });

    const dry = await routerctl(['reconcile', '--dry-run', ...where]);
    expect(dry.code).to.equal(1);
    expect(dry.stderr).to.contain('2 of 4 resources (50%)');
    expect(userGit(state, 'for-each-ref', 'refs/held')).to.equal('');

    const done = await routerctl(['reconcile', '--yes', ...where]);
    expect(done.code).to.equal(1);
    expect(done.stderr).to.contain('2 of 4 resources (50%)');
    const [item] = await heldItems(where);
    expect(item?.reasons.map(({ type }) => type)).to.deep.equal(['maxRemovalPercent']);
    expect(routesOf(state)).to.deep.equal(['a', 'b', 'c']);
    const without = await routerctl(['promote', item?.digest ?? '', ...where]);
    expect(without.stderr).to.contain('-m, --message');
    expect((await routerctl(['promote', item?.digest ?? '', '-m', 'meant', ...where])).code).to.equal(0);
    expect(routesOf(state)).to.deep.equal(['a']);
    expect((await routerctl(['reconcile', ...where])).code).to.equal(0);
    await checkState(state);
  });
});

describe('an edit that touches a protected interface', () => {
  const router = (metric: number): string =>
    `${JSON.stringify({
      apiVersion: 'routerd.net/v1alpha1',
      kind: 'Router',
      metadata: { name: 'r' },
      spec: {
        resources: [route('uplink', { metric }), route('lan', { device: 'eth1', metric })],
        reconcile: { protectedInterfaces: ['eth0'] },
      },
    })}\n`;

  it('is asked about: nothing is committed until the answer is --yes', async () => {
    const config = await configDir({ 'router.yaml': router(1) });
    const state = join(await tempDir(), 'S');
    const where = ['--config', config, '--state', state];
    await routerctl(['reconcile', ...where]);
    const before = userGit(state, 'rev-parse', 'main');
    await writeFiles(config, { 'router.yaml': router(2) });

    const asked = await routerctl(['reconcile', ...where]);
    expect(asked.code).to.equal(1);
    expect(asked.stderr).to.contain(
      'IPv4Route/uplink would be changed: it names the protected interface eth0',
    );
    expect(asked.stderr).to.contain('--confirm 10m').and.to.contain('--yes');
    expect(userGit(state, 'rev-parse', 'main')).to.equal(before);
    expect(userGit(state, 'for-each-ref', 'refs/held')).to.equal('');

    expect((await routerctl(['reconcile', '--yes', ...where])).code).to.equal(0);
    expect(userGit(state, 'show', 'main:effective-config.yaml')).to.contain('metric: 2');
    await checkState(state);
  });
});
