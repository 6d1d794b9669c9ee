import { expect } from 'chai';
import type { PartSummary, Plan, PluginEntry } from '../rig/documents.js';
import { answers, setProgram } from '../rig/config-dir.js';
import { cloudedge, inventory, untilPast } from '../rig/cloudedge.js';
import type { Cloudedge } from '../rig/cloudedge.js';
import { checkState } from '../rig/invariants.js';
import { routerctl } from '../rig/routerctl.js';

const shortTtl = '1500ms';
const good = answers('oci-inventory', inventory);

/** A first pass that takes in the plugin's part; its lease ends a moment later. */
async function firstPass({ where }: Cloudedge): Promise<PartSummary> {
  const { code, json } = await routerctl(['reconcile', ...where, '-o', 'json']);
  expect(code).to.equal(0);
  const [plugin] = (json() as Plan).plugins;
  if (plugin?.part === undefined) throw new Error('the plugin gave no part');
  return plugin.part;
}

function outcomes(plugins: readonly PluginEntry[]): string[] {
  return plugins.map(({ name, outcome }) => `${name} ${outcome}`);
}

describe('the end of a lease', () => {
  it('brings the masked route back and takes the claim away, while the plugin fails', async () => {
    const here = await cloudedge(good, shortTtl);
    const part = await firstPass(here);
    await setProgram(here.config, 'oci-inventory', '#!/bin/sh\necho "no such account" >&2\nexit 3\n');
    await untilPast(part.expiresAt);

    const { code, json } = await routerctl(['reconcile', ...here.where, '-o', 'json']);
    expect(code, 'the plugin was due and failed').to.equal(1);
    const result = json() as Plan;
    expect(outcomes(result.plugins)).to.deep.equal(['oci-inventory failed']);
    expect(result.plugins[0]?.problems.map(({ reason }) => reason)).to.deep.equal(['PluginExited']);
    expect(result.generation).to.deep.equal({ current: 1, next: 2 });
    expect(
      result.changes.map(({ action, resource, source, reason }) => [action, resource.name, source, reason]),
    ).to.deep.equal([
      ['removed', 'app-10-0-1-123', 'Plugin/oci-inventory#1', 'its lease ended'],
      ['unmasked', 'cloud-app-static-fallback', 'Plugin/oci-inventory#1', 'its lease ended'],
    ]);
    expect(result.findings.map(({ reason, source }) => [reason, source])).to.deep.include([
      'PartExpired',
      'Plugin/oci-inventory#1',
    ]);

    const [, second] = await checkState(here.state);
    expect(second?.id).to.equal(result.commit);
    expect(second?.trailers.get('Trigger')).to.deep.equal(['expiry Plugin/oci-inventory#1']);
    expect(second?.author).to.equal('routerd');
    expect(second?.files.has('parts/Plugin-oci-inventory.yaml')).to.equal(false);
    const effective = second?.files.get('effective-config.yaml');
    expect(effective).to.contain('name: cloud-app-static-fallback');
    expect(effective).not.to.contain('app-10-0-1-123');
    expect(effective).to.equal(second?.files.get('startup-config.yaml'));
  });

  it('reruns nobody by itself', async () => {
    const here = await cloudedge(good, shortTtl);
    const part = await firstPass(here);
    await untilPast(part.expiresAt);
    const listed = await routerctl(['dynamic', 'list', '--state', here.state, '-o', 'json']);
    expect(
      (listed.json() as { items: { status: string }[] }).items.map(({ status }) => status),
    ).to.deep.equal(['expired']);
    const { code, stdout } = await routerctl(['reconcile', ...here.where]);
    expect(code, 'no due plugin failed').to.equal(0);
    expect(stdout).to.contain('committed generation 2 ');
    expect(stdout).not.to.contain('plugin oci-inventory:');
    const again = await routerctl(['reconcile', ...here.where]);
    expect([again.code, again.stdout]).to.deep.equal([0, 'nothing changed: generation 2 stays in force\n']);
    expect(await checkState(here.state)).to.have.length(2);
  });

  it('never gives a number twice: the same content later is the next one', async () => {
    const here = await cloudedge(good, shortTtl);
    await untilPast((await firstPass(here)).expiresAt);
    await routerctl(['reconcile', ...here.where]);
    const { code, stdout } = await routerctl(['plugin', 'run', 'oci-inventory', ...here.where]);
    expect(code).to.equal(0);
    expect(stdout).to.contain('plugin oci-inventory: accepted Plugin/oci-inventory#2');
    const [first, second, third] = await checkState(here.state);
    const hash = 'Effective-Config-Hash';
    expect(third?.trailers.get(hash)).to.deep.equal(first?.trailers.get(hash));
    expect(third?.trailers.get(hash)).not.to.deep.equal(second?.trailers.get(hash));
    expect(third?.trailers.get('Trigger')).to.deep.equal(['manual oci-inventory']);
  });

  it('is shown before it comes about', async () => {
    const here = await cloudedge(good, shortTtl);
    await untilPast((await firstPass(here)).expiresAt);
    const { code, json } = await routerctl([
      ...['reconcile', '--dry-run', '--detailed-exitcode', ...here.where, '-o', 'json'],
    ]);
    expect(code).to.equal(2);
    const plan = json() as Plan;
    expect([plan.changed, plan.generation]).to.deep.equal([true, { current: 1, next: 2 }]);
    expect(plan.changes.map(({ action }) => action)).to.deep.equal(['removed', 'unmasked']);
    expect(await checkState(here.state)).to.have.length(1);
  });
});
