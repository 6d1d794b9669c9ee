/** `setTimeout` takes at most 2^31-1 ms; anything longer, Infinity too, fires at once. */
const longestTimeout = 2 ** 31 - 1;

/**
 * Calls back once after `ms`, however long, and returns how to call it off. When the process was too busy to look at
 * its children for longer than the delay, it looks first: the callback then finds what has happened meanwhile, instead
 * of blaming a child that ended in time or an output that is already there.
 */
export function delay(ms: number, callback: () => void): () => void {
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
