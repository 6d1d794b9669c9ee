import { partId } from '../../protocol/part.js';
import type { Lease, Part } from '../../protocol/part.js';
import type { Clock } from '../../watch/clock.js';

/** Smaller differences between the two clocks are slewing and the time that a pass takes. */
const toleranceMs = 1_000;

/** A lease as it was when it was first seen, and the end of it in measured time. */
interface Held extends Lease {
  readonly endsAt: number;
}

/**
 * Keeps leases from growing when the clock is set back. Of each lease that it sees it remembers when it ends in measured
 * time; one that the time of day would let live longer is moved to end then. One from the future, as after a restart
 * with a clock that was set back, begins now. Leases still end early when the clock is set forward, and go on through a
 * suspend as the time of day says.
 */
export function createLeaseHolder(clock: Clock): (parts: readonly Part[]) => readonly Part[] {
  let known = new Map<string, Held>();
  return parts => {
    const [now, measured] = [clock.now(), clock.monotonic()];
    const next = new Map<string, Held>();
    const held = parts.map((part): Part => {
      const before = known.get(partId(part));
      const endsAt = Math.min(
        measured + part.expiresAt - Math.max(now, part.observedAt),
        before !== undefined && isSame(before, part)
          ? before.endsAt
          : measured + part.expiresAt - part.observedAt,
      );
      next.set(partId(part), { observedAt: part.observedAt, expiresAt: part.expiresAt, endsAt });
      const tooLate = part.expiresAt - (now + endsAt - measured);
      if (tooLate <= toleranceMs) return part;
      return { ...part, observedAt: part.observedAt - tooLate, expiresAt: part.expiresAt - tooLate };
    });
    known = next;
    return held;
  };
}

function isSame(a: Lease, b: Lease): boolean {
  return a.observedAt === b.observedAt && a.expiresAt === b.expiresAt;
}
