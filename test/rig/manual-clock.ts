import { setImmediate as turn } from 'node:timers/promises';
import type { Instant } from '../../protocol/time.js';
import type { Clock } from '../../watch/clock.js';
import type { CallOff } from '../../watch/delay.js';

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

/**
 * A clock that stands still until the test moves it. `advance` lets both clocks go on and runs what is due, in order;
 * `set` and `suspend` move the time of day alone.
 */
export class ManualClock implements Clock {
  #now: Instant;
  #monotonic = 1_000;
  #timers: Timer[] = [];

  constructor(now: Instant = Date.UTC(2026, 4, 29, 12)) {
    this.#now = now;
  }

  now(): Instant {
    return this.#now;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  after(ms: number, callback: () => void): CallOff {
    if (Number.isNaN(ms)) throw new RangeError('a delay is not a number');
    const timer = { due: this.#monotonic + Math.max(ms, 0), callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter(other => other !== timer);
    };
  }

  /** How many timers wait. */
  get waiting(): number {
    return this.#timers.length;
  }

  /** Measured time until the next timer; Infinity where none waits. */
  get untilNext(): number {
    return Math.max(Math.min(...this.#timers.map(({ due }) => due)) - this.#monotonic, 0);
  }

  /** Runs every timer that is due within `ms`, each at its time, and lets the code that awaits them go on. */
  async advance(ms: number): Promise<void> {
    const end = this.#monotonic + ms;
    for (let timer = this.#nextUntil(end); timer !== undefined; timer = this.#nextUntil(end)) {
      this.#pass(timer.due - this.#monotonic);
      this.#timers = this.#timers.filter(other => other !== timer);
      timer.callback();
      await turn();
    }
    this.#pass(end - this.#monotonic);
    for (let turns = 0; turns < 5; turns++) await turn();
  }

  /** Sets the time of day, forward or back. */
  set(now: Instant): void {
    this.#now = now;
  }

  /** As the machine does: the time of day goes on, measured time stands still. */
  suspend(ms: number): void {
    this.#now += ms;
  }

  #pass(ms: number): void {
    this.#monotonic += ms;
    this.#now += ms;
  }

  /** The earliest timer; of several the one that was set first. */
  #nextUntil(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.due <= end && (next === undefined || timer.due < next.due)) next = timer;
    }
    return next;
  }
}
