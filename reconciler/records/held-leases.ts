import { mapsOf, textOf, timeOf } from '../../protocol/pick.js';
import type { Lease } from '../../protocol/part.js';
import { apiVersions, isMap } from '../../protocol/resource.js';
import type { Value } from '../../protocol/resource.js';
import { formatTime } from '../../protocol/time.js';

/** How long a result that is held was last said to hold; `run/held-leases.yaml` has one a candidate. */
export interface HeldLease extends Lease {
  /** The digest of the result. */
  readonly digest: string;
}

export function encodeHeldLeases(leases: readonly HeldLease[]): Value {
  return {
    apiVersion: apiVersions.state,
    kind: 'HeldLeases',
    items: leases.map(({ digest, observedAt, expiresAt }) => ({
      digest,
      observedAt: formatTime(observedAt),
      expiresAt: formatTime(expiresAt),
    })),
  };
}

/** Reads what encodeHeldLeases wrote. Losing it makes a candidate promotable for no longer than its first lease. */
export function decodeHeldLeases(document: Value): HeldLease[] {
  return mapsOf(isMap(document) ? document['items'] : undefined).flatMap((item): HeldLease[] => {
    const [observedAt, expiresAt] = [timeOf(item['observedAt']), timeOf(item['expiresAt'])];
    const digest = textOf(item['digest']);
    return observedAt === undefined || expiresAt === undefined || digest === ''
      ? []
      : [{ digest, observedAt, expiresAt }];
  });
}
