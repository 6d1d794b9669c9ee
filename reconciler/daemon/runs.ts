import type { Clock } from '../../watch/clock.js';
import type { Attempt } from '../outcomes.js';
import type { RunOrder } from '../run-plugin.js';
import type { StartOptions, startRuns } from '../start-runs.js';
import type { Log } from './logger.js';

/** How long to leave a plugin alone that another process is running. */
const elsewhereMs = 1_000;

/** Most plugins answer sooner, and what is over at once is not worth a write to say that it has begun. */
const briefMs = 50;

/** Side by side: more than there are cores, so that a few plugins that hang do not keep the others from their turn. */
const mostRuns = 16;

export interface RunsOptions {
  readonly startRuns: typeof startRuns;
  readonly clock: Clock;
  readonly log: Log;
  /** Aborted when no result is wanted any more. */
  readonly stopping: AbortSignal;
  /** Told when a run has ended: there is something to look at. */
  readonly onEnd: () => void;
}

/** The plugin runs of a daemon that are under way, and the results that nobody has taken in yet. */
export interface Runs {
  /** Starts what is neither running nor waiting to be taken in, in this order, as many as may run at once. */
  start(orders: readonly RunOrder[], options: StartOptions): void;
  /** Plugins that run. */
  readonly running: ReadonlySet<string>;
  /** Those among them that have been started only just now. */
  readonly fresh: ReadonlySet<string>;
  /** In how many milliseconds the first of them is no longer fresh; undefined where none is. */
  readonly freshForMs: number | undefined;
  /** The results that are there; they are gone from here then. */
  take(): Attempt[];
  /** Keeps results that could not be taken in for the next time. */
  giveBack(attempts: readonly Attempt[]): void;
  /** Resolves when no run is under way. */
  ended(): Promise<void>;
}

export function createRuns({ startRuns, clock, log, stopping, onEnd }: RunsOptions): Runs {
  const running = new Map<string, { readonly ended: Promise<void>; readonly since: number }>();
  let finished: readonly Attempt[] = [];

  async function run(order: RunOrder, options: StartOptions): Promise<void> {
    log('debug', 'plugin started', { plugin: order.name, cause: order.cause });
    try {
      const attempts = await startRuns([order], options);
      // A run that was ended by the stop says nothing about its plugin.
      if (stopping.aborted) return;
      finished = [...finished, ...attempts.filter(({ state }) => state === 'finished')];
      // Somebody else runs it: what comes of that is theirs to take in, and then it may not be due any more.
      if (attempts.some(({ state }) => state === 'running')) await pause();
    } catch (error) {
      log('error', error instanceof Error ? error.message : String(error), { plugin: order.name });
      // It is still due: without a pause it would be tried again and again.
      await pause();
    } finally {
      running.delete(order.name);
      onEnd();
    }
  }

  function pause(): Promise<void> {
    return new Promise(resolve => {
      const end = () => {
        callOff();
        stopping.removeEventListener('abort', end);
        resolve();
      };
      const callOff = clock.after(elsewhereMs, end);
      stopping.addEventListener('abort', end);
      if (stopping.aborted) end();
    });
  }

  const freshFor = (since: number): number => since + briefMs - clock.monotonic();

  return {
    start(orders, options) {
      const waiting = new Set(finished.map(({ name }) => name));
      for (const order of orders) {
        if (running.size >= mostRuns) return;
        if (!running.has(order.name) && !waiting.has(order.name)) {
          running.set(order.name, { ended: run(order, options), since: clock.monotonic() });
        }
      }
    },
    get running() {
      return new Set(running.keys());
    },
    get fresh() {
      return new Set([...running].flatMap(([name, { since }]) => (freshFor(since) > 0 ? [name] : [])));
    },
    get freshForMs() {
      const left = [...running.values()].map(({ since }) => freshFor(since)).filter(ms => ms > 0);
      return left.length === 0 ? undefined : Math.min(...left);
    },
    take() {
      const attempts = [...finished];
      finished = [];
      return attempts;
    },
    giveBack(attempts) {
      finished = [...attempts, ...finished];
    },
    async ended() {
      await Promise.allSettled([...running.values()].map(({ ended }) => ended));
    },
  };
}
