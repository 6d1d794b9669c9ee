import { decodeObservation, decodeRecord } from '../../protocol/inventory.js';
import type { AddressRecord, Observation } from '../../protocol/inventory.js';
import { decodePool } from '../../protocol/mobility.js';
import type { MobilityPool, PoolMember } from '../../protocol/mobility.js';
import { apiVersions } from '../../protocol/resource.js';
import type { Resource, ValueMap } from '../../protocol/resource.js';
import type { Instant } from '../../protocol/time.js';
import type { CaptureRecord } from '../../reconciler/ownership/captures.js';
import type { Inventory, InventoryEntry } from '../../reconciler/ownership/inventory.js';
import type { RemoteFact } from '../../reconciler/ownership/remote-facts.js';
import type { OwnershipInput } from '../../reconciler/ownership/resolve.js';
import type { PoolScope } from '../../reconciler/ownership/scope.js';

/** Builders for addresses of the pool `app`, 10.0.1.0/24, seen by the node `oci` with the interface `nic-self`. */

/** A Friday. */
export const noon: Instant = Date.parse('2026-05-29T12:00:00Z');
/** Of an inventory and a fact, unless a test says otherwise. */
export const lease = { observedAt: noon - 10_000, expiresAt: noon + 290_000 };

export const addressOf = (host: number): string => `10.0.1.${host}`;

/** The member that is self, as the resource has it. */
export function memberValue(changes: ValueMap = {}): ValueMap {
  return {
    nodeRef: 'oci',
    capture: { type: 'provider-secondary-ip', providerRef: 'oci-prod', nicRef: 'nic-self' },
    ownershipDiscovery: { mode: 'provider-private-ip' },
    ...changes,
  };
}

export function poolResource(changes: ValueMap = {}): Resource {
  return {
    apiVersion: apiVersions.mobility,
    kind: 'MobilityPool',
    metadata: { name: 'app' },
    spec: {
      prefix: '10.0.1.0/24',
      members: [memberValue(), { nodeRef: 'aws' }, { nodeRef: 'azure' }],
      ...changes,
    },
  };
}

export const profileResource: Resource = {
  apiVersion: apiVersions.hybrid,
  kind: 'CloudProviderProfile',
  metadata: { name: 'oci-prod' },
  spec: { provider: 'oci' },
};

export function groupResource(name: string, nodeName: string): Resource {
  return { apiVersion: apiVersions.federation, kind: 'EventGroup', metadata: { name }, spec: { nodeName } };
}

export function poolWith(changes: ValueMap = {}): MobilityPool {
  const pool = decodePool(poolResource(changes));
  if (pool === undefined) throw new Error('the pool cannot be read');
  return pool;
}

export function selfOf(pool: MobilityPool): PoolMember {
  const self = pool.members.find(({ nodeRef }) => nodeRef === 'oci');
  if (self === undefined) throw new Error('the pool lacks its self');
  return self;
}

export function scopeWith(changes: ValueMap = {}): PoolScope {
  const pool = poolWith(changes);
  return { pool, self: selfOf(pool), provider: 'oci' };
}

/** A client's record, unless `more` says otherwise. */
export function recordFor(host: number, more: ValueMap = {}): AddressRecord {
  return decodeRecord({
    address: addressOf(host),
    nicRef: `nic-${host}`,
    subnetRef: 'subnet-a',
    resourceRef: `vm-${host}`,
    ...more,
  });
}

export function observing(status: ValueMap): Observation {
  return decodeObservation(status);
}

export function entryFor(host: number, more: Partial<InventoryEntry> = {}): InventoryEntry {
  return { address: addressOf(host), state: 'owned', record: recordFor(host), since: noon - 60_000, ...more };
}

export function inventoryWith(changes: Partial<Inventory> = {}): Inventory {
  return {
    pool: 'app',
    node: 'oci',
    provider: 'oci',
    providerRef: 'oci-prod',
    plugin: 'oci-inventory',
    self: {
      nicRef: 'nic-self',
      subnetRef: 'subnet-a',
      resourceRef: 'vm-self',
      privateIPs: [],
      captured: [],
    },
    local: [],
    entries: [],
    ...lease,
    ...changes,
  };
}

/** An inventory whose router has these addresses. */
export function routerWith(self: Partial<Inventory['self']>, more: Partial<Inventory> = {}): Inventory {
  const inventory = inventoryWith(more);
  return { ...inventory, self: { ...inventory.self, ...self } };
}

export function factFrom(node: string, host: number, more: Partial<RemoteFact> = {}): RemoteFact {
  const address = addressOf(host);
  return {
    dedupeKey: `app/${node}/${address}`,
    node,
    address,
    provider: node,
    providerRef: `${node}-prod`,
    subnetRef: `subnet-${node}`,
    nicRef: `nic-${node}`,
    resourceRef: `vm-${node}`,
    ...lease,
    withdrawn: false,
    ...more,
  };
}

export function captureIn(state: CaptureRecord['state'], more: Partial<CaptureRecord> = {}): CaptureRecord {
  return {
    source: 'action capture-1',
    state,
    at: noon - 60_000,
    active: state === 'assigned',
    targetRef: 'nic-self',
    ...more,
  };
}

/** What ownership is decided on; nothing is known unless a test says it. */
export interface KnownThings {
  readonly pool?: ValueMap;
  readonly inventory?: Inventory;
  readonly facts?: readonly RemoteFact[];
  readonly captures?: Readonly<Record<number, CaptureRecord>>;
}

export function inputWith({
  pool: changes,
  inventory,
  facts = [],
  captures = {},
}: KnownThings): OwnershipInput {
  const pool = poolWith(changes);
  return {
    pool,
    self: selfOf(pool),
    inventory,
    facts,
    captures: new Map(Object.entries(captures).map(([host, record]) => [addressOf(Number(host)), record])),
  };
}
