import { byCodePoint } from '../protocol/order.js';
import type { Instant } from '../protocol/time.js';

/** A moment at which somebody has to look again: the next run of a plugin, the end of a lease, of a back-off. */
export interface Wakeup<Reason extends string = string> {
  /** When. Infinity is never. */
  readonly at: Instant;
  readonly reason: Reason;
  /** Whose: a plugin, a source. */
  readonly name: string;
}

/**
 * The earliest, or undefined when there is nothing to wake up for. Of several at the same moment the first by reason,
 * then name, in code point order, so that the answer does not depend on the order in which they were collected.
 *
 * @throws RangeError when a moment is NaN: compared, it would neither come nor be missed.
 */
export function earliest<Reason extends string>(
  wakeups: Iterable<Wakeup<Reason>>,
): Wakeup<Reason> | undefined {
  let first: Wakeup<Reason> | undefined;
  for (const wakeup of wakeups) {
    if (Number.isNaN(wakeup.at)) {
      throw new RangeError(`the moment of ${wakeup.reason} ${wakeup.name} is not a number`);
    }
    if (wakeup.at !== Infinity && (first === undefined || order(wakeup, first) < 0)) first = wakeup;
  }
  return first;
}

function order(a: Wakeup, b: Wakeup): number {
  return a.at - b.at || byCodePoint(a.reason, b.reason) || byCodePoint(a.name, b.name);
}
