import { hostOf } from '../../protocol/address.js';
import type { BusEvent } from '../../protocol/event.js';
import { textOf, timeOf } from '../../protocol/pick.js';
import { byCodePoint } from '../../protocol/order.js';
import type { Instant } from '../../protocol/time.js';

export const observedTopic = 'routerd.client.ipv4.observed';
export const expiredTopic = 'routerd.client.ipv4.expired';
export const snapshotTopic = 'routerd.mobility.inventory.snapshot';

/** Another node's word that an address lives on its side, for as long as its lease lasts. */
export interface RemoteFact {
  /** `<pool>/<node>/<address>`: a later observation under the same key replaces the earlier. */
  readonly dedupeKey: string;
  readonly node: string;
  readonly address: string;
  readonly provider: string;
  readonly providerRef: string;
  readonly subnetRef: string;
  readonly nicRef: string;
  readonly resourceRef: string;
  readonly observedAt: Instant;
  readonly expiresAt: Instant;
  /** Whether the node has taken its word back; the fact is kept until then, so that a late copy does not revive it. */
  readonly withdrawn: boolean;
}

/** Which pool an event of the ownership discovery is about; undefined for an event that says something else, or nothing. */
export function factOf(event: BusEvent): { readonly pool: string; readonly fact: RemoteFact } | undefined {
  if (event.topic !== observedTopic && event.topic !== expiredTopic) return undefined;
  const { attributes } = event;
  const [pool, node] = [textOf(attributes['pool']), textOf(attributes['node'])];
  const address = hostOf(textOf(attributes['address']));
  const withdrawn = event.topic === expiredTopic;
  const observedAt = timeOf(attributes['observedAt']) ?? event.time;
  // What takes a word back needs no lease of its own.
  const expiresAt = timeOf(attributes['expiresAt']) ?? (withdrawn ? observedAt : undefined);
  if (pool === '' || node === '' || address === undefined || expiresAt === undefined) return undefined;
  const fact: RemoteFact = {
    // Not as it was sent: another spelling of the address would make it another fact.
    dedupeKey: `${pool}/${node}/${address}`,
    node,
    address,
    provider: textOf(attributes['provider']),
    providerRef: textOf(attributes['providerRef']),
    subnetRef: textOf(attributes['subnetRef']),
    nicRef: textOf(attributes['nicRef']),
    resourceRef: textOf(attributes['resourceRef']),
    observedAt,
    expiresAt,
    withdrawn,
  };
  return { pool, fact };
}

/**
 * Takes facts in: under one key the later observation counts; of two at the same moment the one that takes it back. Facts
 * whose time is up are dropped; a word that was taken back is remembered for as long as it would have held. Pure; the
 * order in which facts arrive does not matter.
 */
export function takeFacts(
  before: readonly RemoteFact[],
  arrived: readonly RemoteFact[],
  now: Instant,
): RemoteFact[] {
  const facts = new Map<string, RemoteFact>();
  const ends = new Map<string, Instant>();
  for (const fact of [...before, ...arrived]) {
    const { dedupeKey, expiresAt } = fact;
    const known = facts.get(dedupeKey);
    if (known === undefined || byAge(fact, known) > 0) facts.set(dedupeKey, fact);
    ends.set(dedupeKey, Math.max(expiresAt, ends.get(dedupeKey) ?? expiresAt));
  }
  return [...facts.values()]
    .map(fact => (fact.withdrawn ? { ...fact, expiresAt: ends.get(fact.dedupeKey) ?? fact.expiresAt } : fact))
    .filter(({ expiresAt }) => expiresAt > now)
    .sort((a, b) => byCodePoint(a.dedupeKey, b.dedupeKey));
}

function byAge(a: RemoteFact, b: RemoteFact): number {
  return (
    a.observedAt - b.observedAt ||
    Number(a.withdrawn) - Number(b.withdrawn) ||
    a.expiresAt - b.expiresAt ||
    byCodePoint(JSON.stringify(a), JSON.stringify(b))
  );
}
