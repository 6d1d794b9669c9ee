/** Gives up what was asked for; calling it later, or twice, does nothing. */
export type CallOff = () => void;

/** `setTimeout` takes at most 2^31-1 ms (24.8 days); anything longer, Infinity and NaN too, fires at once. */
const longestTimeout = 2 ** 31 - 1;

/**
 * Calls back once after `ms`, however long, and returns how to call it off; Infinity is never, what is past is soon.
 * When the process was too busy to look at its children and input for longer than the delay, it looks first: the
 * callback then finds what has happened meanwhile, instead of blaming a child that ended in time or an output that is
 * already there.
 *
 * @throws RangeError for NaN: a moment that could not be read must not reach a timer.
 */
export function delay(ms: number, callback: () => void): CallOff {
  if (Number.isNaN(ms)) throw new RangeError('a delay is not a number');
  let timer: NodeJS.Timeout | undefined;
  let check: NodeJS.Immediate | undefined;
  function wait(left: number): void {
    const step = Math.min(left, longestTimeout);
    timer = setTimeout(() => {
      if (left > step) wait(left - step);
      // Timers run before a turn of the event loop polls for input and ended children, immediates after it.
      else check = setImmediate(callback);
    }, step);
  }
  wait(ms);
  return () => {
    clearTimeout(timer);
    clearImmediate(check);
  };
}
