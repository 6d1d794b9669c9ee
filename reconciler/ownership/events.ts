import type { BusEvent } from '../../protocol/event.js';
import type { ValueMap } from '../../protocol/resource.js';
import { formatTime } from '../../protocol/time.js';
import type { Instant } from '../../protocol/time.js';
import { ownedEntries } from './inventory.js';
import type { Inventory, InventoryEntry, InventoryTimes } from './inventory.js';
import { expiredTopic, observedTopic, snapshotTopic } from './remote-facts.js';
import type { PoolScope } from './scope.js';

export interface DiscoveryFacts {
  readonly scope: PoolScope;
  readonly before: Inventory | undefined;
  readonly inventory: Inventory | undefined;
  /** When all addresses were last told about; undefined for never. */
  readonly announcedAt: Instant | undefined;
  /** Whether a scan has just succeeded. */
  readonly scanned: boolean;
}

/**
 * What the other nodes have to hear: each address that came or went, all of them again while half of their lease is still
 * left, and one snapshot for each scan that changed something. Pure; ids follow from what they tell.
 */
export function discoveryEvents(
  { scope, before, inventory, announcedAt, scanned }: DiscoveryFacts,
  { now, times }: { readonly now: Instant; readonly times: InventoryTimes },
): { readonly events: readonly BusEvent[]; readonly announced: boolean } {
  if (inventory === undefined) return { events: [], announced: false };
  const had = new Map(
    (before === undefined ? [] : ownedEntries(before)).map(entry => [entry.address, entry]),
  );
  const has = new Map(ownedEntries(inventory).map(entry => [entry.address, entry]));
  // The next scan may be too late for that.
  const nextScan = now + times.scanIntervalMs;
  const renewing = scanned && (announcedAt === undefined || nextScan - announcedAt > times.leaseMs / 2);
  // What comes back while it is held was not renewed meanwhile.
  const observed = [...has.values()].filter(
    ({ address, state }) => state === 'owned' && (renewing || had.get(address)?.state !== 'owned'),
  );
  const expired = [...had.values()].filter(({ address }) => !has.has(address));
  const changed = scanned && (observed.some(({ address }) => !had.has(address)) || expired.length > 0);
  const about = (entry: InventoryEntry, topic: string): BusEvent => {
    const word = topic === observedTopic ? 'observed' : 'expired';
    return {
      id: `${word}-${scope.pool.name}-${inventory.node}-${entry.address}-${now}`,
      topic,
      time: now,
      source: 'routerd',
      attributes: attributesOf(entry, inventory, { now, isExpired: topic === expiredTopic }),
    };
  };
  const snapshot: BusEvent = {
    id: `snapshot-${scope.pool.name}-${inventory.node}-${now}`,
    topic: snapshotTopic,
    time: now,
    source: 'routerd',
    attributes: {
      pool: inventory.pool,
      node: inventory.node,
      provider: inventory.provider,
      observedAt: formatTime(inventory.observedAt),
      addresses: [...has.keys()],
    },
  };
  return {
    events: [
      ...observed.map(entry => about(entry, observedTopic)),
      ...expired.map(entry => about(entry, expiredTopic)),
      ...(changed ? [snapshot] : []),
    ],
    announced: renewing,
  };
}

function attributesOf(
  { address, record }: InventoryEntry,
  inventory: Inventory,
  { now, isExpired }: { readonly now: Instant; readonly isExpired: boolean },
): ValueMap {
  const { pool, node, provider, providerRef, expiresAt, observedAt } = inventory;
  return {
    pool,
    node,
    address,
    provider,
    providerRef: record.providerRef === '' ? providerRef : record.providerRef,
    subnetRef: record.subnetRef,
    nicRef: record.nicRef,
    resourceRef: record.resourceRef,
    // What is taken back now is newer than any observation of it.
    observedAt: formatTime(isExpired ? now : observedAt),
    // For as long it has to be remembered, so that a late copy of what is taken back revives nothing.
    expiresAt: formatTime(isExpired ? Math.max(now, expiresAt) : expiresAt),
    dedupeKey: `${pool}/${node}/${address}`,
  };
}
