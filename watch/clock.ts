import { performance } from 'node:perf_hooks';
import type { Instant } from '../protocol/time.js';
import { delay } from './delay.js';
import type { CallOff } from './delay.js';

/**
 * Where time comes from. `monotonic` and `after` measure how long something takes: nobody can set that clock, and while
 * the machine is suspended it stands still. `now` tells the time of day: it can be set, forward and back, and has gone
 * on after a suspend. To be woken at a time of day, use an alarm (alarm.ts).
 */
export interface Clock {
  now(): Instant;
  /** Milliseconds since a moment that means nothing. */
  monotonic(): number;
  /** Calls back once after `ms` of monotonic time, of any length; Infinity is never. Throws for NaN. */
  after(ms: number, callback: () => void): CallOff;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: delay,
};
