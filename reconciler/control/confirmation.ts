import { mapOf, textOf, timeOf } from '../../protocol/pick.js';
import { apiVersions, isMap } from '../../protocol/resource.js';
import type { Value } from '../../protocol/resource.js';
import { formatTime } from '../../protocol/time.js';
import type { Instant } from '../../protocol/time.js';
import type { Head } from '../head.js';

/** An edit that takes itself back unless somebody confirms it in time. At most one waits at any time. */
export interface PendingConfirmation {
  /** The generation that the edit made. */
  readonly generation: number;
  /** Its startupConfigHash. */
  readonly digest: string;
  /** What is put in force again. */
  readonly baseline: Baseline;
  readonly since: Instant;
  /** The first moment at which it is over, by the time of day. */
  readonly deadline: Instant;
  readonly by: string;
  /** A command line for `/bin/sh -c` that confirms by ending with 0. */
  readonly probe?: string;
}

export interface Baseline {
  readonly generation: number;
  readonly startupConfigHash: string;
  /** The commit that holds its startup-config. */
  readonly commit: string;
}

/** What an edit is asked for, by a command or by the ChangePolicy in force. */
export interface ConfirmOrder {
  readonly forMs: number;
  readonly probe?: string | undefined;
}

export function encodeConfirmation(pending: PendingConfirmation): Value {
  const { generation, digest, baseline, since, deadline, by, probe } = pending;
  return {
    apiVersion: apiVersions.state,
    kind: 'Confirm',
    generation,
    digest,
    baseline: {
      generation: baseline.generation,
      startupConfigHash: baseline.startupConfigHash,
      commit: baseline.commit,
    },
    since: formatTime(since),
    deadline: formatTime(deadline),
    by,
    ...(probe === undefined ? {} : { probe }),
  };
}

/** Reads what encodeConfirmation wrote; undefined where there is nothing that can be read. */
export function decodeConfirmation(document: Value): PendingConfirmation | undefined {
  if (!isMap(document) || document['kind'] !== 'Confirm') return undefined;
  const { generation } = document;
  const baseline = mapOf(document['baseline']);
  const [since, deadline] = [timeOf(document['since']), timeOf(document['deadline'])];
  const commit = textOf(baseline['commit']);
  if (typeof generation !== 'number' || typeof baseline['generation'] !== 'number') return undefined;
  if (since === undefined || deadline === undefined || !/^[0-9a-f]{40}$/.test(commit)) return undefined;
  const probe = textOf(document['probe']);
  return {
    generation,
    digest: textOf(document['digest']),
    baseline: {
      generation: baseline['generation'],
      startupConfigHash: textOf(baseline['startupConfigHash']),
      commit,
    },
    since,
    deadline,
    by: textOf(document['by']),
    ...(probe === '' ? {} : { probe }),
  };
}

export interface BeginFacts {
  /** HEAD before the edit. */
  readonly head: Head;
  /** The number that the edit makes. */
  readonly generation: number;
  readonly digest: string;
  readonly by: string;
  readonly now: Instant;
}

/** The confirmation that an edit waits for; undefined where nothing was in force before it. */
export function beginConfirmation(
  { forMs, probe }: ConfirmOrder,
  { head, now, ...facts }: BeginFacts,
): PendingConfirmation | undefined {
  const { commit, record } = head;
  if (commit === undefined || record === undefined) return undefined;
  const { generation, startupConfigHash } = record;
  return {
    ...facts,
    baseline: { generation, startupConfigHash, commit },
    since: now,
    deadline: now + forMs,
    ...(probe === undefined ? {} : { probe }),
  };
}

/**
 * What a pass leaves of it: nothing once another startup-config is in force. Where the clock was set back to before it
 * began, it begins anew, so that it waits no longer than it was meant to.
 */
export function confirmationAfter(
  pending: PendingConfirmation | undefined,
  { inForce, now }: { readonly inForce: string; readonly now: Instant },
): PendingConfirmation | undefined {
  if (pending?.digest !== inForce) return undefined;
  const { since, deadline } = pending;
  return since <= now ? pending : { ...pending, since: now, deadline: now + (deadline - since) };
}

export function isOver({ deadline }: PendingConfirmation, now: Instant): boolean {
  return deadline <= now;
}
