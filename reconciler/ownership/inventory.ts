import { byRecord } from '../../protocol/inventory.js';
import type { AddressRecord } from '../../protocol/inventory.js';
import { byCodePoint } from '../../protocol/order.js';
import type { Instant } from '../../protocol/time.js';
import type { Candidate, Rejection } from './candidates.js';
import type { RouterSelf } from './router-self.js';

/**
 * An observed address of a pool. `owned`: a client of this side; `held`: it was one and is not seen now, and is given some
 * time to come back; `rejected`: seen, but no client.
 */
export interface InventoryEntry {
  readonly address: string;
  readonly state: 'owned' | 'held' | 'rejected';
  readonly record: AddressRecord;
  readonly rejection?: Rejection;
  /** Since when it is in this state without a break. */
  readonly since: Instant;
}

/** What is known about the addresses of a pool on this router's side. */
export interface Inventory {
  readonly pool: string;
  readonly node: string;
  readonly provider: string;
  readonly providerRef: string;
  /** The plugin that observed it. */
  readonly plugin: string;
  readonly self: RouterSelf;
  /** What the provider holds there, clients or not. */
  readonly local: readonly AddressRecord[];
  /** In the order of their addresses. */
  readonly entries: readonly InventoryEntry[];
  /** Since when every scan has failed; undefined while they succeed. One that was skipped leaves this as it is. */
  readonly failedSince?: Instant;
  /** Of the last scan that succeeded: the lease of everything that it saw. */
  readonly observedAt: Instant;
  readonly expiresAt: Instant;
}

export interface InventoryTimes {
  readonly scanIntervalMs: number;
  readonly leaseMs: number;
}

/** How long an address that is not seen any more is held. */
export function holdMs({ scanIntervalMs }: Pick<InventoryTimes, 'scanIntervalMs'>): number {
  return 2 * scanIntervalMs;
}

/** What one scan saw. */
export interface Scan extends Pick<
  Inventory,
  'pool' | 'node' | 'provider' | 'providerRef' | 'plugin' | 'self' | 'local'
> {
  readonly candidates: ReadonlyMap<string, Candidate>;
}

/** The inventory after a scan that succeeded. Pure. */
export function afterScan(
  before: Inventory | undefined,
  scan: Scan,
  { now, times }: { readonly now: Instant; readonly times: InventoryTimes },
): Inventory {
  const { candidates, ...facts } = scan;
  const known = new Map((before?.entries ?? []).map(entry => [entry.address, entry]));
  const entries: InventoryEntry[] = [...candidates].map(([address, { record, rejection }]) => {
    const was = known.get(address);
    const state = rejection === undefined ? 'owned' : 'rejected';
    const since = was?.state === state && was.rejection === rejection ? was.since : now;
    return { address, state, record, ...(rejection === undefined ? {} : { rejection }), since };
  });
  // Not seen is not the same as gone: the address is held for a while. What was rejected needs no such care.
  for (const entry of known.values()) {
    if (candidates.has(entry.address) || entry.state === 'rejected') continue;
    entries.push(entry.state === 'held' ? entry : { ...entry, state: 'held', since: now });
  }
  const scanned: Inventory = {
    ...facts,
    local: facts.local.toSorted(byRecord).filter((record, i, all) => isFirst(record, all[i - 1])),
    entries: inOrder(entries),
    observedAt: now,
    expiresAt: now + times.leaseMs,
  };
  return withdrawDue(scanned, { now, times });
}

/** The inventory after a scan that failed: nothing was seen, so everything is held. Pure. */
export function afterFailure(
  before: Inventory,
  { now, times }: { readonly now: Instant; readonly times: InventoryTimes },
): Inventory {
  const entries = before.entries.map((entry): InventoryEntry =>
    entry.state === 'owned' ? { ...entry, state: 'held', since: now } : entry,
  );
  return withdrawDue({ ...before, entries, failedSince: before.failedSince ?? now }, { now, times });
}

/** What time alone takes away: held addresses whose time is up, and what was seen before its lease ended. Pure. */
export function withdrawDue(
  inventory: Inventory,
  { now, times }: { readonly now: Instant; readonly times: InventoryTimes },
): Inventory {
  const over = localEnd(inventory, times) <= now;
  const entries = inventory.entries.filter(entry => now < entryEnd(entry, inventory, times));
  const local = over ? [] : inventory.local;
  if (entries.length === inventory.entries.length && local.length === inventory.local.length)
    return inventory;
  return { ...inventory, entries, local };
}

/** The next moment at which time alone changes the inventory; undefined where nothing waits. */
export function nextWithdrawal(inventory: Inventory, times: InventoryTimes): Instant | undefined {
  const ends = new Set(inventory.entries.map(entry => entryEnd(entry, inventory, times)));
  if (inventory.local.length > 0) ends.add(localEnd(inventory, times));
  return ends.size === 0 ? undefined : [...ends].reduce((a, b) => Math.min(a, b));
}

function entryEnd({ state, since }: InventoryEntry, inventory: Inventory, times: InventoryTimes): Instant {
  return state === 'held' ? since + holdMs(times) : localEnd(inventory, times);
}

/** Until when what the last good scan saw counts: its lease, or, once scans fail, no longer than an address is held. */
function localEnd({ expiresAt, failedSince }: Inventory, times: InventoryTimes): Instant {
  return failedSince === undefined ? expiresAt : Math.min(expiresAt, failedSince + holdMs(times));
}

/** Addresses that this side has: owned, or still held. */
export function ownedEntries({ entries }: Pick<Inventory, 'entries'>): InventoryEntry[] {
  return entries.filter(({ state }) => state !== 'rejected');
}

function inOrder(entries: readonly InventoryEntry[]): InventoryEntry[] {
  return [...entries].sort((a, b) => byCodePoint(a.address, b.address));
}

function isFirst(record: AddressRecord, before: AddressRecord | undefined): boolean {
  return before === undefined || byRecord(before, record) !== 0;
}
