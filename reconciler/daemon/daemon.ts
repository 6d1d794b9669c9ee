import { setMaxListeners } from 'node:events';
import { isExpired } from '../../protocol/part.js';
import type { Instant } from '../../protocol/time.js';
import type { LoadedConfig } from '../../state/config/load.js';
import { createAlarm } from '../../watch/alarm.js';
import type { Clock } from '../../watch/clock.js';
import { earliest } from '../../watch/wakeups.js';
import type { Wakeup } from '../../watch/wakeups.js';
import { backoffMs } from '../backoff.js';
import { controlOf } from '../control/control.js';
import { commitUnderLock, decide } from '../conclude.js';
import { look, ordersOf } from '../look.js';
import { forget, freshMemory } from '../memory.js';
import type { PassMemory } from '../memory.js';
import type { Attempt } from '../outcomes.js';
import type { PassOptions } from '../pass-options.js';
import { planRuns } from '../plan-runs.js';
import type { PassReport } from '../report.js';
import type { RunOrder } from '../run-plugin.js';
import { startRuns } from '../start-runs.js';
import { createActions } from './actions.js';
import { cachePass } from '../cache-pass.js';
import { agenda, otherWakeups } from './agenda.js';
import { createOwnershipKeeper } from './ownership.js';
import { createProber } from './prober.js';
import { createLeaseHolder } from './hold-leases.js';
import type { Log } from './logger.js';
import { isQuiet, stateGist } from './quiet.js';
import type { Quiet } from './quiet.js';
import { createRuns } from './runs.js';
import { createTeller } from './say.js';
import { longestWaitingFirst } from './turns.js';
import { unwrap } from './unwrap.js';
import { worthWriting } from './worth-writing.js';

export interface DaemonOptions extends Omit<PassOptions, 'clock' | 'dryRun' | 'only' | 'signal'> {
  readonly clock: Clock;
  readonly log: Log;
  /** Told about every pass that wrote something. */
  readonly onPass?: (report: PassReport) => void;
  /** The operator's word for the node that this router is in its mobility pools. */
  readonly node?: string;
  /** Runs plugins; tests drive their own. */
  readonly startRuns?: typeof startRuns;
}

/**
 * Reconciles until it is stopped. Whoever calls `look` says *that* something may have changed, never what: each pass
 * reads everything afresh, so that a hint too many costs time and a hint too few only latency.
 */
export interface Daemon {
  /** `change` goes by what `stat` says of files that were read before; `rescan` reads them all. Default `rescan`. */
  look(why?: 'change' | 'rescan'): void;
  /** Looks, and puts the visible files of the state directory right as well. */
  mend(): void;
  /** Resolves when no pass is under way and none is asked for; plugins may be running. */
  idle(): Promise<void>;
  /** Resolves when that holds, and no scan of a pool and no commit of inventories is under way either. */
  settled(): Promise<void>;
  /** Starts nothing new, ends the plugins that are running, finishes a commit that is under way. */
  stop(): Promise<void>;
}

export function startDaemon(options: DaemonOptions): Daemon {
  const { clock, log } = options;
  const stopping = new AbortController();
  // Every plugin that runs listens to it, and there is no leak in that.
  setMaxListeners(0, stopping.signal);
  let asked = false;
  /** Whether the next pass reads every file, whatever `stat` says of it. */
  let readAll = true;
  /** The config of a pass that wrote, while nobody but that pass asks for a look. */
  let justRead: LoadedConfig | undefined;
  let working: Promise<void> | undefined;
  /** What a pass has written, until it is kept for others. */
  let lately: PassReport | undefined;
  /** Whether what an earlier run left half-done has been mended: the first pass does it, under the lock. */
  let mended = false;
  let failedPasses = 0;
  /** What the last pass found, where it found nothing to do and nothing was under way; undefined to look at everything. */
  let quiet: Quiet | undefined;
  const alarm = createAlarm(clock, look_);
  const tell = createTeller(log);
  const runs = createRuns({
    startRuns: options.startRuns ?? startRuns,
    clock,
    log,
    stopping: stopping.signal,
    onEnd: look_,
  });
  const actions = createActions({ ...options, stopping: stopping.signal, onEnd: look_ });
  const ownership = createOwnershipKeeper({ ...options, stopping: stopping.signal, onEnd: look_ });
  const prober = createProber({ ...options, stopping: stopping.signal, onEnd: look_ });
  const memory: PassMemory = { ...freshMemory(), holdLeases: createLeaseHolder(clock) };
  const passOptions: PassOptions = {
    ...options,
    clock: () => clock.now(),
    dryRun: false,
    signal: stopping.signal,
    memory,
  };

  /** Looks past what was found quiet: something has come to its end, or the time for something has come. */
  function look_(): void {
    quiet = undefined;
    hint();
  }

  function rescan(): void {
    readAll = true;
    look_();
  }

  function hint(): void {
    asked = true;
    justRead = undefined;
    if (!stopping.signal.aborted) working ??= work();
  }

  async function work(): Promise<void> {
    // Let the caller finish first, so that hints that come together share a pass.
    await Promise.resolve();
    try {
      while (asked && !stopping.signal.aborted) {
        asked = false;
        await attemptPass();
        await keepForOthers();
      }
    } finally {
      // Here, and not once the promise is settled: a look that is asked for in between would go unheard.
      working = undefined;
    }
  }

  /** Nobody waits for it, so it waits until there is nothing else to do. */
  async function keepForOthers(): Promise<void> {
    if (asked || lately === undefined) return;
    await cachePass(options.state.path, lately);
    lately = undefined;
  }

  async function attemptPass(): Promise<void> {
    try {
      const written = await pass();
      failedPasses = 0;
      if (written === undefined) return;
      // What was written moves due times and leases: one more look finds the next wake-up on what is there now.
      if (!asked) justRead = written;
      asked = true;
    } catch (error) {
      if (stopping.signal.aborted) return;
      failedPasses++;
      quiet = undefined;
      readAll = true;
      forget(memory);
      const retryAt = clock.now() + backoffMs('pass', failedPasses);
      log('error', error instanceof Error ? error.message : String(error), { failures: failedPasses });
      alarm.wakeAt(retryAt);
    }
  }

  /** The config under which it wrote something; undefined where there was nothing to write. */
  async function pass(): Promise<LoadedConfig | undefined> {
    if (quiet !== undefined && !readAll && (await isQuiet(quiet, passOptions, memory))) return undefined;
    quiet = undefined;
    const gist = stateGist(options.state.path);
    const byStamps = !readAll;
    readAll = false;
    const looked = unwrap(await look(passOptions, { justRead, byStamps }));
    const { config, situation, view } = looked;
    const plan = planRuns({ ...view, situation }, clock.now());
    const orders = longestWaitingFirst(ordersOf(plan, situation, view), view.status);
    runs.start(orders, { ...passOptions, checker: situation.checker });
    const taken = runs.take();
    const attempts = [...taken, ...outstanding(orders, taken)];
    const lightly = mended;
    if (taken.length === 0 && lightly) {
      const draft = await decide({ options: passOptions, plan, attempts, config, view, repairs: [] });
      if (!worthWriting(draft, looked, runs.fresh)) {
        const decidedAt = draft.finishedAt;
        // A part that was in force when the pass was decided has its end before it, even if that has come by now.
        const live = view.head.parts.filter(part => !isExpired(part, decidedAt));
        const wakeAt = setAlarm([
          ...agenda(plan, live, { running: runs.running, ...controlOf(view.head) }),
          ...otherWakeups({
            actionsAt: await actions.consider(looked, decidedAt),
            scanAt: await ownership.consider(looked, decidedAt),
            probeAt: prober.consider(view, decidedAt),
            tellAt: runs.freshForMs === undefined ? undefined : clock.now() + Math.ceil(runs.freshForMs),
          }),
        ]);
        const busy =
          runs.running.size > 0 || actions.busy || ownership.busy || prober.busy || orders.length > 0;
        if (gist !== undefined && !busy) quiet = { state: gist, until: wakeAt ?? Number.POSITIVE_INFINITY };
        return undefined;
      }
    }
    const found = { attempts, config, readAt: view.head.commit };
    // Before, not after: whoever asks for mending meanwhile asks for one more pass.
    mended = true;
    try {
      const report = unwrap(await commitUnderLock(passOptions, plan, { ...found, lightly }));
      tell(report);
      options.onPass?.(report);
      lately = report;
      return report.config;
    } catch (error) {
      runs.giveBack(taken);
      mended = false;
      throw error;
    }
  }

  /** What runs, and what is due but has to wait for its turn. */
  function outstanding(orders: readonly RunOrder[], taken: readonly Attempt[]): Attempt[] {
    const names = new Set([...runs.running, ...orders.map(({ name }) => name)]);
    for (const { name } of taken) names.delete(name);
    return [...names].map(name => ({ name, state: 'running' }));
  }

  function setAlarm(wakeups: readonly Wakeup[]): Instant | undefined {
    const next = earliest(wakeups);
    log(
      'debug',
      'waiting',
      next === undefined
        ? {}
        : { until: new Date(next.at).toISOString(), for: `${next.reason} ${next.name}` },
    );
    alarm.wakeAt(next?.at);
    return next?.at;
  }

  async function idle(): Promise<void> {
    while (working !== undefined) await working;
  }

  return {
    look(why = 'rescan') {
      if (why === 'rescan') rescan();
      else hint();
    },
    mend() {
      mended = false;
      rescan();
    },
    idle,
    async settled() {
      await idle();
      // What ends there asks for a look before its promise is settled.
      while (ownership.busy) {
        await ownership.ended();
        await idle();
      }
    },
    async stop() {
      stopping.abort();
      await working;
      await Promise.all([runs.ended(), actions.ended(), ownership.ended(), prober.ended()]);
      alarm.wakeAt(undefined);
    },
  };
}
