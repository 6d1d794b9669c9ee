import type { AddressRecord, HostRoute, Observation } from '../../protocol/inventory.js';

/** What an observation says about the router that made it. */
export interface RouterSelf {
  readonly nicRef: string;
  readonly subnetRef: string;
  readonly resourceRef: string;
  /** Its own addresses. */
  readonly privateIPs: readonly string[];
  /** Addresses of others that the provider hands to it. */
  readonly captured: readonly string[];
}

/**
 * Tells the router's own addresses from those that it captured. Records whose NIC or resource is the router's are the
 * router's; among them the primary ones are its own and the others captured, which is how a secondary address that was
 * put on the router is told from a client of the same subnet.
 */
export function routerSelf({ self, candidates, local, routes }: Observation, captureNic: string): RouterSelf {
  const nicRef = self.nicRef || captureNic;
  const nics = new Set([nicRef, captureNic].filter(nic => nic !== ''));
  const isSelf = (record: AddressRecord) =>
    nics.has(record.nicRef) || (self.resourceRef !== '' && record.resourceRef === self.resourceRef);
  const leadsHere = ({ nextHopNicRef, nextHopRef }: HostRoute) =>
    nics.has(nextHopNicRef) || (self.resourceRef !== '' && nextHopRef === self.resourceRef);
  const mine = [...local, ...candidates].filter(isSelf);
  const told = new Set(self.privateIPs);
  const captured = new Set([
    ...self.capturedAddresses,
    ...mine
      .filter(({ primary, address }) => primary === false || (primary === undefined && !told.has(address)))
      .map(({ address }) => address),
    ...routes.filter(leadsHere).map(({ address }) => address),
  ]);
  const own = new Set([
    ...self.privateIPs,
    ...mine.filter(({ primary }) => primary === true).map(({ address }) => address),
  ]);
  for (const { address, primary } of mine) if (primary === true) captured.delete(address);
  return {
    nicRef,
    subnetRef: self.subnetRef,
    resourceRef: self.resourceRef,
    privateIPs: [...own].filter(address => !captured.has(address)).sort(),
    captured: [...captured].sort(),
  };
}
