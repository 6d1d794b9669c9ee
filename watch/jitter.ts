import { createHash } from 'node:crypto';

/**
 * A whole number of milliseconds from 0 up to, not including, `spreadMs`. It looks random but follows from the name
 * alone: what shares an interval comes apart, and each keeps its place over restarts. 0 for a spread below 1 ms.
 *
 * @throws RangeError when the spread is no finite number.
 */
export function stableJitter(name: string, spreadMs: number): number {
  if (!Number.isFinite(spreadMs)) throw new RangeError(`a jitter cannot spread over ${spreadMs} ms`);
  if (spreadMs < 1) return 0;
  const fraction = createHash('sha256').update(name).digest().readUInt32BE(0) / 2 ** 32;
  return Math.floor(fraction * spreadMs);
}
