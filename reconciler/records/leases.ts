import { timeOf } from '../../protocol/pick.js';
import type { Lease, Part } from '../../protocol/part.js';
import { apiVersions, isList, isMap } from '../../protocol/resource.js';
import type { Value } from '../../protocol/resource.js';
import { formatTime } from '../../protocol/time.js';

/** The lease that is in force for one number of a source; `run/leases.yaml` holds one a source. */
export interface LeaseRecord extends Lease {
  readonly source: string;
  readonly generation: number;
}

export function encodeLeases(leases: readonly LeaseRecord[]): Value {
  return {
    apiVersion: apiVersions.state,
    kind: 'Leases',
    items: leases.map(({ source, generation, observedAt, expiresAt }) => ({
      source,
      generation,
      observedAt: formatTime(observedAt),
      expiresAt: formatTime(expiresAt),
    })),
  };
}

/** Reads what encodeLeases wrote. Entries that say something else are left out: HEAD has a lease for every part. */
export function decodeLeases(document: Value): LeaseRecord[] {
  const items = isMap(document) ? document['items'] : undefined;
  if (!isList(items)) return [];
  return items.filter(isMap).flatMap(({ source, generation, observedAt, expiresAt }): LeaseRecord[] => {
    const observed = timeOf(observedAt);
    const expires = timeOf(expiresAt);
    if (typeof source !== 'string' || typeof generation !== 'number') return [];
    if (observed === undefined || expires === undefined) return [];
    return [{ source, generation, observedAt: observed, expiresAt: expires }];
  });
}

/**
 * The part under the lease in force: that of `leases` for its very number, else the one of HEAD that ends later
 * (`recorded` comes from generation.yaml, the part itself from its file).
 */
export function underLease(
  part: Part,
  leases: readonly LeaseRecord[],
  recorded: readonly LeaseRecord[],
): Part {
  const same = (lease: LeaseRecord) => lease.source === part.source && lease.generation === part.generation;
  const lease =
    leases.find(same) ??
    [part, ...recorded.filter(same)].reduce((a, b) => (b.expiresAt > a.expiresAt ? b : a));
  return { ...part, observedAt: lease.observedAt, expiresAt: lease.expiresAt };
}
