import type { Clock } from './clock.js';
import type { CallOff } from './delay.js';
import { afterHint, lookDue } from './settle.js';
import type { Burst, SettleTimes } from './settle.js';

/** Turns hints into looks: few, and always one after the last hint. */
export interface Settler {
  hint(): void;
  /** Forgets the hints that nobody has looked after yet. */
  callOff(): void;
}

/** The settle rule on a clock. One timer runs at most; a hint moves the burst, not the timer, so a storm costs little. */
export function createSettler(clock: Clock, times: SettleTimes, look: () => void): Settler {
  let burst: Burst | undefined;
  let waiting: CallOff | undefined;

  function wait(due: number): CallOff {
    return clock.after(due - clock.monotonic(), () => {
      waiting = undefined;
      if (burst === undefined) return;
      const nowDue = lookDue(burst, times);
      // Hints have come since the timer was set; and timers count whole milliseconds, so they can be early.
      if (clock.monotonic() < nowDue) {
        waiting = wait(nowDue);
        return;
      }
      burst = undefined;
      look();
    });
  }

  return {
    hint() {
      burst = afterHint(burst, clock.monotonic());
      waiting ??= wait(lookDue(burst, times));
    },
    callOff() {
      burst = undefined;
      waiting?.();
      waiting = undefined;
    },
  };
}
