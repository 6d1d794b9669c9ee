import { mapsOf, textOf, timeOf } from '../../protocol/pick.js';
import { apiVersions, isMap } from '../../protocol/resource.js';
import type { Value } from '../../protocol/resource.js';
import { formatTime } from '../../protocol/time.js';
import type { Instant } from '../../protocol/time.js';
import { startupSource } from '../../render/merge.js';
import { holdReasons } from './guard.js';
import type { HoldReason } from './guard.js';

/** A candidate that went beyond the guard: it stands on a ref of its own, and what was accepted before it stays in force. */
export interface Held {
  /** `startup-config`, or `Plugin/<name>`. */
  readonly source: string;
  /** The startupConfigHash, or the digest of the part. */
  readonly digest: string;
  readonly since: Instant;
  /** Whose edit or result it is. */
  readonly by: string;
  /** At least one. */
  readonly reasons: readonly HoldReason[];
}

/** The candidate's name below `refs/held/`: `startup`, or `Plugin-<name>`. */
export function heldName(source: string): string {
  return source === startupSource ? 'startup' : source.replace('/', '-');
}

/** What plain git calls it. */
export function heldRef(source: string): string {
  return `held/${heldName(source)}`;
}

export function reasonsText(reasons: readonly HoldReason[]): string {
  return reasons.map(({ message }) => message).join('; ');
}

export function encodeHeld(entries: readonly Held[]): Value {
  return {
    apiVersion: apiVersions.state,
    kind: 'Held',
    held: entries.map(({ source, digest, since, by, reasons }) => ({
      source,
      digest,
      since: formatTime(since),
      by,
      reasons: reasons.map(({ type, message }) => ({ type, message })),
    })),
  };
}

/** Reads what encodeHeld wrote; an entry that cannot be read counts as absent. */
export function decodeHeld(document: Value): Held[] {
  if (!isMap(document) || document['kind'] !== 'Held') return [];
  return mapsOf(document['held']).flatMap((entry): Held[] => {
    const [source, digest, by] = [textOf(entry['source']), textOf(entry['digest']), textOf(entry['by'])];
    const since = timeOf(entry['since']);
    if (source === '' || digest === '' || since === undefined) return [];
    const reasons = mapsOf(entry['reasons']).flatMap((reason): HoldReason[] => {
      const type = holdReasons.find(known => known === reason['type']);
      return type === undefined ? [] : [{ type, message: textOf(reason['message']) }];
    });
    return [{ source, digest, since, by, reasons }];
  });
}

/** What a pass found about candidates. */
export interface HoldFacts {
  /** The startupConfigHash of what the config directory holds; undefined where that has errors. */
  readonly input: () => string | undefined;
  /** That of what the pass leaves in force. */
  readonly inForce: string;
  /** Candidates that go beyond the guard. */
  readonly held: readonly Held[];
  /** Sources whose candidate has lost its ref; one that was found again is there again. */
  readonly lost: ReadonlySet<string>;
  /** Sources with a result that was taken in: what was held of them is over. */
  readonly admitted: ReadonlySet<string>;
  /** Whether a source may still have a part. */
  readonly isBound: (source: string) => boolean;
}

/**
 * What is held after a pass, in order of source. The same candidate again changes nothing, another one takes the place of
 * the one before; a result that is taken in, an edit that is taken back and a plugin that is gone leave nothing to hold.
 */
export function heldAfter(before: readonly Held[], facts: HoldFacts): readonly Held[] {
  const { held: found, admitted, inForce } = facts;
  const kept = before.filter(({ source, digest }) => {
    if (found.some(entry => entry.source === source && entry.digest !== digest)) return false;
    if (facts.lost.has(source) && !found.some(entry => entry.source === source)) return false;
    if (source !== startupSource) return !admitted.has(source) && facts.isBound(source);
    const input = facts.input();
    return digest !== inForce && (input === undefined || input === digest);
  });
  const fresh = found.filter(({ source }) => !kept.some(entry => entry.source === source));
  if (fresh.length === 0 && kept.length === before.length) return before;
  return [...kept, ...fresh].sort((a, b) => (a.source < b.source ? -1 : a.source > b.source ? 1 : 0));
}
