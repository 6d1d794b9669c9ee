import { byCodePoint } from '../../protocol/order.js';
import type { Conflict, OwnershipInput } from './decision.js';
import { isOfRouter } from './evidence.js';
import type { Evidence } from './evidence.js';

/**
 * Homes of an address that contradict each other, whichever rule decided: what is declared, what this side sees now, and
 * what other nodes say. Who handed the address over is no home of it, though it may still see it for a while.
 */
export function conflictOf(address: string, { self }: OwnershipInput, evidence: Evidence): Conflict[] {
  const { staticOwners, handovers, homes, local, held, captured, isFresh } = evidence;
  const moves = handovers.get(address) ?? [];
  const isClient = local.has(address) && !captured.has(address) && !isOfRouter(address, evidence);
  const isSeen = isClient && isFresh && !held.has(address);
  const observed = [...(isSeen ? [self.nodeRef] : []), ...(homes.get(address) ?? []).map(({ node }) => node)];
  const all = new Set([
    ...staticOwners.of(address),
    ...moves.map(({ toNodeRef }) => toNodeRef),
    ...observed.filter(node => !moves.some(({ fromNodeRef }) => fromNodeRef === node)),
  ]);
  return all.size > 1 ? [{ address, homes: [...all].sort(byCodePoint) }] : [];
}
