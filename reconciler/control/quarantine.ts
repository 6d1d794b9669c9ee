import { mapsOf, textOf, timeOf } from '../../protocol/pick.js';
import { apiVersions, isMap } from '../../protocol/resource.js';
import type { Value } from '../../protocol/resource.js';
import { formatTime } from '../../protocol/time.js';
import type { Instant } from '../../protocol/time.js';

/** A startup-config that nobody puts in force again by itself while the config directory goes on holding it. */
export interface Quarantined {
  /** The startupConfigHash: of the canonical text, so that comments and layout do not lift it. */
  readonly digest: string;
  readonly since: Instant;
  readonly by: string;
  /** What put it there, as its commit says: `rollback 44`, `confirm-expired 45`. */
  readonly cause: string;
  /** Why, in the words of whoever did it; '' for nothing. */
  readonly message: string;
}

export function encodeQuarantine(entries: readonly Quarantined[]): Value {
  return {
    apiVersion: apiVersions.state,
    kind: 'Quarantine',
    quarantined: entries.map(({ digest, since, by, cause, message }) => ({
      digest,
      since: formatTime(since),
      by,
      cause,
      ...(message === '' ? {} : { message }),
    })),
  };
}

/** Reads what encodeQuarantine wrote; an entry that cannot be read counts as absent. */
export function decodeQuarantine(document: Value): Quarantined[] {
  if (!isMap(document) || document['kind'] !== 'Quarantine') return [];
  return mapsOf(document['quarantined']).flatMap((entry): Quarantined[] => {
    const [digest, since] = [textOf(entry['digest']), timeOf(entry['since'])];
    if (digest === '' || since === undefined) return [];
    const [by, cause, message] = [entry['by'], entry['cause'], entry['message']].map(textOf);
    return [{ digest, since, by: by ?? '', cause: cause ?? '', message: message ?? '' }];
  });
}

export interface QuarantineFacts {
  /** The startupConfigHash of what the config directory holds; undefined where that has errors. */
  readonly input: string | undefined;
  /** The startupConfigHash that a pass leaves in force. */
  readonly inForce: string;
}

/**
 * What is left of a quarantine after a pass. It ends once the directory holds something else, or once somebody has put in
 * force what was quarantined. A directory with errors ends nothing: what comes out of it when it is mended decides.
 */
export function quarantineAfter(
  entries: readonly Quarantined[],
  { input, inForce }: QuarantineFacts,
): readonly Quarantined[] {
  return entries.filter(({ digest }) => digest !== inForce && (input === undefined || digest === input));
}
