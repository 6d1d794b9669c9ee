import { isOfRouter } from '../evidence.js';
import { homeHere, mine } from './rule.js';
import type { Rule } from './rule.js';

/** `local-router-self`: the router's own addresses, the others on its interfaces, and those of other routers here. */
export const localRouterSelf: Rule = ({ address, input, evidence }) => {
  if (!isOfRouter(address, evidence)) return 'it is no address of a router here';
  const { nics, ownIps } = evidence;
  const record = evidence.local.get(address);
  const isOwn = ownIps.has(address) || nics.has(record?.nicRef ?? '');
  const { inventory, self } = input;
  return {
    class: 'LocalRouterSelf',
    source: 'inventory',
    reason: isOwn ? 'it is an address of this router' : 'it is an address of a router on this side',
    suppressionReason: 'router-self',
    fresh: evidence.isFresh && !evidence.held.has(address),
    ...homeHere(input, record),
    ...(record === undefined
      ? {
          homeSubnetRef: inventory?.self.subnetRef ?? '',
          homeNICRef: inventory?.self.nicRef ?? self.capture.nicRef,
        }
      : {}),
  };
};

/** `local-home-inventory`: the provider has the address on this side, or had it until a short time ago. */
export const localHome: Rule = ({ address, input, evidence }) => {
  const record = evidence.local.get(address);
  if (record === undefined) return 'the local inventory does not list it';
  const isSeen = evidence.isFresh && !evidence.held.has(address);
  return {
    ...mine(input.self, 'local-home-inventory'),
    ...homeHere(input, record),
    class: 'LocalHomeOwned',
    source: 'inventory',
    reason: isSeen
      ? 'the provider shows it on this side'
      : 'it lived on this side and is held, as it was not seen lately',
    fresh: isSeen,
  };
};

/** `nobody-known`: what is left. */
export const nobodyKnown: Rule = () => ({
  class: 'Unknown',
  source: '',
  reason: 'nothing says where it lives',
  suppressionReason: 'owner-unknown',
  fresh: false,
});
