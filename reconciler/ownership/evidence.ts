import { ipv4Number } from '../../protocol/address.js';
import type { AddressRecord } from '../../protocol/inventory.js';
import type { Instant } from '../../protocol/time.js';
import type { OwnershipInput } from './decision.js';
import { staticOwnersOf } from './static-owners.js';
import type { StaticOwners } from './static-owners.js';
import type { RemoteFact } from './remote-facts.js';

type Handover = OwnershipInput['pool']['staticHandovers'][number];

/** The inputs by address, so that ten thousand addresses cost ten thousand look-ups. */
export interface Evidence {
  readonly staticOwners: StaticOwners;
  /** As declared, in that order. */
  readonly handovers: ReadonlyMap<string, readonly Handover[]>;
  /** Live facts of other nodes. */
  readonly homes: ReadonlyMap<string, readonly RemoteFact[]>;
  /** What the provider holds on this side, and what is held over from before. */
  readonly local: ReadonlyMap<string, AddressRecord>;
  /** Those of them that the last good scan did not see any more. */
  readonly held: ReadonlySet<string>;
  /** What the provider hands to this router for others. */
  readonly captured: ReadonlySet<string>;
  readonly ownIps: ReadonlySet<string>;
  /** The interfaces of this router. */
  readonly nics: ReadonlySet<string>;
  /** Whether the last scan succeeded and its lease lasts. */
  readonly isFresh: boolean;
}

export function gatherEvidence({ pool, self, inventory, facts }: OwnershipInput, now: Instant): Evidence {
  const live = facts.filter(
    ({ withdrawn, expiresAt, node }) => !withdrawn && expiresAt > now && node !== self.nodeRef,
  );
  // An address that was accepted, but that the authoritative list lacks, does not live here; one that is held did.
  const local = new Map<string, AddressRecord>();
  for (const record of inventory?.local ?? [])
    if (!local.has(record.address)) local.set(record.address, record);
  const held = (inventory?.entries ?? []).filter(
    ({ state, address }) => state === 'held' && !local.has(address),
  );
  for (const { address, record } of held) local.set(address, record);
  const nics = [self.capture.nicRef, inventory?.self.nicRef ?? ''];
  return {
    staticOwners: staticOwnersOf(pool),
    handovers: byAddress(pool.staticHandovers),
    homes: byAddress(live),
    local,
    held: new Set(held.map(({ address }) => address)),
    captured: new Set(inventory?.self.captured),
    ownIps: new Set(inventory?.self.privateIPs),
    nics: new Set(nics.filter(nic => nic !== '')),
    isFresh: inventory !== undefined && inventory.failedSince === undefined && now < inventory.expiresAt,
  };
}

/** Addresses inside the prefix that any of the inputs names, in their order. */
export function universe({ pool, captures, inventory }: OwnershipInput, evidence: Evidence): string[] {
  const named = new Set([
    ...evidence.staticOwners.hosts,
    ...evidence.handovers.keys(),
    ...evidence.homes.keys(),
    ...evidence.local.keys(),
    ...(inventory?.entries ?? []).map(({ address }) => address),
    ...evidence.captured,
    ...evidence.ownIps,
    ...captures.keys(),
  ]);
  const first = Number(pool.network.first);
  const last = first + 2 ** (32 - pool.network.bits) - 1;
  return [...named]
    .map(address => ({ address, number: ipv4Number(address) ?? -1 }))
    .filter(({ number }) => first <= number && number <= last)
    .sort((a, b) => a.number - b.number)
    .map(({ address }) => address);
}

/** Whether an address is this router's own, or one of another router's interface. */
export function isOfRouter(address: string, { ownIps, nics, local }: Evidence): boolean {
  const record = local.get(address);
  return (
    ownIps.has(address) ||
    (record !== undefined && (record.resourceType === 'router-nic' || nics.has(record.nicRef)))
  );
}

function byAddress<T extends { readonly address: string }>(entries: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const entry of entries) {
    const group = groups.get(entry.address);
    if (group === undefined) groups.set(entry.address, [entry]);
    else group.push(entry);
  }
  return groups;
}
