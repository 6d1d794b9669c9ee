import { expect } from 'chai';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ValueMap } from '../../protocol/resource.js';
import { mapOf, mapsOf, textOf } from '../../protocol/pick.js';
import { formatTime } from '../../protocol/time.js';
import { readOwn } from '../../reconciler/head.js';
import { ownershipPath } from '../../reconciler/ownership/record.js';
import { inboxPath } from '../../reconciler/state-dir.js';
import { drop } from '../../state/inbox.js';
import { addPlugin, routerFile, setProgram } from '../rig/config-dir.js';
import { DaemonRig } from '../rig/daemon-rig.js';
import { addressOf, groupResource, memberValue, poolResource, profileResource } from '../rig/mobility.js';
import { suspendFor } from '../rig/operator.js';
import { userGit } from '../rig/store.js';
import { tempDir } from '../rig/temp.js';

/** Notes that it was asked, and prints what the test has put down for it. */
const reading = '#!/bin/sh\ncat >> "$REQUESTS"\ncat "$ANSWER"\n';

const seconds = (count: number) => count * 1_000;

/** What another node says of an address. */
interface Word {
  readonly word?: 'observed' | 'expired';
  /** Of its lease, in milliseconds. */
  readonly lasts?: number;
}

class OwnershipRig {
  private constructor(
    readonly rig: DaemonRig,
    readonly dir: string,
  ) {}

  /** A router that is `oci` in the pool `app`, beside a subnet with these hosts. */
  static async create(
    hosts: readonly number[],
    prepare?: (rig: DaemonRig) => Promise<void>,
  ): Promise<OwnershipRig> {
    const rig = await DaemonRig.create(poolResource(), profileResource, groupResource('main', 'oci'));
    const ownership = new OwnershipRig(rig, await tempDir());
    await ownership.list(...hosts);
    await addPlugin(rig.config, 'oci-inventory', {
      program: reading,
      spec: {
        capabilities: ['observe.providerPrivateIPs'],
        env: { REQUESTS: join(ownership.dir, 'requests'), ANSWER: join(ownership.dir, 'answer') },
      },
      ttl: null,
    });
    await prepare?.(rig);
    await rig.start();
    return ownership;
  }

  /** What the subnet holds from now on. */
  list(...hosts: number[]): Promise<void> {
    const ips = hosts.map(host => ({
      address: addressOf(host),
      nicRef: `nic-${host}`,
      resourceRef: `vm-${host}`,
    }));
    return this.answer({ status: 'succeeded', ips });
  }

  async answer(status: ValueMap): Promise<void> {
    const result = {
      apiVersion: 'providerinventory.routerd.net/v1alpha1',
      kind: 'ObservePrivateIPsResult',
      status,
    };
    await writeFile(join(this.dir, 'new'), JSON.stringify(result));
    await rename(join(this.dir, 'new'), join(this.dir, 'answer'));
  }

  /** How often the plugin was asked. */
  async scans(): Promise<number> {
    try {
      return (await readFile(join(this.dir, 'requests'), 'utf8')).trim().split('\n').length;
    } catch {
      return 0;
    }
  }

  /** `5 LocalHomeOwned`, as the file in HEAD says. */
  async owned(): Promise<string> {
    const { head } = await this.rig.view();
    const bytes = head.files.get(ownershipPath('app'));
    const text = bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
    return mapsOf(mapOf(readOwn('ownership', text))['decisions'])
      .map(
        decision =>
          `${textOf(decision['address']).split('.')[3]} ${textOf(decision['class'])}${decision['fresh'] === true ? '' : ' held'}`,
      )
      .join(', ');
  }

  /** Commits of inventories and decisions, oldest first, by their cause. */
  causes(): string[] {
    const log = userGit(
      this.rig.state,
      'log',
      '--reverse',
      '--format=%(trailers:key=Trigger,valueonly)',
      '--',
      'inventory',
    );
    return log.split('\n').filter(line => line !== '');
  }

  /** Another node's word on an address. */
  async hear(
    node: string,
    host: number,
    { word = 'observed', lasts = seconds(300) }: Word = {},
  ): Promise<void> {
    const now = this.rig.clock.now();
    const event = {
      apiVersion: 'event.routerd.net/v1alpha1',
      kind: 'Event',
      metadata: { name: `${word}-${node}-${host}-${now}` },
      spec: {
        topic: `routerd.client.ipv4.${word}`,
        time: formatTime(now),
        source: node,
        attributes: {
          pool: 'app',
          node,
          address: addressOf(host),
          observedAt: formatTime(now),
          expiresAt: formatTime(now + lasts),
        },
      },
    };
    await drop(inboxPath(this.rig.state), `${event.metadata.name}.json`, JSON.stringify(event));
    await this.rig.look();
  }

  /** Topics of the events that the router itself has told, with the host, oldest first. */
  async told(): Promise<string[]> {
    const text = await readFile(join(this.rig.state, 'run/log/events.jsonl'), 'utf8').catch(() => '');
    return text
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as { topic: string; source: string; attributes: { address?: string } })
      .filter(({ topic, source }) => source === 'routerd' && /client|inventory/.test(topic))
      .map(({ topic, attributes }) =>
        `${topic.split('.').at(-1)} ${attributes.address?.split('.')[3] ?? ''}`.trim(),
      );
  }
}

describe('the daemon and address ownership', () => {
  it('asks nobody while the inventory plugin is suspended, and goes on by itself', async () => {
    const ownership = await OwnershipRig.create([5]);
    const { rig } = ownership;
    await rig.idle();
    const before = await ownership.scans();
    await suspendFor(rig, 'plugin/oci-inventory', seconds(3_600));
    await rig.advance(seconds(3_590));
    expect(await ownership.scans()).to.equal(before);
    await rig.advance(seconds(11));
    expect(await ownership.scans()).to.equal(before + 1);
    await rig.stop();
  });

  it('asks the inventory plugin on schedule, and commits only what is new', async () => {
    const ownership = await OwnershipRig.create([5, 6]);
    const { rig } = ownership;
    expect(await ownership.owned()).to.equal('5 LocalHomeOwned, 6 LocalHomeOwned');
    expect(await ownership.scans()).to.equal(1);
    const commits = rig.subjects().length;
    await rig.advance(seconds(59));
    expect(await ownership.scans()).to.equal(1);
    await rig.advance(seconds(1));
    expect(await ownership.scans()).to.equal(2);
    await rig.advance(seconds(600));
    expect(await ownership.scans()).to.equal(12);
    expect(rig.subjects().length).to.equal(commits);
    expect(ownership.causes()).to.deep.equal(['inventory app (oci-inventory, succeeded)']);
    await rig.stop();
  });

  it('holds an address that disappears, and withdraws it when its time is up', async () => {
    const ownership = await OwnershipRig.create([5, 6]);
    const { rig } = ownership;
    await ownership.list(6);
    await rig.advance(seconds(60));
    expect(await ownership.owned()).to.equal('5 LocalHomeOwned held, 6 LocalHomeOwned');
    await rig.advance(seconds(119));
    expect(await ownership.owned()).to.equal('5 LocalHomeOwned held, 6 LocalHomeOwned');
    await rig.advance(seconds(1));
    expect(await ownership.owned()).to.equal('6 LocalHomeOwned');
    expect(await ownership.told()).to.include.members(['observed 5', 'observed 6', 'snapshot', 'expired 5']);
    expect((await ownership.told()).filter(event => event === 'expired 5').length).to.equal(1);
    await rig.stop();
  });

  it('takes an address back that appears again while it is held', async () => {
    const ownership = await OwnershipRig.create([5]);
    const { rig } = ownership;
    await ownership.list();
    await rig.advance(seconds(60));
    await ownership.list(5);
    await rig.advance(seconds(60));
    expect(await ownership.owned()).to.equal('5 LocalHomeOwned');
    await rig.advance(seconds(600));
    expect(await ownership.owned()).to.equal('5 LocalHomeOwned');
    expect(await ownership.told()).to.not.include('expired 5');
    await rig.stop();
  });

  it('holds all addresses when the listing fails, and then withdraws them', async () => {
    const ownership = await OwnershipRig.create([5, 6]);
    const { rig } = ownership;
    await ownership.answer({ status: 'failed', error: 'no token' });
    await rig.advance(seconds(60));
    expect(await ownership.owned()).to.equal('5 LocalHomeOwned held, 6 LocalHomeOwned held');
    expect(rig.said()).to.include('warn inventory failed');
    await rig.advance(seconds(119));
    expect(await ownership.owned()).to.equal('5 LocalHomeOwned held, 6 LocalHomeOwned held');
    await rig.advance(seconds(1));
    expect(await ownership.owned()).to.equal('');
    await ownership.list(5);
    await rig.advance(seconds(60));
    expect(await ownership.owned()).to.equal('5 LocalHomeOwned');
    await rig.stop();
  });

  it('does not take the answer of a program that exits with 1', async () => {
    const ownership = await OwnershipRig.create([5]);
    const { rig } = ownership;
    await setProgram(rig.config, 'oci-inventory', '#!/bin/sh\ncat "$ANSWER"\nexit 1\n');
    await ownership.list(5, 6);
    await rig.look();
    await rig.advance(seconds(60));
    expect(await ownership.owned()).to.equal('5 LocalHomeOwned held');
    await rig.stop();
  });

  it('leaves everything as it is while the plugin skips, until the lease is over', async () => {
    const ownership = await OwnershipRig.create([5]);
    const { rig } = ownership;
    await ownership.answer({ status: 'skipped' });
    await rig.advance(seconds(299));
    expect(await ownership.owned()).to.equal('5 LocalHomeOwned');
    await rig.advance(seconds(1));
    expect(await ownership.owned()).to.equal('');
    await rig.stop();
  });

  it("counts another node's word as a home until its time is up", async () => {
    const ownership = await OwnershipRig.create([5]);
    const { rig } = ownership;
    await ownership.hear('aws', 7, { lasts: seconds(100) });
    expect(await ownership.owned()).to.equal('5 LocalHomeOwned, 7 RemoteHomeOwned');
    expect(ownership.causes().at(-1)).to.include('event app');
    const commits = rig.subjects().length;
    await rig.advance(seconds(50));
    await ownership.hear('aws', 7, { lasts: seconds(100) });
    await rig.advance(seconds(99));
    expect(rig.subjects().length).to.equal(commits);
    expect(await ownership.owned()).to.equal('5 LocalHomeOwned, 7 RemoteHomeOwned');
    await rig.advance(seconds(1));
    expect(await ownership.owned()).to.equal('5 LocalHomeOwned');
    await rig.stop();
  });

  it('drops it when the node takes it back, and whatever its own events say', async () => {
    const ownership = await OwnershipRig.create([]);
    const { rig } = ownership;
    await ownership.hear('aws', 7);
    await ownership.hear('oci', 8);
    expect(await ownership.owned()).to.equal('7 RemoteHomeOwned');
    await rig.advance(seconds(1));
    await ownership.hear('aws', 7, { word: 'expired' });
    expect(await ownership.owned()).to.equal('');
    await rig.stop();
  });

  it('moves an address to the node that says it has it now', async () => {
    const ownership = await OwnershipRig.create([5]);
    const { rig } = ownership;
    await ownership.hear('aws', 5);
    expect(await ownership.owned()).to.equal('5 RemoteHomeOwned');
    await rig.stop();
  });

  it('tells each address once, and again before half of its lease is over', async () => {
    const ownership = await OwnershipRig.create([5]);
    const { rig } = ownership;
    expect(await ownership.told()).to.deep.equal(['observed 5', 'snapshot']);
    await rig.advance(seconds(119));
    expect(await ownership.told()).to.deep.equal(['observed 5', 'snapshot']);
    await rig.advance(seconds(1));
    expect(await ownership.told()).to.deep.equal(['observed 5', 'snapshot', 'observed 5']);
    await rig.stop();
  });

  it('starts a plugin that listens to what it tells', async () => {
    const ownership = await OwnershipRig.create([5], rig =>
      rig.add('planner', { topics: ['routerd.client.ipv4.observed'] }),
    );
    const { rig } = ownership;
    const carried = () =>
      rig.plugins.runs.flatMap(({ order }) =>
        order.events.map(({ topic, attributes }) => `${topic} ${textOf(attributes['address'])}`),
      );
    rig.plugins.behave('planner', run => {
      run.answer();
    });
    for (const run of rig.plugins.runs) run.answer();
    await rig.idle();
    expect(carried()).to.deep.equal([`routerd.client.ipv4.observed ${addressOf(5)}`]);
    await ownership.list(5, 6);
    await rig.advance(seconds(60));
    expect(carried().slice(1)).to.deep.equal([`routerd.client.ipv4.observed ${addressOf(6)}`]);
    await rig.stop();
  });

  it('keeps the schedule and the leases over a restart', async () => {
    const ownership = await OwnershipRig.create([5]);
    const { rig } = ownership;
    await ownership.hear('aws', 7, { lasts: seconds(300) });
    await rig.advance(seconds(250));
    await ownership.hear('aws', 7, { lasts: seconds(300) });
    const commits = rig.subjects().length;
    expect(await ownership.scans()).to.equal(5);
    await rig.stop();
    await rig.clock.advance(seconds(30));
    await rig.start();
    expect(await ownership.scans()).to.equal(5);
    await rig.advance(seconds(19));
    expect(await ownership.scans()).to.equal(5);
    await rig.advance(seconds(1));
    expect(await ownership.scans()).to.equal(6);
    expect(await ownership.owned()).to.equal('5 LocalHomeOwned, 7 RemoteHomeOwned');
    expect(rig.subjects().length).to.equal(commits);
    await rig.stop();
  });

  it('withdraws after a restart what ended while it was down', async () => {
    const ownership = await OwnershipRig.create([5]);
    const { rig } = ownership;
    await ownership.hear('aws', 7, { lasts: seconds(100) });
    await rig.stop();
    await ownership.answer({ status: 'failed', error: 'no token' });
    await rig.clock.advance(seconds(3_600));
    await rig.start();
    expect(await ownership.owned()).to.equal('');
    await rig.stop();
  });

  it('removes what it knows about a pool that is no longer configured', async () => {
    const ownership = await OwnershipRig.create([5]);
    const { rig } = ownership;
    await rig.edit({ 'router.yaml': routerFile(profileResource, groupResource('main', 'oci')) });
    await rig.advance(seconds(120));
    expect(userGit(rig.state, 'ls-files', 'inventory')).to.equal('');
    await rig.stop();
  });

  it('scans at once when discovery is switched on, and not at all while it is off', async () => {
    const ownership = await OwnershipRig.create([5], async rig => {
      await rig.add('other');
      const off = { members: [memberValue({ ownershipDiscovery: { mode: 'disabled' } })] };
      const file = routerFile(poolResource(off), profileResource, groupResource('main', 'oci'));
      await writeFile(join(rig.config, 'router.yaml'), file);
    });
    const { rig } = ownership;
    await rig.advance(seconds(600));
    expect(await ownership.scans()).to.equal(0);
    await rig.edit({
      'router.yaml': routerFile(poolResource(), profileResource, groupResource('main', 'oci')),
    });
    expect(await ownership.owned()).to.equal('5 LocalHomeOwned');
    await rig.stop();
  });

  it('says once why it does not know what it is in a pool', async () => {
    const rig = await DaemonRig.create(poolResource(), profileResource);
    await rig.start();
    await rig.advance(seconds(600));
    expect(rig.said().filter(line => line.includes('which member this router is')).length).to.equal(1);
    await rig.stop();
  });
});
