import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { route } from '../rig/build.js';
import { cloudedge, inventory, replaceIn } from '../rig/cloudedge.js';
import type { Cloudedge } from '../rig/cloudedge.js';
import { addPlugin, answers, setProgram, writeFiles } from '../rig/config-dir.js';
import type { Plan } from '../rig/documents.js';
import { checkState } from '../rig/invariants.js';
import { listing } from '../rig/listing.js';
import { routerctl } from '../rig/routerctl.js';
import type { Ended } from '../rig/routerctl.js';

const good = answers('oci-inventory', inventory);

/** A dry-run that is watched: nothing may change, in the state directory, the config directory, or beside them. */
async function dryRun(here: Cloudedge, ...more: string[]): Promise<Ended> {
  const places = [dirname(here.state), dirname(here.config)];
  const before = await Promise.all(places.map(listing));
  const ended = await routerctl(['reconcile', '--dry-run', ...here.where, ...more]);
  expect(await Promise.all(places.map(listing))).to.deep.equal(before);
  return ended;
}

async function planned(here: Cloudedge): Promise<Plan> {
  return (await dryRun(here, '-o', 'json')).json() as Plan;
}

async function reconciled(here: Cloudedge): Promise<Plan> {
  const { code, json } = await routerctl(['reconcile', ...here.where, '-o', 'json']);
  expect(code).to.equal(0);
  return json() as Plan;
}

/** What a plan and its execution have to agree upon. */
function promise({
  changed,
  generation,
  effectiveConfigHash,
  startupConfigHash,
  changes,
  diff,
  plugins,
}: Plan) {
  return {
    changed,
    generation,
    effectiveConfigHash,
    startupConfigHash,
    diff,
    // The lease runs from the moment of observation: each run has its own.
    changes: changes.map(change => ({ ...change, until: undefined })),
    plugins: plugins.map(({ name, outcome, part }) => [name, outcome, part?.generation, part?.digest]),
  };
}

describe('reconcile --dry-run', () => {
  it('makes no state directory, and predicts generation 1', async () => {
    const here = await cloudedge(good);
    const plan = await planned(here);
    expect(plan.kind).to.equal('ReconcilePlan');
    expect(plan.generation).to.deep.equal({ current: 0, next: 1 });
    expect(plan.effectiveConfigHash.current).to.equal(null);
    expect(plan).not.to.have.property('commit');
    expect(promise(await reconciled(here))).to.deep.equal(promise(plan));
    const [commit] = await checkState(here.state);
    expect(commit?.trailers.get('Effective-Config-Hash')).to.deep.equal([plan.effectiveConfigHash.next]);
    expect(commit?.trailers.get('Startup-Config-Hash')).to.deep.equal([plan.startupConfigHash]);
  });

  it('predicts a change, in text and JSON alike, and then it comes about', async () => {
    const here = await cloudedge(good);
    await reconciled(here);
    await replaceIn(here.router, 'device: wan0', 'device: wan1');
    await writeFiles(here.config, { 'more.yaml': JSON.stringify(route('more')) });
    await setProgram(here.config, 'oci-inventory', answers('oci-inventory', {}));

    const plan = await planned(here);
    const { code, stdout, stderr } = await dryRun(here);
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(plan.changes.map(({ action, resource }) => `${action} ${resource.name}`)).to.deep.equal([
      'added more',
      'removed app-10-0-1-123',
      'changed default',
      'unmasked cloud-app-static-fallback',
    ]);
    for (const { action, resource } of plan.changes) {
      expect(stdout).to.match(new RegExp(`^${action} +${resource.kind}/${resource.name}`, 'm'));
    }
    expect(stdout).to.contain('would commit generation 2: +2 -1 ~1\n');
    expect(plan.diff).to.match(/^--- .*\n\+\+\+ .*\n@@ /);
    expect(stdout.endsWith(`\n${plan.diff}`)).to.equal(true);
    expect(promise(await reconciled(here))).to.deep.equal(promise(plan));
    expect(await checkState(here.state)).to.have.length(2);
    expect((await planned(here)).changed).to.equal(false);
  });

  it('says with --detailed-exitcode whether a commit would be made', async () => {
    const here = await cloudedge(good);
    expect((await dryRun(here, '--detailed-exitcode')).code).to.equal(2);
    await reconciled(here);
    const same = await dryRun(here, '--detailed-exitcode');
    expect([same.code, same.stdout]).to.deep.equal([0, 'nothing changed: generation 1 stays in force\n']);
    await setProgram(here.config, 'oci-inventory', '#!/bin/sh\nexit 1\n');
    await replaceIn(here.router, 'device: wan0', 'device: wan1');
    const failing = await dryRun(here, '--detailed-exitcode', '-o', 'json');
    expect([failing.code, (failing.json() as Plan).changed]).to.deep.equal([1, true]);
  });

  it('takes a renewal for no change', async () => {
    const here = await cloudedge(good);
    await reconciled(here);
    await setProgram(here.config, 'oci-inventory', `${good}# another program, the same answer\n`);
    const plan = await planned(here);
    expect(plan.plugins.map(({ outcome, why }) => [outcome, why])).to.deep.equal([
      ['renewed', 'its inputs changed'],
    ]);
    expect([plan.changed, plan.generation, plan.diff]).to.deep.equal([false, { current: 1, next: 1 }, '']);
    expect(promise(await reconciled(here))).to.deep.equal(promise(plan));
    expect(await checkState(here.state)).to.have.length(1);
  });

  it('tells a commit that leaves the effective-config alone from a generation', async () => {
    const here = await cloudedge(good);
    await reconciled(here);
    await addPlugin(here.config, 'idle', { program: answers('idle', {}), ttl: null });
    const plan = await planned(here);
    expect([plan.changed, plan.generation, plan.changes, plan.diff]).to.deep.equal([
      true,
      { current: 1, next: 1 },
      [],
      '',
    ]);
    const { stdout } = await dryRun(here);
    expect(stdout).to.contain('would commit inputs; generation 1 stays in force\n');
    expect(promise(await reconciled(here))).to.deep.equal(promise(plan));
    const [, second] = await checkState(here.state);
    expect(second?.subject).to.match(/^config: /);
    expect(second?.trailers.has('Generation')).to.equal(false);
    expect(second?.trailers.get('Trigger')).to.deep.equal(['config plugins/idle/plugin.yaml']);
  });

  it('leaves the lease, the log and the schedule as they were', async () => {
    const here = await cloudedge(good);
    await reconciled(here);
    const run = (name: string) => readFile(join(here.state, 'run', name), 'utf8');
    const before = await Promise.all(['leases.yaml', 'status.yaml', 'log/plugins.jsonl'].map(run));
    await setProgram(here.config, 'oci-inventory', '#!/bin/sh\nexit 1\n');
    expect((await dryRun(here)).code).to.equal(1);
    expect(await Promise.all(['leases.yaml', 'status.yaml', 'log/plugins.jsonl'].map(run))).to.deep.equal(
      before,
    );
    // The failure of the dry-run is no failure of the plugin: it is due for its changed input still.
    expect((await planned(here)).plugins.map(({ why }) => why)).to.deep.equal(['its inputs changed']);
  });
});
