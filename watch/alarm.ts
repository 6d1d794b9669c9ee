import type { Instant } from '../protocol/time.js';
import type { Clock } from './clock.js';
import type { CallOff } from './delay.js';

/**
 * Why an alarm rang. `due`: the time of day has come. `clockSetBack`: the clock was set back while the alarm waited, so
 * that what is due, and when, has to be worked out anew.
 */
export type Ring = 'due' | 'clockSetBack';

/** One wake-up at a time of day. It rings once, then it is off until it is set again. */
export interface Alarm {
  /** Sets it, in place of what it was set to before; undefined and Infinity turn it off. Throws for NaN. */
  wakeAt(instant: Instant | undefined): void;
  /** What it is set to; undefined while it is off. */
  readonly at: Instant | undefined;
}

/** A clock that was set is noticed after this long at the latest, a moment that passed during a suspend as well. */
const recheckMs = 30_000;

/** How far the time of day may fall behind measured time before the clock counts as set back; slewing is far slower. */
const setBackMs = 1_000;

/**
 * An alarm that never rings `due` before the time of day has come, whatever happens to the clock: it waits in steps of
 * at most 30 s of monotonic time and looks at the time of day after each.
 */
export function createAlarm(clock: Clock, ring: (why: Ring) => void): Alarm {
  let at: Instant | undefined;
  let callOff: CallOff = () => undefined;

  function wait(instant: Instant, since: { readonly wall: Instant; readonly monotonic: number }): void {
    const step = Math.min(Math.max(instant - clock.now(), 0), recheckMs);
    callOff = clock.after(step, () => {
      const now = clock.now();
      const expected = since.wall + (clock.monotonic() - since.monotonic);
      if (now >= instant) rings('due');
      else if (now < expected - setBackMs) rings('clockSetBack');
      else wait(instant, since);
    });
  }

  function rings(why: Ring): void {
    at = undefined;
    ring(why);
  }

  return {
    get at() {
      return at;
    },
    wakeAt(instant) {
      if (Number.isNaN(instant)) throw new RangeError('the moment to wake up at is not a number');
      callOff();
      at = instant === Infinity ? undefined : instant;
      if (at !== undefined) wait(at, { wall: clock.now(), monotonic: clock.monotonic() });
    },
  };
}
