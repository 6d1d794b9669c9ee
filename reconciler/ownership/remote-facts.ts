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
  const observedAt = timeOf(attributes['observedAt']) ?? event.time;
  const expiresAt = timeOf(attributes['expiresAt']);
  if (pool === '' || node === '' || address === undefined || expiresAt === undefined) return undefined;
  const fact: RemoteFact = {
    dedupeKey: textOf(attributes['dedupeKey']) || `${pool}/${node}/${address}`,
    node,
    address,
    provider: textOf(attributes['provider']),
    providerRef: textOf(attributes['providerRef']),
    subnetRef: textOf(attributes['subnetRef']),
    nicRef: textOf(attributes['nicRef']),
    resourceRef: textOf(attributes['resourceRef']),
    observedAt,
    expiresAt,
    withdrawn: event.topic === expiredTopic,
  };
  return { pool, fact };
}

/**
 * Takes facts in: under one key the later observation counts; of two at the same moment the one that takes it back. Facts
 * whose time is up are dropped. Pure; the order in which facts arrive does not matter.
 */
export function takeFacts(
  before: readonly RemoteFact[],
  arrived: readonly RemoteFact[],
  now: Instant,
): RemoteFact[] {
  const facts = new Map<string, RemoteFact>();
  for (const fact of [...before, ...arrived]) {
    const known = facts.get(fact.dedupeKey);
    if (known === undefined || isLater(fact, known)) facts.set(fact.dedupeKey, fact);
  }
  return [...facts.values()]
    .filter(({ expiresAt }) => expiresAt > now)
    .sort((a, b) => byCodePoint(a.dedupeKey, b.dedupeKey));
}

function isLater(a: RemoteFact, b: RemoteFact): boolean {
  if (a.observedAt !== b.observedAt) return a.observedAt > b.observedAt;
  if (a.withdrawn !== b.withdrawn) return a.withdrawn;
  return a.expiresAt > b.expiresAt;
}
