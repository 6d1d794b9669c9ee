import type { Lease } from '../protocol/part.js';
import type { PluginDeclaration, SourceBinding } from '../protocol/plugin.js';
import { durationText } from '../protocol/duration.js';
import { intervalOf } from '../protocol/references.js';
import { formatTime } from '../protocol/time.js';
import type { Instant } from '../protocol/time.js';
import { stableJitter } from '../watch/jitter.js';

/** What is remembered of a plugin's last run, over restarts. */
export interface LastRun {
  readonly startedAt: Instant;
  /** Failures in a row; 0 after a success. */
  readonly failures: number;
  /** After a failure: not before this, unless something asks for it. */
  readonly retryAt?: Instant;
  /** Of the inputs that the run had; undefined makes the plugin due as if they had changed. */
  readonly inputDigest?: string;
  /** When the latest runs that events caused were started, newest last; at most `eventRunLimit` of them. */
  readonly eventRuns?: readonly Instant[];
}

export interface DueFacts {
  readonly plugin: PluginDeclaration;
  readonly binding?: SourceBinding;
  readonly inputDigest: string;
  readonly lastRun?: LastRun;
  /** The lease of the plugin's live part. */
  readonly lease?: Lease;
  readonly askedFor: boolean;
  /** Events that wait for the plugin. */
  readonly waitingEvents: number;
  /** Whether other plugins have the same interval: then each keeps to a place of its own within it. */
  readonly sharesInterval?: boolean;
}

export type DueCause = 'manual' | 'event' | 'input' | 'interval';

/** Whether a plugin runs now, why, and if not, when at the earliest time does it by itself. */
export type Due =
  | { readonly due: true; readonly cause: DueCause; readonly why: string }
  | { readonly due: false; readonly why: string; readonly nextAt?: Instant };

/** Time between the moment a renewal is asked for and the end of the lease, besides the plugin's own timeout. */
const renewalMarginMs = 1_000;

/** The first reason that holds, in order of precedence; one run whatever the reasons. */
export function dueOf(facts: DueFacts, now: Instant): Due {
  if (facts.askedFor) return { due: true, cause: 'manual', why: 'asked for' };
  if (facts.waitingEvents === 0) return dueWithoutEvents(facts, now);
  const others = dueWithoutEvents(facts, now);
  if (isBackingOff(facts, now)) return others;
  const limited = limitedUntil(facts.lastRun?.eventRuns ?? [], now);
  if (limited === undefined) {
    return {
      due: true,
      cause: 'event',
      why: `${facts.waitingEvents} waiting event${facts.waitingEvents === 1 ? '' : 's'}`,
    };
  }
  if (others.due) return others;
  const why = `rate limit: events ran it ${eventRunLimit} times within ${durationText(eventRunWindowMs)}`;
  return { due: false, why, nextAt: Math.min(limited, others.nextAt ?? limited) };
}

/** Runs that events may cause within the window: a plugin that triggers itself round and round is slowed down to this. */
export const eventRunLimit = 10;
const eventRunWindowMs = 60_000;

/** The moment at which events may cause a run again; undefined while they may. */
function limitedUntil(eventRuns: readonly Instant[], now: Instant): Instant | undefined {
  const lately = eventRuns.filter(startedAt => startedAt > now - eventRunWindowMs && startedAt <= now);
  return lately.length < eventRunLimit ? undefined : Math.min(...lately) + eventRunWindowMs;
}

/** Whether a failure holds the plugin back; changed inputs end that, as does a clock that was set back. */
function isBackingOff({ lastRun, inputDigest }: DueFacts, now: Instant): boolean {
  if (lastRun === undefined || lastRun.failures === 0 || lastRun.inputDigest !== inputDigest) return false;
  return lastRun.retryAt !== undefined && lastRun.retryAt > now && lastRun.startedAt <= now;
}

function dueWithoutEvents(facts: DueFacts, now: Instant): Due {
  const { lastRun } = facts;
  if (lastRun === undefined) return { due: true, cause: 'interval', why: 'never ran' };
  if (lastRun.inputDigest !== facts.inputDigest)
    return { due: true, cause: 'input', why: 'its inputs changed' };
  // A clock that was set back must not hold a plugin until it has caught up.
  const clockWentBack = lastRun.startedAt > now;
  if (lastRun.failures > 0 && lastRun.retryAt !== undefined) {
    if (lastRun.retryAt <= now || clockWentBack) {
      return { due: true, cause: 'interval', why: `retry after ${times(lastRun.failures)}` };
    }
    const why = `after ${times(lastRun.failures)} it waits until ${formatTime(lastRun.retryAt)}`;
    return { due: false, why, nextAt: lastRun.retryAt };
  }
  const nextAt = intervalDue(facts, lastRun.startedAt);
  if (nextAt === undefined) return { due: false, why: 'runs on events only' };
  if (nextAt <= now || clockWentBack) return { due: true, cause: 'interval', why: 'its interval is over' };
  return { due: false, why: `next at ${formatTime(nextAt)}`, nextAt };
}

/**
 * Counted from the start of the last run. Where the lease lasts at least as long as the interval, early enough for the
 * answer to be in before it ends, but never in its first half: with every = ttl the part must not flap.
 */
function intervalDue(facts: DueFacts, startedAt: Instant): Instant | undefined {
  const everyMs = intervalOf(facts.plugin, facts.binding);
  if (everyMs === undefined) return undefined;
  const regular =
    startedAt + everyMs - (facts.sharesInterval === true ? lead(facts.plugin.name, everyMs, startedAt) : 0);
  const { lease } = facts;
  if (lease === undefined || lease.expiresAt - lease.observedAt < everyMs) return regular;
  const half = lease.observedAt + (lease.expiresAt - lease.observedAt) / 2;
  return Math.min(regular, Math.max(half, lease.expiresAt - facts.plugin.timeoutMs - renewalMarginMs));
}

/**
 * By how much a run comes before the end of its interval, so that plugins with the same interval do not start together:
 * at most a tenth of it, to the next moment that belongs to the plugin by its name. A run that started at such a moment
 * is followed by one a whole interval later, so each plugin moves to its place once, early rather than late, and stays.
 */
function lead(name: string, everyMs: number, startedAt: Instant): number {
  const spread = Math.floor(everyMs / 10);
  if (spread < 1) return 0;
  const sinceOwn = (startedAt + Math.floor(everyMs) - stableJitter(name, spread)) % spread;
  return (sinceOwn + spread) % spread;
}

function times(count: number): string {
  return count === 1 ? 'a failure' : `${count} failures`;
}
