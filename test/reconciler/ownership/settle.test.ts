import { expect } from 'chai';
import type { BusEvent } from '../../../protocol/event.js';
import type { ValueMap } from '../../../protocol/resource.js';
import { formatTime } from '../../../protocol/time.js';
import type { Instant } from '../../../protocol/time.js';
import { readOwn } from '../../../reconciler/head.js';
import type { ScanOutcome } from '../../../reconciler/ownership/exchange.js';
import {
  decodeFacts,
  decodeInventory,
  factsPath,
  inventoryPath,
  ownershipPath,
} from '../../../reconciler/ownership/record.js';
import { settleOwnership } from '../../../reconciler/ownership/settle.js';
import type { OwnershipSettlement, OwnershipSituation } from '../../../reconciler/ownership/settle.js';
import { actionIn, planFor } from '../../rig/actions.js';
import { addressOf, memberValue, noon, observing, scopeWith } from '../../rig/mobility.js';

const minute = 60_000;
const files = {
  inventory: inventoryPath('app', 'oci'),
  facts: factsPath('app'),
  ownership: ownershipPath('app'),
};

const clients = (...hosts: number[]): ValueMap => ({
  ips: hosts.map(host => ({ address: addressOf(host), nicRef: `nic-${host}`, resourceRef: `vm-${host}` })),
});
const seen = (status: ValueMap): ScanOutcome => ({
  status: 'succeeded',
  message: '',
  observation: observing(status),
});
const failed: ScanOutcome = { status: 'failed', message: 'no token' };
const skipped: ScanOutcome = { status: 'skipped', message: '' };

/** What is known, as it goes on from one settlement to the next: files as they are committed, and `run`. */
class World {
  #files = new Map<string, string>();
  #run: OwnershipSituation['run'] = { scans: new Map(), facts: new Map() };
  readonly scope;

  constructor(pool: ValueMap = {}) {
    this.scope = scopeWith(pool);
  }

  settle(now: Instant, more: Partial<OwnershipSituation> = {}): OwnershipSettlement {
    const read = (path: string) => readOwn(path, this.#files.get(path));
    const inventory = decodeInventory(read(files.inventory));
    const lease = this.#run.scans.get('app.oci')?.lease;
    const settled = settleOwnership(
      {
        scopes: [this.scope],
        inventories: new Map(inventory === undefined ? [] : [['app.oci', { ...inventory, ...lease }]]),
        facts: new Map([
          [
            'app',
            decodeFacts(read(files.facts)).map(fact => ({ ...fact, ...this.#run.facts.get(fact.dedupeKey) })),
          ],
        ]),
        texts: path => this.#files.get(path),
        run: this.#run,
        actions: [],
        parts: [],
        scans: [],
        arrived: [],
        ...more,
      },
      now,
    );
    for (const { path, text } of settled.changes) this.#files.set(path, text);
    this.#run = settled.run;
    return settled;
  }

  scan(now: Instant, outcome: ScanOutcome): OwnershipSettlement {
    const scan = { pool: 'app', node: 'oci', plugin: 'oci-inventory', startedAt: now, outcome };
    return this.settle(now, { scans: [scan] });
  }

  hear(now: Instant, node: string, host: number): OwnershipSettlement {
    const attributes = {
      pool: 'app',
      node,
      address: addressOf(host),
      observedAt: formatTime(now),
      expiresAt: formatTime(now + 5 * minute),
    };
    const event: BusEvent = {
      id: 'e',
      topic: 'routerd.client.ipv4.observed',
      time: now,
      source: node,
      attributes,
    };
    return this.settle(now, { arrived: [event] });
  }
}

const paths = ({ changes }: OwnershipSettlement) => changes.map(({ path }) => path).sort();
const classes = ({ pools }: OwnershipSettlement) =>
  pools.flatMap(({ ownership }) =>
    ownership.decisions.map(decision => `${decision.address.split('.')[3]} ${decision.class}`),
  );

describe('what is settled about a pool', () => {
  it('is nothing where nothing is known', () => {
    const settled = new World().settle(noon);
    expect(settled.changes).to.deep.equal([]);
    expect(settled.events).to.deep.equal([]);
    expect(settled.nextAt).to.equal(undefined);
  });

  it('is committed with the first scan, and never again while it stays the same', () => {
    const world = new World();
    expect(paths(world.scan(noon, seen(clients(5, 6))))).to.deep.equal(
      [files.inventory, files.ownership].sort(),
    );
    for (const minutes of [1, 2, 3]) {
      const renewed = world.scan(noon + minutes * minute, seen(clients(6, 5)));
      expect(renewed.changes).to.deep.equal([]);
      expect(renewed.run.scans.get('app.oci')?.lease?.expiresAt).to.equal(noon + (minutes + 5) * minute);
      expect(renewed.nextAt).to.equal(noon + (minutes + 5) * minute);
    }
    expect(world.settle(noon + 8 * minute - 1).changes).to.deep.equal([]);
    expect(paths(world.settle(noon + 8 * minute))).to.deep.equal([files.inventory, files.ownership].sort());
  });

  it('has a next moment that is still to come', () => {
    const world = new World();
    world.scan(noon, seen(clients(5)));
    const over = world.settle(noon + 60 * minute);
    expect(classes(over)).to.deep.equal([]);
    expect(over.nextAt).to.equal(undefined);
  });

  it('keeps a renewed fact out of the files', () => {
    const world = new World();
    expect(paths(world.hear(noon, 'aws', 7))).to.deep.equal([files.facts, files.ownership].sort());
    const renewed = world.hear(noon + minute, 'aws', 7);
    expect(renewed.changes).to.deep.equal([]);
    expect(renewed.nextAt).to.equal(noon + 6 * minute);
    expect(classes(world.settle(noon + 6 * minute - 1))).to.deep.equal(['7 RemoteHomeOwned']);
    expect(classes(world.settle(noon + 6 * minute))).to.deep.equal([]);
  });

  it('is written when a class, its reason or its freshness is another', () => {
    const world = new World();
    world.scan(noon, seen(clients(5)));
    expect(paths(world.scan(noon + minute, seen(clients())))).to.deep.equal(
      [files.inventory, files.ownership].sort(),
    );
    expect(paths(world.hear(noon + minute, 'aws', 5))).to.deep.equal([files.facts, files.ownership].sort());
  });

  it('follows what becomes of an address', () => {
    const world = new World();
    expect(classes(world.scan(noon, seen(clients(5))))).to.deep.equal(['5 LocalHomeOwned']);
    expect(classes(world.hear(noon + 1, 'aws', 5))).to.deep.equal(['5 RemoteHomeOwned']);
    expect(classes(world.scan(noon + minute, failed))).to.deep.equal(['5 RemoteHomeOwned']);
    expect(classes(world.settle(noon + 6 * minute))).to.deep.equal([]);
  });

  it('confirms a capture only by a scan after the assign', () => {
    const nic = { capture: { type: 'provider-secondary-ip', nicRef: 'vnic-1' } };
    const world = new World({ members: [memberValue(nic)] });
    const actions = [actionIn('succeeded', planFor())];
    const listing = { ips: [{ address: addressOf(5), nicRef: 'vnic-1', primary: false }] };
    const before = world.scan(noon - 30 * minute, seen(listing));
    expect(classes(before)).to.deep.equal(['5 StaleCapture']);
    expect(classes(world.settle(noon, { actions }))).to.deep.equal(['5 StaleCapture']);
    world.scan(noon, seen(listing));
    const after = world.settle(noon, { actions });
    expect(classes(after)).to.deep.equal(['5 ConfirmedCapture']);
    expect(after.nextAt).to.equal(noon + 5 * minute);
    expect(world.settle(noon + 5 * minute, { actions }).pools[0]?.ownership.decisions[0]).to.include({
      class: 'ConfirmedCapture',
      fresh: false,
    });
  });

  it('is about the scan of this pool and node alone', () => {
    const scan = { pool: 'app', node: 'oci', plugin: 'p', startedAt: noon, outcome: seen(clients(5)) };
    for (const other of [
      { ...scan, pool: 'db' },
      { ...scan, node: 'aws' },
    ])
      expect(new World().settle(noon, { scans: [other] }).changes).to.deep.equal([]);
  });

  it('leaves out a candidate that its own word makes the router’s, even where it is told to be captured as well', () => {
    const address = addressOf(5);
    const world = new World();
    const settled = world.scan(
      noon,
      seen({ self: { privateIPs: [address], capturedAddresses: [address] }, ips: [{ address }] }),
    );
    expect(settled.pools[0]?.inventory?.entries.map(({ rejection }) => rejection)).to.deep.equal([
      'self-private-ip',
    ]);
    expect(settled.events).to.deep.equal([]);
  });
});

describe('what is remembered of the scans of a pool', () => {
  it('counts failures in a row; one that was skipped says nothing of that', () => {
    const world = new World();
    const after = (minutes: number, outcome: ScanOutcome) =>
      world.scan(noon + minutes * minute, outcome).run.scans.get('app.oci');
    expect(after(0, seen(clients(5)))).to.include({ outcome: 'succeeded', failures: 0, announcedAt: noon });
    expect(after(1, failed)).to.include({
      outcome: 'failed',
      failures: 1,
      message: 'no token',
      announcedAt: noon,
    });
    expect(after(2, skipped)).to.include({ outcome: 'skipped', failures: 1 });
    expect(after(3, failed)).to.include({ failures: 2 });
    expect(after(4, seen(clients(5)))).to.include({ failures: 0, startedAt: noon + 4 * minute });
  });

  it('lets no scan overtake one that was started after it', () => {
    const world = new World();
    world.scan(noon + minute, seen(clients(5)));
    const late = { pool: 'app', node: 'oci', plugin: 'p', startedAt: noon, outcome: seen(clients(6)) };
    const settled = world.settle(noon + 2 * minute, { scans: [late] });
    expect(settled.changes).to.deep.equal([]);
    expect(settled.run.scans.get('app.oci')?.startedAt).to.equal(noon + minute);
  });

  it('goes on after the clock was set back', () => {
    const world = new World();
    world.scan(noon, seen(clients(5)));
    expect(world.scan(noon - 60 * minute, seen(clients(5, 6))).changes).not.to.deep.equal([]);
  });

  it('makes no inventory of a first scan that failed or was skipped', () => {
    for (const outcome of [failed, skipped]) {
      const settled = new World().scan(noon, outcome);
      expect(settled.changes).to.deep.equal([]);
      expect(settled.events).to.deep.equal([]);
      expect(settled.run.scans.get('app.oci')?.outcome).to.equal(outcome.status);
    }
  });
});
