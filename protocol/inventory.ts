import { hostOf } from './address.js';
import { listOf, mapOf, mapsOf, textOf, textsOf } from './pick.js';
import { isMap } from './resource.js';
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

/** The `status` of an ObservePrivateIPsResult that says `succeeded`. */
export interface Observation {
  readonly self: SelfReport;
  /** For ownership-discovery events: `observedCandidates`, else the legacy `ips`. */
  readonly candidates: readonly AddressRecord[];
  /** For locality: `localIPs`, where an empty list means that there is nothing, else the candidates. */
  readonly local: readonly AddressRecord[];
  /** Addresses that a route of the provider leads to this router. */
  readonly routes: readonly { readonly address: string; readonly nextHopNicRef: string }[];
}

/** Reads the status of a well-formed result. A list that is absent and one that is empty differ. */
export function decodeObservation(status: ValueMap): Observation {
  const candidates = recordsOf(status['observedCandidates']) ?? recordsOf(status['ips']) ?? [];
  return {
    self: decodeSelf(mapOf(status['self'])),
    candidates,
    local: recordsOf(status['localIPs']) ?? candidates,
    routes: mapsOf(status['routes']).map(route => ({
      address: address(textOf(route['address'])),
      nextHopNicRef: textOf(route['nextHopNicRef']),
    })),
  };
}

function recordsOf(value: Value | undefined): AddressRecord[] | undefined {
  return value === undefined || value === null ? undefined : listOf(value).filter(isMap).map(decodeRecord);
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
