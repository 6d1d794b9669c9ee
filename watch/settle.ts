/** When to look after a hint, in milliseconds. */
export interface SettleTimes {
  /**
   * How long it has to be quiet: an editor's save is several changes. chokidar reports at most one change of a file in
   * 50 ms, so that with a shorter time a look can come before the last write (measured: at 60 ms none did).
   */
  readonly quietMs: number;
  /** Looks at the latest this long after the first hint, even if it never gets quiet. */
  readonly maxWaitMs: number;
}

export const defaultSettleTimes: SettleTimes = { quietMs: 80, maxWaitMs: 2_000 };

/** Hints that nobody has looked after yet, in monotonic milliseconds. */
export interface Burst {
  readonly firstAt: number;
  readonly lastAt: number;
}

/**
 * The burst after one more hint. Hints say only *look again*, so that a burst is its two ends:
 *
 *     idle ──hint──► waiting ──hint──► waiting (the quiet time starts anew, the longest wait goes on)
 *       ▲               │
 *       └─────look──────┘ at `lookDue`
 */
export function afterHint(burst: Burst | undefined, at: number): Burst {
  if (burst === undefined) return { firstAt: at, lastAt: at };
  return { firstAt: burst.firstAt, lastAt: at };
}

/** When to look: once it was quiet for long enough, or the longest wait is over. */
export function lookDue(burst: Burst, times: SettleTimes): number {
  return Math.min(burst.lastAt + times.quietMs, burst.firstAt + times.maxWaitMs);
}
