import { mine, theirs } from './rule.js';
import type { Rule } from './rule.js';

/** `static-owned`: an entry of this node, else one of another. */
export const staticOwned: Rule = ({ address, input: { self }, evidence }) => {
  const owners = evidence.staticOwners.of(address);
  const [first] = owners;
  if (first === undefined) return 'no staticOwnedAddresses entry names it';
  const source = 'startup-config';
  if (!owners.includes(self.nodeRef))
    return { ...theirs(first), source, reason: `a staticOwnedAddresses entry of ${first}` };
  return {
    ...mine(self, 'static-owned'),
    class: 'StaticOwned',
    source,
    reason: 'a staticOwnedAddresses entry of this node',
  };
};

/** `static-handover`: the node that an operator moved the address to. */
export const staticHandover: Rule = ({ address, input: { self }, evidence }) => {
  const [declared] = evidence.handovers.get(address) ?? [];
  if (declared === undefined) return 'no staticHandovers entry names it';
  const { fromNodeRef, toNodeRef } = declared;
  const source = 'startup-config';
  const reason = `handed over from ${fromNodeRef} to ${toNodeRef}`;
  if (toNodeRef !== self.nodeRef) return { ...theirs(toNodeRef), source, reason };
  return { ...mine(self, 'static-handover'), class: 'StaticHandover', source, reason };
};
