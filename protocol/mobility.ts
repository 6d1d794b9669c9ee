import { hostOf, networkOf } from './address.js';
import type { Network } from './address.js';
import { parseDuration } from './duration.js';
import { mapOf, mapsOf, textOf, textsOf } from './pick.js';
import { apiVersions } from './resource.js';
import type { Resource, Value, ValueMap } from './resource.js';

export const isMobilityPool = (resource: Resource): boolean =>
  resource.apiVersion === apiVersions.mobility && resource.kind === 'MobilityPool';
export const isEventGroup = (resource: Resource): boolean =>
  resource.apiVersion === apiVersions.federation && resource.kind === 'EventGroup';
export const isCloudProfile = (resource: Resource): boolean =>
  resource.apiVersion === apiVersions.hybrid && resource.kind === 'CloudProviderProfile';
export const isAddressClaim = (resource: Resource): boolean =>
  resource.apiVersion === apiVersions.hybrid && resource.kind === 'RemoteAddressClaim';

/** How a router draws traffic for addresses that live elsewhere. What is absent is empty. */
export interface Capture {
  readonly type: string;
  readonly providerRef: string;
  readonly captureStrategy: string;
  readonly nicRef: string;
  readonly target: Readonly<Record<string, string>>;
}

/** How a router finds out which addresses live on its side. */
export interface Discovery {
  readonly enabled: boolean;
  readonly pluginRef: string;
  readonly providerRef: string;
  readonly subnetRef: string;
  /** Default 60 s, at least 30 s. */
  readonly scanIntervalMs: number;
  /** Default 5 min. */
  readonly leaseMs: number;
  readonly releaseStopped: boolean;
  readonly include: readonly Network[];
  readonly exclude: readonly Network[];
  /** Tags that a machine must carry, all of them. */
  readonly tags: Readonly<Record<string, string>>;
}

export interface PoolMember {
  readonly nodeRef: string;
  readonly capture: Capture;
  readonly discovery: Discovery;
  readonly staticOwned: readonly Network[];
}

/** A MobilityPool, decoded. */
export interface MobilityPool {
  readonly name: string;
  /** As written. */
  readonly prefix: string;
  readonly network: Network;
  readonly groupRef: string;
  readonly members: readonly PoolMember[];
  readonly staticHandovers: readonly {
    readonly address: string;
    readonly fromNodeRef: string;
    readonly toNodeRef: string;
  }[];
}

const defaultScanMs = 60_000;
const shortestScanMs = 30_000;
const defaultLeaseMs = 300_000;

/** Reads a validated MobilityPool; undefined where its prefix is no IPv4 network. */
export function decodePool(resource: Resource): MobilityPool | undefined {
  const spec = mapOf(resource['spec']);
  const network = networkOf(textOf(spec['prefix']));
  if (network?.family !== 4) return undefined;
  return {
    name: resource.metadata.name,
    prefix: textOf(spec['prefix']),
    network,
    groupRef: textOf(spec['groupRef']),
    members: mapsOf(spec['members']).map(decodeMember),
    staticHandovers: mapsOf(spec['staticHandovers']).map(move => ({
      address: hostOf(textOf(move['address'])) ?? textOf(move['address']),
      fromNodeRef: textOf(move['fromNodeRef']),
      toNodeRef: textOf(move['toNodeRef']),
    })),
  };
}

function decodeMember(member: ValueMap): PoolMember {
  const capture = mapOf(member['capture']);
  return {
    nodeRef: textOf(member['nodeRef']),
    capture: {
      type: textOf(capture['type']),
      providerRef: textOf(capture['providerRef']),
      captureStrategy: textOf(capture['captureStrategy']),
      nicRef: textOf(capture['nicRef']),
      target: textMap(capture['target']),
    },
    discovery: decodeDiscovery(mapOf(member['ownershipDiscovery']), textOf(capture['providerRef'])),
    staticOwned: networks(member['staticOwnedAddresses']),
  };
}

function decodeDiscovery(discovery: ValueMap, captureProvider: string): Discovery {
  const scope = mapOf(discovery['scope']);
  return {
    enabled: discovery['mode'] === 'provider-private-ip',
    pluginRef: textOf(discovery['pluginRef']),
    providerRef: textOf(discovery['providerRef']) || captureProvider,
    subnetRef: textOf(discovery['subnetRef']),
    scanIntervalMs: Math.max(shortestScanMs, duration(discovery['scanInterval']) ?? defaultScanMs),
    leaseMs: duration(discovery['leaseTTL']) ?? defaultLeaseMs,
    releaseStopped: discovery['stoppedInstancePolicy'] === 'release',
    include: networks(scope['includeAddresses']),
    exclude: networks(scope['excludeAddresses']),
    tags: textMap(mapOf(discovery['selector'])['tags']),
  };
}

function networks(value: Value | undefined): Network[] {
  return textsOf(value).flatMap(text => networkOf(text) ?? []);
}

function duration(value: Value | undefined): number | undefined {
  const ms = typeof value === 'string' ? parseDuration(value) : undefined;
  return ms !== undefined && ms > 0 ? ms : undefined;
}

function textMap(value: Value | undefined): Record<string, string> {
  const entries = Object.entries(mapOf(value));
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
