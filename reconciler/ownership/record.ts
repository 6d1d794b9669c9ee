import { decodeRecord } from '../../protocol/inventory.js';
import type { AddressRecord } from '../../protocol/inventory.js';
import { listOf, mapOf, mapsOf, textOf, textsOf, timeOf } from '../../protocol/pick.js';
import type { Problem } from '../../protocol/problem.js';
import { apiVersions, asValue, isMap } from '../../protocol/resource.js';
import type { Value, ValueMap } from '../../protocol/resource.js';
import { formatTime } from '../../protocol/time.js';
import type { Rejection } from './candidates.js';
import type { Inventory, InventoryEntry } from './inventory.js';
import type { RemoteFact } from './remote-facts.js';
import type { Ownership } from './resolve.js';

/** Where inventories, facts of other nodes and decisions are kept in the state repository. */
export const inventoryFolder = 'inventory/';
export const inventoryPath = (pool: string, node: string): string => `${inventoryFolder}${pool}.${node}.yaml`;
export const ownershipPath = (pool: string): string => `${inventoryFolder}${pool}.ownership.yaml`;
export const factsPath = (pool: string): string => `${inventoryFolder}remote/${pool}.yaml`;

/** A lease with the two times that a renewal moves, and nothing else does. */
export interface Times {
  readonly observedAt: number;
  readonly expiresAt: number;
}

export function encodeInventory(inventory: Inventory): Value {
  const {
    pool,
    node,
    provider,
    providerRef,
    plugin,
    self,
    local,
    entries,
    failedSince,
    observedAt,
    expiresAt,
  } = inventory;
  return {
    apiVersion: apiVersions.state,
    kind: 'Inventory',
    metadata: { name: `${pool}.${node}` },
    spec: { pool, node, provider, providerRef, plugin },
    status: {
      observedAt: formatTime(observedAt),
      expiresAt: formatTime(expiresAt),
      ...(failedSince === undefined ? {} : { failedSince: formatTime(failedSince) }),
      self: asValue(self),
      localInventory: local.map(compact),
      candidates: entries.map(({ state, rejection, since, record }) => ({
        ...compact(record),
        state,
        ...(rejection === undefined ? {} : { reason: rejection }),
        since: formatTime(since),
      })),
    },
  };
}

/** Reads what encodeInventory wrote; undefined when it is something else. */
export function decodeInventory(document: Value): Inventory | undefined {
  if (!isMap(document) || document['kind'] !== 'Inventory') return undefined;
  const [spec, status] = [mapOf(document['spec']), mapOf(document['status'])];
  const observedAt = timeOf(status['observedAt']);
  const expiresAt = timeOf(status['expiresAt']);
  const failedSince = timeOf(status['failedSince']);
  if (observedAt === undefined || expiresAt === undefined) return undefined;
  const self = mapOf(status['self']);
  const [pool, node, provider, providerRef, plugin] = [
    'pool',
    'node',
    'provider',
    'providerRef',
    'plugin',
  ].map(key => textOf(spec[key]));
  return {
    pool: pool ?? '',
    node: node ?? '',
    provider: provider ?? '',
    providerRef: providerRef ?? '',
    plugin: plugin ?? '',
    self: {
      nicRef: textOf(self['nicRef']),
      subnetRef: textOf(self['subnetRef']),
      resourceRef: textOf(self['resourceRef']),
      privateIPs: textsOf(self['privateIPs']),
      captured: textsOf(self['captured']),
    },
    local: mapsOf(status['localInventory']).map(decodeRecord),
    entries: mapsOf(status['candidates']).flatMap(entry => decodeEntry(entry) ?? []),
    ...(failedSince === undefined ? {} : { failedSince }),
    observedAt,
    expiresAt,
  };
}

function decodeEntry(value: ValueMap): InventoryEntry | undefined {
  const record = decodeRecord(value);
  const state = (['owned', 'held', 'rejected'] as const).find(name => name === value['state']);
  const since = timeOf(value['since']);
  const { reason } = value;
  if (state === undefined || since === undefined) return undefined;
  return {
    address: record.address,
    state,
    record,
    ...(typeof reason === 'string' ? { rejection: reason as Rejection } : {}),
    since,
  };
}

/** A record without what is empty. */
function compact(record: AddressRecord): ValueMap {
  const entries = Object.entries(asValue(record) as ValueMap);
  return Object.fromEntries(
    entries.filter(([, value]) => value !== '' && !(isMap(value) && Object.keys(value).length === 0)),
  );
}

export function encodeFacts(pool: string, facts: readonly RemoteFact[]): Value {
  return {
    apiVersion: apiVersions.state,
    kind: 'RemoteHomes',
    metadata: { name: pool },
    facts: facts.map(({ observedAt, expiresAt, ...fact }) => ({
      ...fact,
      observedAt: formatTime(observedAt),
      expiresAt: formatTime(expiresAt),
    })),
  };
}

/** Reads what encodeFacts wrote; what it cannot read never came. */
export function decodeFacts(document: Value): RemoteFact[] {
  return listOf(mapOf(document)['facts'])
    .filter(isMap)
    .flatMap((fact): RemoteFact[] => {
      const observedAt = timeOf(fact['observedAt']);
      const expiresAt = timeOf(fact['expiresAt']);
      if (observedAt === undefined || expiresAt === undefined) return [];
      const text = (key: string) => textOf(fact[key]);
      return [
        {
          dedupeKey: text('dedupeKey'),
          node: text('node'),
          address: text('address'),
          provider: text('provider'),
          providerRef: text('providerRef'),
          subnetRef: text('subnetRef'),
          nicRef: text('nicRef'),
          resourceRef: text('resourceRef'),
          observedAt,
          expiresAt,
          withdrawn: fact['withdrawn'] === true,
        },
      ];
    });
}

/** The decisions about a pool, and what a person has to settle. It is written for readers; routerd decides afresh. */
export function encodeOwnership(
  pool: string,
  node: string,
  { decisions, conflicts, findings }: Ownership & { readonly findings: readonly Problem[] },
): Value {
  return {
    apiVersion: apiVersions.state,
    kind: 'Ownership',
    metadata: { name: pool },
    spec: { pool, node },
    conflicts: asValue(conflicts),
    findings: asValue(findings),
    decisions: decisions.map(decision => {
      const entries = Object.entries(asValue(decision) as ValueMap);
      return Object.fromEntries(entries.filter(([, value]) => value !== ''));
    }),
  };
}
