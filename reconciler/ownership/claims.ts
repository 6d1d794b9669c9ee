import { contains, hostOf, networkOf } from '../../protocol/address.js';
import type { MobilityPool } from '../../protocol/mobility.js';
import { isAddressClaim } from '../../protocol/mobility.js';
import { mapOf, textOf } from '../../protocol/pick.js';
import type { Problem } from '../../protocol/problem.js';
import { apiVersions, refKey, refOf } from '../../protocol/resource.js';
import type { ResourceRef } from '../../protocol/resource.js';
import type { Snapshot } from '../../render/changes.js';
import { startupSource } from '../../render/merge.js';
import type { Conflict, Decision, OwnershipClass } from './resolve.js';

/** A RemoteAddressClaim of the effective-config: what this router is asked to draw traffic for. */
export interface AddressClaim {
  readonly resource: ResourceRef;
  /** A host address in its usual spelling. */
  readonly address: string;
  /** `startup-config` or `Plugin/<name>#<generation>`. */
  readonly source: string;
}

/** The claims of an effective-config, in its order. */
export function claimsOf({ effective, origins }: Pick<Snapshot, 'effective' | 'origins'>): AddressClaim[] {
  const sources = new Map(origins.map(({ resource, source }) => [refKey(resource), source]));
  return effective.resources.filter(isAddressClaim).flatMap((claim): AddressClaim[] => {
    const address = hostOf(textOf(mapOf(claim['spec'])['address']));
    const resource = refOf(claim);
    return address === undefined
      ? []
      : [{ resource, address, source: sources.get(refKey(resource)) ?? startupSource }];
  });
}

/** Whoever has an address on its own side does not draw traffic for it as for a remote one. */
const notCaptured: readonly OwnershipClass[] = [
  'StaticOwned',
  'StaticHandover',
  'LocalRouterSelf',
  'LocalHomeOwned',
];

/** Claims inside a pool that do not fit what is decided about their addresses. Pure. */
export function claimFindings(
  claims: readonly AddressClaim[],
  { network }: Pick<MobilityPool, 'network'>,
  decisionOf: (address: string) => Decision,
): Problem[] {
  return claims.flatMap(({ resource, address, source }): Problem[] => {
    const claimed = networkOf(address);
    if (claimed === undefined || !contains(network, claimed)) return [];
    const { class: name, reason } = decisionOf(address);
    if (!notCaptured.includes(name)) return [];
    return [
      {
        reason: 'ClaimNotCaptured',
        severity: 'warning',
        message: `${resource.name} claims ${address}, which this router does not capture: ${name}, ${reason}`,
        hint: 'remove the claim, or the reason why the address belongs to this side',
        source,
        resource,
      },
    ];
  });
}

/** Addresses with two homes, for a person to settle. Pure. */
export function conflictFindings(conflicts: readonly Conflict[], pool: string): Problem[] {
  return conflicts.map(({ address, homes }) => ({
    reason: 'AddressConflict',
    severity: 'warning',
    message: `${address} has more than one home: ${homes.join(' and ')}`,
    hint: 'find out where it lives, and have the others let go of it',
    resource: { apiVersion: apiVersions.mobility, kind: 'MobilityPool', name: pool },
  }));
}
