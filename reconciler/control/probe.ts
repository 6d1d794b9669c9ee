import type { Instant } from '../../protocol/time.js';
import { runChild } from '../plugin/child/run-child.js';
import type { PendingConfirmation } from './confirmation.js';

/** A probe that hangs must not use up the whole time. */
const longestProbeMs = 30_000;

export interface ProbeOptions {
  readonly now: Instant;
  /** PATH for the probe, and apart from it the environment is empty. */
  readonly searchPath: string;
  readonly signal?: AbortSignal | undefined;
}

export interface ProbeEnd {
  readonly succeeded: boolean;
  /** Why it did not; '' where it did. */
  readonly message: string;
}

/** Runs the probe of an edit once, by /bin/sh in a process group of its own; it is ended at the latest at the deadline. */
export async function runProbe(
  { probe, deadline }: Pick<PendingConfirmation, 'probe' | 'deadline'>,
  { now, searchPath, signal }: ProbeOptions,
): Promise<ProbeEnd> {
  const { outcome } = await runChild({
    executable: '/bin/sh',
    env: { ROUTERD_PROBE: probe ?? 'false' },
    // The shell reads its script from stdin, which the probe must not get to read.
    input: 'eval "$ROUTERD_PROBE" </dev/null\n',
    timeoutMs: Math.max(1, Math.min(longestProbeMs, deadline - now)),
    graceMs: 500,
    path: searchPath,
    signal,
  });
  return { succeeded: outcome.error === null, message: outcome.error?.message ?? '' };
}

/** How long after a probe has ended the next one starts: some twenty fit into the time, at least one second apart. */
export function probeEveryMs({ since, deadline }: Pick<PendingConfirmation, 'since' | 'deadline'>): number {
  return Math.max(1_000, Math.min(10_000, (deadline - since) / 20));
}
