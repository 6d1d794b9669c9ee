import { armWatch } from './arm.js';
import type { ArmedWatch, WatchTarget } from './arm.js';
import type { Clock } from './clock.js';
import type { CallOff } from './delay.js';
import type { WatchEvents } from './events.js';
import { healthAfter, judgeWatch } from './health.js';
import type { Obstacles, WatchHealth } from './health.js';
import { stableJitter } from './jitter.js';
import { defaultSettleTimes } from './settle.js';
import type { SettleTimes } from './settle.js';
import { createSettler } from './settler.js';
import type { Settler } from './settler.js';
import { isFolder, survey } from './survey.js';
import { watchTrees } from './tree-watch.js';
import type { WatchTrees } from './tree-watch.js';

/**
 * Why to look. `change`: something seems to have changed, and it is quiet again. `rescan`: it is time to look without a
 * hint. `rearmed`: the watch was made anew, and what happened meanwhile went unseen.
 */
export type LookReason = 'change' | 'rescan' | 'rearmed';

export interface ConfigWatchOptions {
  /** The config directory, or a single file with `plugins/` and `schemas/` beside it. It need not exist. */
  readonly path: string;
  /** Folders that are left out, such as a state directory inside the config directory. */
  readonly ignore: readonly string[];
  readonly clock: Clock;
  /** Never called after `close`; it must not throw. */
  readonly onLook: (reason: LookReason) => void;
  /** More folders and files to watch: a second place for manifests, single schemas. None by default. */
  readonly also?: readonly string[];
  readonly settle?: SettleTimes;
  /** The longest time without a look, in monotonic milliseconds; 30,000 by default. */
  readonly rescanMs?: number;
  /** What watches the trees: chokidar. */
  readonly watchTrees?: WatchTrees;
}

export interface ConfigWatch {
  /** Resolves when every later change is going to be noticed: what changed earlier is for the caller to look at then. */
  readonly ready: Promise<void>;
  health(): WatchHealth;
  /** Ends the watch; afterwards nothing of it keeps the process alive. */
  close(): Promise<void>;
}

export const defaultRescanMs = 30_000;

const mostJitterMs = 60_000;

/** Watching counts as incomplete when the folders could not be read in this time. */
const armingMs = 10_000;

/** More entries than this are not looked at one by one before the watch is made anew. */
const mostReplaced = 1_000;

/**
 * Watches a config directory, as a hint: a look is due soon after a change, and every `rescanMs` for what no event
 * tells. Never fails: what cannot be watched shows in `health`, and is tried again with every rescan.
 */
export function startConfigWatch(options: ConfigWatchOptions): ConfigWatch {
  return new Watch(options);
}

class Watch implements ConfigWatch {
  readonly ready: Promise<void>;
  readonly #options: ConfigWatchOptions;
  readonly #target: WatchTarget;
  readonly #settler: Settler;
  #endWait: () => void = () => undefined;
  #callOffRescan: CallOff = () => undefined;
  #health: WatchHealth;
  #armed: ArmedWatch | undefined;
  #failure: Obstacles['failure'];
  /** Entries made, removed or replaced since the watch was last compared with what is there. */
  #replaced = new Set<string>();
  /** Arming, comparing and closing, one at a time. */
  #work: Promise<void> = Promise.resolve();
  #closed: Promise<void> | undefined;

  constructor(options: ConfigWatchOptions) {
    const { clock, path, ignore, also = [] } = options;
    this.#options = options;
    this.#target = { path, ignore, also };
    this.#health = { status: 'ok', reason: 'Starting', message: 'the watch is starting', since: clock.now() };
    this.#settler = createSettler(clock, options.settle ?? defaultSettleTimes, () => {
      this.#look('change');
      if (this.#replaced.size > 0) this.#renew(() => this.#isStale());
    });
    this.ready = this.#next(() => this.#arm());
    this.#waitForRescan();
  }

  health(): WatchHealth {
    return this.#health;
  }

  close(): Promise<void> {
    this.#closed ??= this.#shutDown();
    return this.#closed;
  }

  async #shutDown(): Promise<void> {
    this.#settler.callOff();
    this.#callOffRescan();
    this.#endWait();
    await this.#work;
    await this.#armed?.close();
  }

  #look(reason: LookReason): void {
    if (this.#closed === undefined) this.#options.onLook(reason);
  }

  #waitForRescan(): void {
    const { clock, path, rescanMs = defaultRescanMs } = this.#options;
    // Shorter by up to a tenth, so that several daemons do not read the same disk at the same moment.
    const jitter = stableJitter(path, Math.min(rescanMs / 10, mostJitterMs));
    this.#callOffRescan = clock.after(rescanMs - jitter, () => {
      this.#waitForRescan();
      this.#look('rescan');
      this.#renew(async () => this.#health.status === 'degraded' || (await this.#isStale()));
    });
  }

  /** Makes the watch anew where that is needed, and asks for a look: it was blind while it was made. */
  #renew(isNeeded: () => Promise<boolean>): void {
    void this.#next(async () => {
      if (!(await isNeeded())) return;
      await this.#arm();
      this.#look('rearmed');
    });
  }

  #next(work: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(async () => {
      if (this.#closed !== undefined) return;
      try {
        await work();
      } catch (error) {
        this.#failed(error);
      }
    });
    return this.#work;
  }

  /**
   * Whether something else stands where a watched folder stood. A new folder counts as well: one that replaced another
   * in a moment looks the same, and chokidar would go on watching the one that is gone.
   */
  async #isStale(): Promise<boolean> {
    const replaced = this.#replaced;
    this.#replaced = new Set();
    if (replaced.size > mostReplaced) return true;
    for (const path of replaced) if (await isFolder(path)) return true;
    const now = await survey(this.#target.path, this.#target.also);
    return now.identity !== this.#armed?.survey.identity;
  }

  async #arm(): Promise<void> {
    // First: chokidar would give a second watch of a path the first one's, on a folder that may be gone.
    await this.#armed?.close();
    this.#armed = undefined;
    this.#failure = undefined;
    const armed = await armWatch(this.#target, this.#events(), this.#options.watchTrees ?? watchTrees);
    this.#armed = armed;
    this.#judge(!(await this.#isReady(armed)));
  }

  #events(): WatchEvents {
    return {
      hint: () => {
        if (this.#closed === undefined) this.#settler.hint();
      },
      replaced: path => {
        if (this.#replaced.size <= mostReplaced) this.#replaced.add(path);
      },
      failed: error => {
        this.#failed(error);
      },
    };
  }

  #failed(error: unknown): void {
    const { first, more } = this.#failure ?? { first: error, more: -1 };
    this.#failure = { first, more: more + 1 };
    this.#judge(false);
  }

  #judge(incomplete: boolean): void {
    const missing = this.#armed?.survey.missing;
    const judgement = judgeWatch({ failure: this.#failure, incomplete, missing });
    this.#health = healthAfter(this.#health, judgement, this.#options.clock.now());
  }

  /** Whether it is ready in time; closing ends the wait. */
  #isReady(armed: ArmedWatch): Promise<boolean> {
    return new Promise(resolve => {
      const callOff = this.#options.clock.after(armingMs, () => {
        resolve(false);
      });
      this.#endWait = () => {
        callOff();
        resolve(true);
      };
      void armed.ready.then(this.#endWait);
      if (this.#closed !== undefined) this.#endWait();
    });
  }
}
