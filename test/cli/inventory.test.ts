import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { lockPath } from '../../reconciler/state-dir.js';
import { acquireLock } from '../../state/lock.js';
import { addPlugin, printing, writeFiles } from '../rig/config-dir.js';
import { checkState, history } from '../rig/invariants.js';
import { memberValue } from '../rig/mobility.js';
import {
  farAway,
  look,
  observed,
  owners,
  poolRouter,
  poolSetting,
  seeing,
  setSeen,
  tell,
  writtenClasses,
} from '../rig/pool-setting.js';
import { until } from '../rig/processes.js';
import { routerctl } from '../rig/routerctl.js';
import { killDaemons, startRouterd } from '../rig/routerd.js';
import { must } from '../rig/store.js';
import { tempDir } from '../rig/temp.js';

interface Run {
  readonly outcome: { readonly status: string; readonly message: string };
  readonly changed: boolean;
  readonly committed: boolean;
  readonly decisions: readonly { readonly address: string; readonly was: string; readonly is: string }[];
  readonly events: readonly { readonly topic: string }[];
}

const movesOf = ({ decisions }: Run) => decisions.map(({ address, was, is }) => `${address} ${was} -> ${is}`);

describe('routerctl inventory run', () => {
  it('commits what it sees, tells about it, and commits nothing when it sees the same again', async () => {
    const here = await poolSetting({ seen: seeing(20) });
    const first = await look(here, '-o', 'json');
    expect([first.code, first.stderr]).to.deep.equal([0, '']);
    const run = first.json() as Run;
    expect(run).to.include({ kind: 'InventoryRun', pool: 'app', node: 'oci', plugin: 'oci-inventory' });
    expect(run).to.include({ changed: true, committed: true, dryRun: false });
    expect(movesOf(run)).to.deep.equal([
      '10.0.1.4 none -> LocalRouterSelf',
      '10.0.1.20 none -> LocalHomeOwned',
    ]);
    expect(run.events.map(({ topic }) => topic)).to.deep.equal([
      'routerd.client.ipv4.observed',
      'routerd.mobility.inventory.snapshot',
    ]);
    const events = await routerctl(['event', 'list', ...here.where, '--topic', 'routerd.client.*']);
    expect(events.stdout).to.match(/ routerd\.client\.ipv4\.observed .* address=10\.0\.1\.20 /);

    const again = await look(here);
    expect([again.code, again.stdout]).to.deep.equal([
      0,
      'app on oci: succeeded (oci-inventory)\nnothing changed\n',
    ]);
    const commits = await checkState(here.state);
    expect(commits).to.have.length(2);
    expect(commits.at(-1)?.trailers.get('Trigger')).to.deep.equal([
      'inventory app (oci-inventory, succeeded)',
    ]);
    expect(commits.at(-1)?.author).to.equal('Plugin/oci-inventory');
  });

  it('writes nothing in a dry-run, which takes the events that wait into account', async () => {
    const here = await poolSetting({ seen: seeing(20) });
    await tell(here, 'observed', { address: '10.0.1.30', expiresAt: farAway });
    const { code, json } = await look(here, '--dry-run', '-o', 'json');
    expect(code).to.equal(0);
    const run = json() as Run;
    expect(run).to.include({ dryRun: true, changed: true, committed: false });
    expect(movesOf(run)).to.deep.equal([
      '10.0.1.4 none -> LocalRouterSelf',
      '10.0.1.20 none -> LocalHomeOwned',
      '10.0.1.30 none -> RemoteHomeOwned',
    ]);
    expect(history(here.state)).to.have.length(1);
    expect(existsSync(join(here.state, 'run/inventory.yaml'))).to.equal(false);
    expect((await look(here, '--dry-run')).stdout).to.contain('would commit: inventory/app.oci.yaml, ');
  });

  it('takes in what other nodes say, whose word counts until it is taken back', async () => {
    const here = await poolSetting({ seen: seeing() });
    await tell(here, 'observed', { address: '10.0.1.30', expiresAt: farAway });
    expect((await look(here)).code).to.equal(0);
    expect(writtenClasses(here)).to.include('10.0.1.30 RemoteHomeOwned');
    expect(history(here.state).at(-1)?.trailers.get('Trigger')).to.include('event app (aws)');
    await tell(here, 'expired', { address: '10.0.1.30' });
    expect((await look(here)).code).to.equal(0);
    expect(writtenClasses(here)).to.deep.equal(['10.0.1.4 LocalRouterSelf']);
    await checkState(here.state);
  });

  it('holds what it had when the listing fails, and exits with 1', async () => {
    const here = await poolSetting({ seen: seeing(20) });
    await look(here);
    await setSeen(here, { status: 'failed', error: 'no credentials' });
    const { code, stdout } = await look(here);
    expect(code).to.equal(1);
    expect(stdout).to.match(/^app on oci: failed \(oci-inventory\): no credentials$/m);
    expect(stdout).to.match(/^ {2}10\.0\.1\.20 LocalHomeOwned: it lived on this side and is held/m);
    expect(writtenClasses(here)).to.include('10.0.1.20 LocalHomeOwned');
    const [item] = ((await routerctl(['inventory', 'list', ...here.where, '-o', 'json'])).json() as Items)
      .items;
    expect(item).to.deep.include({ owned: 0, held: 1 });
    expect(item?.lastScan).to.include({ outcome: 'failed', message: 'no credentials', failures: 1 });
  });

  it('changes nothing when the listing is skipped, and exits with 0', async () => {
    const here = await poolSetting({ seen: seeing(20) });
    await look(here);
    await setSeen(here, { status: 'skipped', message: 'in maintenance' });
    const { code, stdout } = await look(here);
    expect([code, stdout]).to.deep.equal([
      0,
      'app on oci: skipped (oci-inventory): in maintenance\nnothing changed\n',
    ]);
  });

  it('fails without exactly one plugin to ask, and names them', async () => {
    const here = await poolSetting();
    for (const name of ['one', 'two'])
      await addPlugin(here.config, name, {
        program: printing(observed(seeing())),
        spec: { capabilities: ['observe.providerPrivateIPs'] },
        ttl: null,
      });
    await writeFiles(here.config, {
      'router.yaml': poolRouter({
        pool: {
          members: [
            memberValue({ ownershipDiscovery: { mode: 'provider-private-ip', pluginRef: 'absent' } }),
          ],
        },
      }),
    });
    const { code, stdout } = await look(here);
    expect(code).to.equal(1);
    expect(stdout).to.contain('app on oci: failed: there is no plugin absent');
    const list = await routerctl(['inventory', 'list', ...here.where]);
    expect([list.code, list.stderr]).to.deep.equal([
      0,
      'routerctl: pool app: there is no plugin absent, which ownershipDiscovery.pluginRef names\n',
    ]);
  });

  it('asks nobody for a member that looks for nothing, and takes events in all the same', async () => {
    const here = await poolSetting({ pool: { members: [{ nodeRef: 'oci' }, { nodeRef: 'aws' }] } });
    await tell(here, 'observed', { address: '10.0.1.30', expiresAt: farAway });
    const { code, stdout } = await look(here);
    expect(code).to.equal(0);
    expect(stdout).to.match(/^app on oci: skipped: its member oci has no ownershipDiscovery/m);
    expect(writtenClasses(here)).to.deep.equal(['10.0.1.30 RemoteHomeOwned']);
    await checkState(here.state);
  });

  it('says who holds the lock, and exits with 75', async () => {
    const here = await poolSetting();
    const lock = must(
      await acquireLock(lockPath(here.state), { timeoutMs: 0, holder: { command: 'another writer' } }),
    );
    try {
      const { code, stderr } = await look(here, '--lock-timeout', '0');
      expect(code).to.equal(75);
      expect(stderr).to.contain('another writer');
      expect((await look(here, '--dry-run')).code).to.equal(0);
    } finally {
      await lock.release();
    }
  });
});

interface Items {
  readonly items: readonly {
    readonly node: string;
    readonly owned: number;
    readonly held: number;
    readonly lastScan: object | null;
  }[];
}

describe('routerctl inventory list, show', () => {
  it('show a pool before and after the first look', async () => {
    const here = await poolSetting({ seen: seeing(20) });
    const before = await routerctl(['inventory', 'list', ...here.where]);
    expect([before.code, before.stderr]).to.deep.equal([0, '']);
    expect(before.stdout).to.match(/^app +oci +oci +oci-inventory +never +- +0 +0 +0$/m);
    const empty = await routerctl(['inventory', 'show', 'app', ...here.where]);
    expect(empty.code).to.equal(0);
    expect(empty.stdout).to.contain('Candidates: none\n');

    await tell(here, 'observed', { address: '10.0.1.30', expiresAt: farAway });
    await look(here);
    const after = await routerctl(['inventory', 'list', ...here.where]);
    expect(after.stdout).to.match(/^app +oci +oci +oci-inventory +succeeded \S+Z +\S+ +1 +0 +0$/m);
    const { json, stdout } = await routerctl(['inventory', 'show', 'app', ...here.where, '-o', 'json']);
    expect(stdout).not.to.contain('undefined');
    const shown = json() as {
      readonly candidates: readonly object[];
      readonly remoteHomes: readonly object[];
      readonly self: object;
    };
    expect(shown).to.include({ kind: 'Inventory', pool: 'app', node: 'oci' });
    expect(shown.candidates[0]).to.include({ address: '10.0.1.20', state: 'owned' });
    expect(shown.remoteHomes[0]).to.include({ address: '10.0.1.30', node: 'aws' });
    expect(shown.self).to.deep.include({ privateIPs: ['10.0.1.4'] });
    const text = await routerctl(['inventory', 'show', 'app', ...here.where]);
    expect(text.stdout).to.match(/^10\.0\.1\.20 +owned +- /m);
    expect(text.stdout).to.match(/^10\.0\.1\.30 +aws /m);
  });

  it('go by the EventGroup, by ROUTERD_NODE before that, and by --node before both', async () => {
    const here = await poolSetting();
    const nodeOf = async (env: Record<string, string>, ...args: string[]) => {
      const { json } = await routerctl(['inventory', 'list', ...here.where, ...args, '-o', 'json'], { env });
      return (json() as Items).items.map(({ node }) => node);
    };
    expect(await nodeOf({})).to.deep.equal(['oci']);
    expect(await nodeOf({ ROUTERD_NODE: 'aws' })).to.deep.equal(['aws']);
    expect(await nodeOf({ ROUTERD_NODE: 'aws' }, '--node', 'azure')).to.deep.equal(['azure']);
    const nobody = await routerctl(['inventory', 'list', ...here.where, '--node', 'gcp']);
    expect([nobody.code, nobody.stderr]).to.deep.equal([
      0,
      'routerctl: pool app: it has no member "gcp"; its members: oci, aws, azure\n',
    ]);
    for (const command of [['inventory', 'show'], ['inventory', 'run'], ['ownership']]) {
      const { code, stderr } = await routerctl([...command, 'app', ...here.where, '--node', 'gcp']);
      expect([code, stderr], command.join(' ')).to.deep.equal([1, nobody.stderr]);
    }
  });

  it('name the pools there are when asked for another one', async () => {
    const here = await poolSetting();
    for (const command of [['inventory', 'show'], ['inventory', 'run'], ['ownership']]) {
      const { code, stdout, stderr } = await routerctl([...command, 'ap', ...here.where]);
      expect([code, stdout, stderr]).to.deep.equal([1, '', 'routerctl: there is no pool "ap"; known: app\n']);
    }
  });

  it('say that there is no generation yet, and make no directory', async () => {
    const state = join(await tempDir(), 'S');
    for (const command of [
      ['inventory', 'list'],
      ['inventory', 'run', 'app'],
      ['ownership', 'app'],
    ]) {
      const { code, stderr } = await routerctl([...command, '--state', state, '--config', '/nowhere']);
      expect(code).to.equal(1);
      expect(stderr).to.contain('there is no generation yet');
    }
    expect(existsSync(state)).to.equal(false);
  });

  it('blank what looks like a secret among the tags, unless asked not to', async () => {
    const status = seeing(20);
    const tagged = { address: '10.0.1.21', nicRef: 'nic-21', tags: { 'api-token': 's3cret', tier: 'app' } };
    const here = await poolSetting({ seen: { ...status, localIPs: [tagged], observedCandidates: [tagged] } });
    const run = await look(here, '-o', 'json');
    expect(run.stdout).not.to.contain('s3cret');
    for (const format of ['table', 'json', 'yaml']) {
      const shown = await routerctl(['inventory', 'show', 'app', ...here.where, '-o', format]);
      expect([shown.code, shown.stdout.includes('s3cret')]).to.deep.equal([0, false]);
    }
    const open = await routerctl([
      ...['inventory', 'show', 'app', ...here.where, '-o', 'json', '--show-secrets'],
    ]);
    expect(open.stdout).to.contain('s3cret');
  });

  it('print no terminal escape that a provider sends', async () => {
    const here = await poolSetting({ seen: { status: 'failed', error: 'a\u001b[31mb' } });
    const run = await look(here);
    expect(run.stdout).to.contain('a\\u001b[31mb');
    for (const format of ['table', 'json', 'yaml'])
      expect(
        (await routerctl(['inventory', 'show', 'app', ...here.where, '-o', format])).stdout,
      ).not.to.contain('\u001b');
    expect((await owners(here, [])).stdout).not.to.contain('\u001b');
  });
});

describe('routerd and mobility pools', function () {
  this.timeout(60_000);
  afterEach(killDaemons);

  it('looks as the node that --node says, and takes in what others tell at once', async () => {
    const members = [memberValue(), memberValue({ nodeRef: 'aws' })];
    const here = await poolSetting({ pool: { members }, seen: seeing(20) });
    const daemon = await startRouterd([...here.where, '--node', 'aws'], { ROUTERD_NODE: 'oci' });
    const file = (name: string) => existsSync(join(here.state, 'inventory', name));
    await until('it has looked', () => file('app.aws.yaml'));
    expect(file('app.oci.yaml')).to.equal(false);
    await tell(here, 'observed', { node: 'oci', address: '10.0.1.30', expiresAt: farAway });
    await until('it has taken in the event', () =>
      writtenClasses(here).includes('10.0.1.30 RemoteHomeOwned'),
    );
    expect(await daemon.stop()).to.equal(0);

    const other = await startRouterd(here.where, { ROUTERD_NODE: 'oci' });
    await until('it is another node now', () => file('app.oci.yaml') && !file('app.aws.yaml'));
    expect(await other.stop()).to.equal(0);
    await checkState(here.state);
  });

  it('says which pools it cannot tell itself in, and goes on', async () => {
    const here = await poolSetting();
    const daemon = await startRouterd([...here.where, '--node', 'gcp']);
    await until('it says so', () => daemon.log().includes('it has no member "gcp"'));
    expect(await daemon.stop()).to.equal(0);
  });
});
