import type { Instant } from '../../protocol/time.js';
import type { Clock } from '../../watch/clock.js';
import { backoffMs } from '../backoff.js';
import type { Log } from './logger.js';

export interface WorkerOptions {
  /** Sets the jitter of its back-off. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly stopping: AbortSignal;
  /** Told when a piece of work has ended: there is something to look at. */
  readonly onEnd: () => void;
}

/** Does one piece of work at a time beside the passes, and leaves it alone for a while when it comes to nothing. */
export interface Worker {
  readonly busy: boolean;
  /** Not to be started before this. */
  readonly restUntil: Instant;
  /** Starts the work, which says whether it came to anything; what it throws is logged. */
  start(work: () => Promise<boolean>): void;
  /** Resolves when no work is under way. */
  ended(): Promise<void>;
}

export function createWorker({ name, clock, log, stopping, onEnd }: WorkerOptions): Worker {
  let working: Promise<void> | undefined;
  let fruitless = 0;
  let restUntil = Number.NEGATIVE_INFINITY;

  async function perform(work: () => Promise<boolean>): Promise<void> {
    try {
      fruitless = (await work()) ? 0 : fruitless + 1;
    } catch (error) {
      if (stopping.aborted) return;
      fruitless++;
      log('error', error instanceof Error ? error.message : String(error), { failures: fruitless });
    } finally {
      restUntil = fruitless === 0 ? Number.NEGATIVE_INFINITY : clock.now() + backoffMs(name, fruitless);
      working = undefined;
      onEnd();
    }
  }

  return {
    get busy() {
      return working !== undefined;
    },
    get restUntil() {
      return restUntil;
    },
    start(work) {
      working = perform(work);
    },
    async ended() {
      await working;
    },
  };
}
