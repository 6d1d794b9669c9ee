import { expect } from 'chai';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cloudedge, inventory, replaceIn, untilPast } from '../rig/cloudedge.js';
import type { Cloudedge } from '../rig/cloudedge.js';
import { addPlugin, answers, configDir, setProgram, writeFiles } from '../rig/config-dir.js';
import type { Plan } from '../rig/documents.js';
import { checkState } from '../rig/invariants.js';
import { routerctl } from '../rig/routerctl.js';
import { tempDir } from '../rig/temp.js';

const good = answers('oci-inventory', inventory);

async function reconciled(ttl = '300s'): Promise<Cloudedge> {
  const here = await cloudedge(good, ttl);
  expect((await routerctl(['reconcile', ...here.where])).code).to.equal(0);
  return here;
}

/** A field that is misspelt: line 15, column 9 of the example's router.yaml. */
const misspell = ({ router }: Cloudedge) => replaceIn(router, 'gateway: 192.0.2.1', 'gatway: 192.0.2.1');
const place = 'router.yaml:15:9';

describe('a broken startup-config', () => {
  it('leaves HEAD as it was, is named at its place, and goes by being repaired', async () => {
    const here = await reconciled();
    const before = await readFile(here.router, 'utf8');
    await misspell(here);
    const broken = await routerctl(['reconcile', ...here.where]);
    expect(broken.code).to.equal(1);
    expect(broken.stderr).to.contain(`${place}: error: \`gatway\` is not a field of IPv4Route spec`);
    expect(broken.stderr).to.contain('did you mean `gateway`?');
    expect(broken.stderr).to.contain('the startup-config is broken: the one of generation 1 stays in force');
    expect(broken.stdout).to.equal('nothing changed: generation 1 stays in force\n');
    expect(await checkState(here.state)).to.have.length(1);

    await writeFile(here.router, before.replace('192.0.2.1', '192.0.2.2'));
    const repaired = await routerctl(['reconcile', ...here.where]);
    expect([repaired.code, repaired.stderr]).to.deep.equal([0, '']);
    expect(repaired.stdout).to.contain('committed generation 2 ');
    expect(await checkState(here.state)).to.have.length(2);
  });

  const breakages: readonly (readonly [what: string, from: string, to: string, place: string])[] = [
    ['an unclosed bracket', 'operations: [mask]', 'operations: [mask', 'router.yaml:58:19'],
    ['a tab', '  name: cloudedge', '\tname: cloudedge', 'router.yaml:6:1'],
    ['an unknown plugin', 'pluginRef: oci-inventory', 'pluginRef: oci', 'router.yaml:45:14'],
    ['a second resource of one name', 'name: cloud-app-static-fallback', 'name: default', 'router.yaml:18:7'],
  ];
  it('is named at its place, whatever is wrong with it', async () => {
    const here = await reconciled();
    const text = await readFile(here.router, 'utf8');
    for (const [what, from, to, expected] of breakages) {
      await replaceIn(here.router, from, to);
      const { code, stderr } = await routerctl(['reconcile', ...here.where]);
      expect(code, what).to.equal(1);
      const places = stderr.split('\n').filter(line => /^\S+: error: /.test(line));
      expect(
        places.map(line => line.split(': ')[0]),
        what,
      ).to.deep.equal([expected]);
      await writeFile(here.router, text);
    }
    expect(await checkState(here.state)).to.have.length(1);
  });

  it('does not keep leases from ending', async () => {
    const here = await cloudedge(good, '1500ms');
    const first = (await routerctl(['reconcile', ...here.where, '-o', 'json'])).json() as Plan;
    await misspell(here);
    await untilPast(first.plugins[0]?.part?.expiresAt ?? '');
    const { code, json } = await routerctl(['reconcile', ...here.where, '-o', 'json']);
    expect(code).to.equal(1);
    const result = json() as Plan;
    expect(result.problems.map(({ reason }) => reason)).to.deep.equal([
      'UnknownField',
      'LeaseShorterThanInterval',
    ]);
    expect(result.changes.map(({ action }) => action)).to.deep.equal(['removed', 'unmasked']);
    expect(result.startupConfigHash).to.equal(first.startupConfigHash);
    const [, second] = await checkState(here.state);
    expect(second?.trailers.get('Trigger')).to.deep.equal(['expiry Plugin/oci-inventory#1']);
    expect(second?.files.get('effective-config.yaml')).to.contain('gateway: 192.0.2.1');
  });

  it('does not keep plugins from running, under the last one that was accepted', async () => {
    const here = await reconciled();
    await misspell(here);
    await setProgram(here.config, 'oci-inventory', answers('oci-inventory', {}));
    const { code, json } = await routerctl(['reconcile', ...here.where, '-o', 'json']);
    expect(code).to.equal(1);
    const result = json() as Plan;
    expect(result.plugins.map(({ outcome, part }) => [outcome, part?.generation])).to.deep.equal([
      ['accepted', 2],
    ]);
    const [first, second] = await checkState(here.state);
    expect(second?.trailers.get('Trigger')).to.deep.equal(['input oci-inventory']);
    expect(second?.files.get('startup-config.yaml')).to.equal(first?.files.get('startup-config.yaml'));
  });

  it('lets plugin run go on, which exits with 1 as well', async () => {
    const here = await reconciled();
    await misspell(here);
    await setProgram(here.config, 'oci-inventory', answers('oci-inventory', {}));
    const { code, stderr, stdout } = await routerctl(['plugin', 'run', 'oci-inventory', ...here.where]);
    expect(code).to.equal(1);
    expect(stderr).to.contain(place);
    expect(stdout).to.contain('plugin oci-inventory: accepted Plugin/oci-inventory#2');
    expect(await checkState(here.state)).to.have.length(2);
  });

  it('shows in the conditions of status until it is repaired', async () => {
    const here = await reconciled();
    const conditions = async () => {
      const { json } = await routerctl(['status', ...here.where, '-o', 'json']);
      const status = json() as {
        readonly conditions: readonly { type: string; status: string; message: string }[];
        readonly lastAttempted: { readonly valid: boolean };
        readonly lastApplied: { readonly generation: number };
      };
      expect(status.lastApplied.generation).to.equal(1);
      const [ready, , stalled] = status.conditions;
      return { ready, stalled: stalled?.status, valid: status.lastAttempted.valid };
    };
    expect((await conditions()).ready).to.include({ type: 'Ready', status: 'True' });
    await misspell(here);
    await routerctl(['reconcile', ...here.where]);
    const broken = await conditions();
    expect(broken.ready).to.include({ type: 'Ready', status: 'False' });
    expect(broken.ready?.message).to.contain(place);
    expect([broken.stalled, broken.valid]).to.deep.equal(['True', false]);
    await replaceIn(here.router, 'gatway', 'gateway');
    await routerctl(['reconcile', ...here.where]);
    const repaired = await conditions();
    expect([repaired.ready?.status, repaired.stalled, repaired.valid]).to.deep.equal(['True', 'False', true]);
  });

  it('makes a dry-run fail, with the same report', async () => {
    const here = await reconciled();
    await misspell(here);
    for (const more of [[], ['--detailed-exitcode']]) {
      const { code, json } = await routerctl([
        'reconcile',
        '--dry-run',
        ...more,
        ...here.where,
        '-o',
        'json',
      ]);
      expect(code).to.equal(1);
      const plan = json() as Plan;
      expect(plan.changed).to.equal(false);
      expect(plan.problems.map(({ reason, place }) => [reason, place?.file, place?.line])).to.deep.equal([
        ['UnknownField', 'router.yaml', 15],
      ]);
    }
  });

  it('leaves the plugin of the accepted configuration in charge when a manifest takes its name', async () => {
    const here = await reconciled();
    const program = join(here.config, 'plugins/oci-inventory/bin/oci-inventory');
    const inline = {
      apiVersion: 'plugin.routerd.net/v1alpha1',
      kind: 'Plugin',
      metadata: { name: 'inline' },
      spec: { executable: program, capabilities: ['observe.cloud'] },
    };
    await writeFiles(here.config, { 'inline.yaml': JSON.stringify(inline) });
    const ran = await routerctl(['reconcile', ...here.where, '-o', 'json']);
    expect((ran.json() as Plan).plugins.map(({ name }) => name)).to.deep.equal(['oci-inventory', 'inline']);
    await addPlugin(here.config, 'inline', { program: answers('inline', {}), ttl: null });
    const { code, json } = await routerctl(['reconcile', ...here.where, '-o', 'json']);
    expect(code).to.equal(1);
    const { plugins, problems } = json() as Plan;
    expect(problems.map(({ reason }) => reason)).to.deep.equal(['DuplicateResource']);
    expect(plugins.map(({ name }) => name)).to.deep.equal(['oci-inventory', 'inline']);
    await checkState(here.state);
  });

  it('makes no generation at all where there was none before', async () => {
    const config = await configDir({ 'router.yaml': 'kind: [\n' });
    const state = join(await tempDir(), 'S');
    const { code, stdout, stderr } = await routerctl(['reconcile', '--config', config, '--state', state]);
    expect([code, stdout]).to.deep.equal([1, 'nothing to commit\n']);
    expect(stderr).to.contain('router.yaml:1:7: error: ');
    const list = await routerctl(['generation', 'list', '--state', state]);
    expect([list.code, list.stdout]).to.deep.equal([1, '']);
    expect(list.stderr).to.contain('there is no generation yet');
  });
});
