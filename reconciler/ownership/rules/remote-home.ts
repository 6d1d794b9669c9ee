import { byCodePoint } from '../../../protocol/order.js';
import type { RemoteFact } from '../remote-facts.js';
import { captureHere, theirs } from './rule.js';
import type { Question, Rule } from './rule.js';

/** `fresh-home-owner`: another node says that the address lives on its side, and its word still holds. */
export const freshHomeOwner: Rule = question => {
  const facts = question.evidence.homes.get(question.address);
  if (facts === undefined) return 'no other node says that it lives there';
  const nodes = [...new Set(facts.map(({ node }) => node))].sort(byCodePoint);
  const home = nodes.length > 1 ? nobody : homeThere(facts);
  const source = `event ${nodes.join(', ')}`;
  const seen =
    nodes.length > 1
      ? `${nodes.join(' and ')} each say that it lives there`
      : `${nodes.join()} says that it lives there`;
  if (!isHeldHere(question)) return { ...home, source, reason: seen };
  return {
    ...home,
    class: 'StaleCapture',
    source,
    reason: `fresh-home-owner: ${seen}, and this router holds it`,
    suppressionReason: 'fresh-home-owner',
    ...captureHere(question, 'Stale'),
  };
};

/** Of several nodes that each claim it none is picked. */
const nobody = { class: 'RemoteHomeOwned', suppressionReason: 'home-owner-conflict' } as const;

function homeThere(facts: readonly RemoteFact[]) {
  const [latest] = [...facts].sort((a, b) => b.observedAt - a.observedAt);
  if (latest === undefined) return nobody;
  const { node, providerRef, subnetRef, nicRef } = latest;
  return {
    ...theirs(node),
    homeProviderRef: providerRef,
    homeSubnetRef: subnetRef,
    homeNICRef: nicRef,
  } as const;
}

/** Whether the router has the address, or was assigned it. */
function isHeldHere({ address, input, evidence }: Question): boolean {
  const isAssigned = input.captures.get(address)?.state === 'assigned';
  return isAssigned || evidence.captured.has(address) || evidence.ownIps.has(address);
}
