import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { cp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeEvent } from '../../protocol/event.js';
import type { ValueMap } from '../../protocol/resource.js';
import { formatTime } from '../../protocol/time.js';
import { inboxPath } from '../../reconciler/state-dir.js';
import { drop } from '../../state/inbox.js';
import { copyExample } from '../rig/config-dir.js';
import { DaemonRig } from '../rig/daemon-rig.js';
import { answering } from '../rig/driven-plugins.js';
import { checkState, history } from '../rig/invariants.js';
import { writtenClasses } from '../rig/pool-setting.js';
import { until } from '../rig/processes.js';

const fixed = ['10.0.1.1 RemoteHomeOwned', '10.0.1.4 LocalRouterSelf'];

/** A daemon under examples/mobility, whose planner the test drives and whose inventory plugin is the real one. */
class MobilityRig {
  private constructor(readonly rig: DaemonRig) {}

  static async start(): Promise<MobilityRig> {
    const rig = await DaemonRig.create();
    await rm(rig.config, { recursive: true });
    await cp(await copyExample('mobility'), rig.config, { recursive: true });
    await rig.start();
    await rig.look();
    rig.plugins.open('oci-planner').answer({ actionPlans: [] });
    return new MobilityRig(rig);
  }

  get cloud(): string {
    return join(this.rig.config, 'plugins/oci-executor/cloud.json');
  }

  /** Gives the machine `app` these addresses. */
  async setApp(...addresses: string[]): Promise<void> {
    const cloud = JSON.parse(await readFile(this.cloud, 'utf8')) as { nics: Record<string, unknown> };
    cloud.nics['ocid1.vnic.oc1..app'] = addresses.map(address => ({ address, id: address }));
    await writeFile(this.cloud, JSON.stringify(cloud));
  }

  async tell(said: 'observed' | 'expired', address: string): Promise<void> {
    const now = this.rig.clock.now();
    const attributes: ValueMap = {
      pool: 'app-pool',
      node: 'azure-router',
      address,
      observedAt: formatTime(now),
      expiresAt: formatTime(now + 600_000),
    };
    const id = `${said}-${now}`;
    const event = { id, topic: `routerd.client.ipv4.${said}`, time: now, source: 'test', attributes };
    await drop(inboxPath(this.rig.state), `${id}.json`, JSON.stringify(encodeEvent(event)));
    await this.rig.look();
  }

  async decides(...classes: string[]): Promise<void> {
    const wanted = [...fixed, ...classes].join();
    await until(`the decisions are ${wanted}`, async () => {
      await this.rig.idle();
      return this.written().join() === wanted;
    });
  }

  written(): string[] {
    return existsSync(join(this.rig.state, 'inventory/app-pool.ownership.yaml'))
      ? writtenClasses(this.rig, 'app-pool')
      : [];
  }

  /** The causes of the last commit of an inventory. */
  causes(): readonly string[] {
    return (
      history(this.rig.state)
        .findLast(({ subject }) => subject.startsWith('inventory: '))
        ?.trailers.get('Trigger') ?? []
    );
  }
}

describe('the daemon under examples/mobility', function () {
  this.timeout(120_000);

  it('follows an address from home to home, through a capture, by itself', async () => {
    const mobility = await MobilityRig.start();
    const { rig } = mobility;
    await mobility.decides('10.0.1.30 LocalHomeOwned');

    await mobility.setApp('10.0.1.20');
    await rig.advance(30_000);
    await mobility.decides('10.0.1.20 LocalHomeOwned', '10.0.1.30 LocalHomeOwned');

    await mobility.setApp();
    await mobility.tell('observed', '10.0.1.20');
    await mobility.decides('10.0.1.20 RemoteHomeOwned', '10.0.1.30 LocalHomeOwned');
    expect(mobility.causes()).to.deep.equal(['event app-pool (azure-router)']);

    // The policy lets it execute what is planned.
    const policy = await readFile(join(rig.config, 'policy.yaml'), 'utf8');
    const plans = await readFile(join(rig.config, 'plugins/oci-planner/capture.json'), 'utf8');
    rig.plugins.behave('oci-planner', answering({ actionPlans: JSON.parse(plans) as ValueMap[] }));
    await rig.edit({ 'policy.yaml': policy.replace('requireApproval: true', 'requireApproval: false') });
    await mobility.tell('expired', '10.0.1.20');
    await until('the provider shows the capture', async () => {
      await rig.advance(30_000);
      return mobility.written().includes('10.0.1.20 ConfirmedCapture');
    });

    await mobility.tell('observed', '10.0.1.20');
    await mobility.decides('10.0.1.20 StaleCapture', '10.0.1.30 LocalHomeOwned');
    await rig.stop();
    await checkState(rig.state);
  });

  it('holds what it had while the subnet cannot be listed, for twice the scan interval, and then withdraws it', async () => {
    const mobility = await MobilityRig.start();
    const { rig } = mobility;
    await mobility.decides('10.0.1.30 LocalHomeOwned');
    await rename(mobility.cloud, `${mobility.cloud}.away`);
    await rig.advance(30_000);
    await until('the failure is committed', async () => {
      await rig.idle();
      return mobility.causes().includes('inventory app-pool (oci-inventory, failed)');
    });
    const heldAt = rig.clock.now();
    await mobility.decides('10.0.1.30 LocalHomeOwned');
    await rig.advance(59_000);
    await mobility.decides('10.0.1.30 LocalHomeOwned');
    await rig.advance(heldAt + 60_000 - rig.clock.now());
    await mobility.decides();
    const last = history(rig.state).at(-1);
    expect(last?.subject).to.equal('inventory: app-pool: 1 decision');

    // It comes back when it is seen again.
    await rename(`${mobility.cloud}.away`, mobility.cloud);
    await rig.advance(31_000);
    await mobility.decides('10.0.1.30 LocalHomeOwned');
    await rig.stop();
    await checkState(rig.state);
  });

  it('commits nothing while nothing changes, however often it looks', async () => {
    const mobility = await MobilityRig.start();
    const { rig } = mobility;
    await mobility.decides('10.0.1.30 LocalHomeOwned');
    const commits = () =>
      history(rig.state).filter(({ subject }) => subject.startsWith('inventory: ')).length;
    const before = commits();
    for (let scan = 0; scan < 5; scan++) {
      const scans = rig.log.filter(({ message }) => message === 'inventory succeeded').length;
      await rig.advance(31_000);
      await until('it has looked', async () => {
        await rig.idle();
        return rig.log.filter(({ message }) => message === 'inventory succeeded').length > scans;
      });
    }
    expect(commits()).to.equal(before);
    await rig.stop();
  });

  it('drops the files of a pool that is configured no more', async () => {
    const mobility = await MobilityRig.start();
    const { rig } = mobility;
    await mobility.decides('10.0.1.30 LocalHomeOwned');
    const router = await readFile(join(rig.config, 'router.yaml'), 'utf8');
    const without = router.replace(/ {4}- apiVersion: mobility[\s\S]*?(?=^---)/m, '');
    expect(without).not.to.contain('MobilityPool\n');
    await rig.edit({ 'router.yaml': 'a: [\n' });
    expect(mobility.written(), 'a broken file ends nothing').to.have.length(3);
    await rig.edit({ 'router.yaml': without });
    await until('the files are gone', async () => {
      await rig.idle();
      return !existsSync(join(rig.state, 'inventory'));
    });
    expect(mobility.causes()).to.deep.equal(['ownership app-pool']);
    await rig.stop();
    await checkState(rig.state);
  });
});
