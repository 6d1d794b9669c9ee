import { expect } from 'chai';
import { discoveryEvents } from '../../../reconciler/ownership/events.js';
import type { DiscoveryFacts } from '../../../reconciler/ownership/events.js';
import type { InventoryEntry } from '../../../reconciler/ownership/inventory.js';
import { expiredTopic, observedTopic, snapshotTopic } from '../../../reconciler/ownership/remote-facts.js';
import { addressOf, entryFor, inventoryWith, noon, recordFor, scopeWith } from '../../rig/mobility.js';

const times = { scanIntervalMs: 60_000, leaseMs: 300_000 };
const minute = 60_000;
const scope = scopeWith();
const of = (...entries: InventoryEntry[]) => inventoryWith({ entries });
const held = (host: number) => entryFor(host, { state: 'held' });
const rejected = (host: number) => entryFor(host, { state: 'rejected', rejection: 'excluded' });

function events(facts: Partial<DiscoveryFacts>, now = noon) {
  const base = { scope, before: undefined, inventory: undefined, announcedAt: noon - 1_000, scanned: true };
  return discoveryEvents({ ...base, ...facts }, { now, times });
}

/** `observed 5`, in the order in which they are told. */
function told(facts: Partial<DiscoveryFacts>, now = noon): string[] {
  return events(facts, now).events.map(({ topic, attributes }) => {
    const [address] = [attributes['address']];
    const host = typeof address === 'string' ? ` ${address.split('.')[3]}` : '';
    return `${topic.split('.').at(-1)}${host}`;
  });
}

describe('the events of the ownership discovery', () => {
  const table: readonly (readonly [string, Partial<DiscoveryFacts>, string[]])[] = [
    ['nothing known', {}, []],
    [
      'the first scan',
      { inventory: of(entryFor(5), entryFor(6)), announcedAt: undefined },
      ['observed 5', 'observed 6', 'snapshot'],
    ],
    ['the first scan, which finds nothing', { inventory: of(), announcedAt: undefined }, []],
    ['a scan that sees the same', { before: of(entryFor(5)), inventory: of(entryFor(5)) }, []],
    [
      'an address that came',
      { before: of(entryFor(5)), inventory: of(entryFor(5), entryFor(6)) },
      ['observed 6', 'snapshot'],
    ],
    ['an address that is rejected', { before: of(), inventory: of(rejected(5)) }, []],
    [
      'one that was rejected and is a client now',
      { before: of(rejected(5)), inventory: of(entryFor(5)) },
      ['observed 5', 'snapshot'],
    ],
    [
      'one that was a client and is rejected now',
      { before: of(entryFor(5)), inventory: of(rejected(5)) },
      ['expired 5', 'snapshot'],
    ],
    ['one that is held now', { before: of(entryFor(5)), inventory: of(held(5)) }, []],
    [
      'one that comes back while it is held',
      { before: of(held(5)), inventory: of(entryFor(5)) },
      ['observed 5'],
    ],
    ['one that is withdrawn', { before: of(held(5)), inventory: of() }, ['expired 5', 'snapshot']],
    ['one that time withdraws', { before: of(held(5)), inventory: of(), scanned: false }, ['expired 5']],
    [
      'one that goes while another comes',
      { before: of(entryFor(5)), inventory: of(entryFor(6)) },
      ['observed 6', 'expired 5', 'snapshot'],
    ],
  ];
  for (const [what, facts, expected] of table) {
    it(`of ${what}: ${expected.join(', ') || 'none'}`, () => {
      expect(told(facts)).to.deep.equal(expected);
    });
  }

  it('renew every address before half of its lease is over, with the intervals as they are', () => {
    const known = of(entryFor(5), held(6));
    const seen = (after: number) =>
      told({ before: known, inventory: known, announcedAt: noon - after * minute });
    expect([1, 1.5, 1.6, 2].map(after => seen(after).join())).to.deep.equal([
      '',
      '',
      'observed 5',
      'observed 5',
    ]);
  });

  it('renew at each scan where the next one would be too late anyway', () => {
    const known = of(entryFor(5));
    const { events: all, announced } = discoveryEvents(
      { scope, before: known, inventory: known, announcedAt: noon - minute, scanned: true },
      { now: noon, times: { scanIntervalMs: minute, leaseMs: minute } },
    );
    expect(all.length).to.equal(1);
    expect(announced).to.equal(true);
  });

  it('renew nothing without a scan that succeeded', () => {
    const known = of(entryFor(5));
    expect(events({ before: known, inventory: known, announcedAt: 0, scanned: false })).to.deep.equal({
      events: [],
      announced: false,
    });
  });

  it('carry what others have to know', () => {
    const inventory = of(entryFor(5, { record: recordFor(5, { providerRef: 'oci-test' }) }), entryFor(6));
    const [one, two, snapshot] = events({ inventory, announcedAt: undefined }).events;
    expect(one).to.deep.include({
      topic: observedTopic,
      time: noon,
      source: 'routerd',
      attributes: {
        pool: 'app',
        node: 'oci',
        address: addressOf(5),
        provider: 'oci',
        providerRef: 'oci-test',
        subnetRef: 'subnet-a',
        nicRef: 'nic-5',
        resourceRef: 'vm-5',
        observedAt: '2026-05-29T11:59:50Z',
        expiresAt: '2026-05-29T12:04:50Z',
        dedupeKey: `app/oci/${addressOf(5)}`,
      },
    });
    expect(two?.attributes).to.include({ providerRef: 'oci-prod' });
    expect(snapshot).to.deep.include({
      topic: snapshotTopic,
      attributes: {
        pool: 'app',
        node: 'oci',
        provider: 'oci',
        observedAt: '2026-05-29T11:59:50Z',
        addresses: [addressOf(5), addressOf(6)],
      },
    });
  });

  it('take a word back as of now, and for as long as it would have held', () => {
    const [event] = events({ before: of(entryFor(5)), inventory: of() }).events;
    expect(event?.topic).to.equal(expiredTopic);
    expect(event?.attributes).to.include({
      observedAt: '2026-05-29T12:00:00Z',
      expiresAt: '2026-05-29T12:04:50Z',
    });
    const [late] = events({ before: of(entryFor(5)), inventory: of() }, noon + 60 * minute).events;
    expect(late?.attributes).to.include({
      observedAt: '2026-05-29T13:00:00Z',
      expiresAt: '2026-05-29T13:00:00Z',
    });
  });

  it('have ids of their own, that are the same when they are told again', () => {
    const facts = { before: of(entryFor(7)), inventory: of(entryFor(5), entryFor(6)) };
    const ids = events(facts).events.map(({ id }) => id);
    expect(new Set(ids).size).to.equal(4);
    expect(events(facts).events.map(({ id }) => id)).to.deep.equal(ids);
    expect(events(facts, noon + 1).events.map(({ id }) => id)).to.not.include.members([ids[0] ?? '']);
  });
});
