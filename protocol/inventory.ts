import { hostOf } from './address.js';
import { canonicalJson } from './digest.js';
import { byCodePoint } from './order.js';
import { listOf, mapOf, mapsOf, textOf, textsOf } from './pick.js';
import { asValue, isMap } from './resource.js';
import type { Value, ValueMap } from './resource.js';

/** A private address as a provider reports it. What is absent is empty. */
export interface AddressRecord {
  /** A host address in its usual spelling, or, where it is none, the text as it came. */
  readonly address: string;
  readonly nicRef: string;
  readonly subnetRef: string;
  readonly vpcRef: string;
  readonly providerRef: string;
  readonly resourceRef: string;
  readonly resourceType: string;
  readonly primary?: boolean;
  readonly tags: Readonly<Record<string, string>>;
  readonly instanceState: string;
}

/** What a provider says about the router itself. */
export interface SelfReport {
  readonly nicRef: string;
  readonly subnetRef: string;
  readonly resourceRef: string;
  readonly resourceType: string;
  readonly privateIPs: readonly string[];
  readonly capturedAddresses: readonly string[];
  readonly forwardingEnabled?: boolean;
}

export interface HostRoute {
  readonly address: string;
  /** The interface, or the machine, that it leads to. */
  readonly nextHopNicRef: string;
  readonly nextHopRef: string;
}

/** The `status` of an ObservePrivateIPsResult that says `succeeded`. */
export interface Observation {
  readonly self: SelfReport;
  /** For ownership-discovery events: `observedCandidates`, else the legacy `ips`. */
  readonly candidates: readonly AddressRecord[];
  /** For locality: `localIPs`, where an empty list means that there is nothing, else the candidates. */
  readonly local: readonly AddressRecord[];
  /** Routes of the provider for single addresses. */
  readonly routes: readonly HostRoute[];
}

/** Reads the status of a well-formed result. A list that is absent and one that is empty differ. */
export function decodeObservation(status: ValueMap): Observation {
  const candidates = recordsOf(status['observedCandidates']) ?? recordsOf(status['ips']) ?? [];
  return {
    self: decodeSelf(mapOf(status['self'])),
    candidates,
    local: recordsOf(status['localIPs']) ?? candidates,
    routes: mapsOf(status['routes']).flatMap(route => decodeRoute(route) ?? []),
  };
}

function recordsOf(value: Value | undefined): AddressRecord[] | undefined {
  return value === undefined || value === null ? undefined : listOf(value).filter(isMap).map(decodeRecord);
}

/** A route for a whole network, such as a default route, captures no address. */
function decodeRoute(route: ValueMap): HostRoute | undefined {
  const host = hostOf(textOf(route['address']));
  return host === undefined
    ? undefined
    : {
        address: host,
        nextHopNicRef: textOf(route['nextHopNicRef']),
        nextHopRef: textOf(route['nextHopRef']),
      };
}

export function decodeRecord(record: ValueMap): AddressRecord {
  const { primary } = record;
  return {
    address: address(textOf(record['address'])),
    nicRef: textOf(record['nicRef']),
    subnetRef: textOf(record['subnetRef']),
    vpcRef: textOf(record['vpcRef']),
    providerRef: textOf(record['providerRef']),
    resourceRef: textOf(record['resourceRef']),
    resourceType: textOf(record['resourceType']),
    ...(typeof primary === 'boolean' ? { primary } : {}),
    tags: Object.fromEntries(
      Object.entries(mapOf(record['tags'])).filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string',
      ),
    ),
    instanceState: textOf(record['instanceState']),
  };
}

/** An order of records that does not depend on how they are printed: by address, then by what they say. */
export function byRecord(a: AddressRecord, b: AddressRecord): number {
  const text = (record: AddressRecord) => canonicalJson(asValue(record));
  return byCodePoint(a.address, b.address) || byCodePoint(text(a), text(b));
}

export function decodeSelf(self: ValueMap): SelfReport {
  const { forwardingEnabled } = self;
  return {
    nicRef: textOf(self['nicRef']),
    subnetRef: textOf(self['subnetRef']),
    resourceRef: textOf(self['resourceRef']),
    resourceType: textOf(self['resourceType']),
    privateIPs: textsOf(self['privateIPs']).map(address),
    capturedAddresses: textsOf(self['capturedAddresses']).map(address),
    ...(typeof forwardingEnabled === 'boolean' ? { forwardingEnabled } : {}),
  };
}

function address(text: string): string {
  return hostOf(text) ?? text;
}
