import type { Result } from '../../protocol/result.js';
import { isExpired } from '../../protocol/part.js';
import { createAlarm } from '../../watch/alarm.js';
import type { Clock } from '../../watch/clock.js';
import { earliest } from '../../watch/wakeups.js';
import type { Wakeup } from '../../watch/wakeups.js';
import { backoffMs } from '../backoff.js';
import { commitUnderLock, decide } from '../conclude.js';
import { look, ordersOf } from '../look.js';
import type { Looked } from '../look.js';
import type { Attempt } from '../outcomes.js';
import type { PassFailure, PassOptions } from '../pass-options.js';
import { planRuns } from '../plan-runs.js';
import type { PlannedPlugin } from '../plan-runs.js';
import type { PassReport } from '../report.js';
import type { RunOrder } from '../run-plugin.js';
import { startRuns } from '../start-runs.js';
import type { StartOptions } from '../start-runs.js';
import { sameState, statusAfter } from '../status.js';
import { agenda } from './agenda.js';
import type { WakeReason } from './agenda.js';
import type { Log } from './logger.js';

export interface DaemonOptions extends Omit<PassOptions, 'clock' | 'dryRun' | 'only' | 'signal'> {
  readonly clock: Clock;
  readonly log: Log;
  /** Told about every pass that wrote something. */
  readonly onPass?: (report: PassReport) => void;
  /** Runs plugins; tests drive their own. */
  readonly startRuns?: typeof startRuns;
}

/** How long to leave a plugin alone that another process is running. */
const elsewhereMs = 1_000;

/**
 * Reconciles until it is stopped. Whoever calls `look` says *that* something may have changed, never what: each pass
 * reads everything afresh, so that a hint too many costs time and a hint too few only latency.
 */
export interface Daemon {
  look(): void;
  /** Looks, and puts the visible files of the state directory right as well. */
  mend(): void;
  /** Resolves when no pass is under way and none is asked for; plugins may be running. */
  idle(): Promise<void>;
  /** Starts nothing new, ends the plugins that are running, finishes a commit that is under way. */
  stop(): Promise<void>;
}

export function startDaemon(options: DaemonOptions): Daemon {
  const { clock, log } = options;
  const stopping = new AbortController();
  const running = new Map<string, Promise<void>>();
  /** Results that no commit has taken in yet: they outlive a pass that could not write. */
  let finished: Attempt[] = [];
  let asked = false;
  let working: Promise<void> | undefined;
  /** Whether what an earlier run left half-done has been mended: the first pass does it, under the lock. */
  let mended = false;
  let failedPasses = 0;
  const alarm = createAlarm(clock, look_);
  const passOptions: PassOptions = {
    ...options,
    clock: () => clock.now(),
    dryRun: false,
    signal: stopping.signal,
  };

  function look_(): void {
    asked = true;
    working ??= work().finally(() => {
      working = undefined;
    });
  }

  async function work(): Promise<void> {
    // Let the caller finish first, so that hints that come together share a pass.
    await Promise.resolve();
    while (asked && !stopping.signal.aborted) {
      asked = false;
      await attemptPass();
    }
  }

  async function attemptPass(): Promise<void> {
    try {
      const wrote = await pass();
      failedPasses = 0;
      // What was written moves due times and leases: one more look finds the next wake-up on what is there now.
      if (wrote) asked = true;
    } catch (error) {
      failedPasses++;
      const retryAt = clock.now() + backoffMs('pass', failedPasses);
      log('error', error instanceof Error ? error.message : String(error), { failures: failedPasses });
      alarm.wakeAt(retryAt);
    }
  }

  /** Whether it wrote something. */
  async function pass(): Promise<boolean> {
    const looked = unwrap(await look(passOptions));
    const { config, situation, view } = looked;
    const plan = planRuns({ ...view, situation }, clock.now());
    start(plan, looked);
    const attempts = takeFinished();
    const all = [...attempts, ...[...running.keys()].map((name): Attempt => ({ name, state: 'running' }))];
    try {
      const draft = await decide({ options: passOptions, plan, attempts: all, config, view, repairs: [] });
      if (attempts.length === 0 && mended && !worthWriting(draft, looked)) {
        setAlarm(plan, looked);
        return false;
      }
      const report = unwrap(await commitUnderLock(passOptions, plan, { attempts: all, config }));
      mended = true;
      sayWhatHappened(report);
      options.onPass?.(report);
      return true;
    } catch (error) {
      finished = [...attempts, ...finished];
      throw error;
    }
  }

  function start(plan: readonly PlannedPlugin[], { situation, view }: Looked): void {
    const known = new Set([...running.keys(), ...finished.map(({ name }) => name)]);
    const startOptions: StartOptions = { ...passOptions, checker: situation.checker };
    for (const order of ordersOf(plan, situation, view)) {
      if (!known.has(order.name)) running.set(order.name, run(order, startOptions));
    }
  }

  async function run(order: RunOrder, startOptions: StartOptions): Promise<void> {
    log('debug', 'plugin started', { plugin: order.name, cause: order.cause });
    try {
      const attempts = await (options.startRuns ?? startRuns)([order], startOptions);
      finished.push(...attempts.filter(({ state }) => state === 'finished'));
      // Somebody else runs it: what comes of that is theirs to take in, and then it may not be due any more.
      if (attempts.some(({ state }) => state === 'running')) await pause(elsewhereMs);
    } catch (error) {
      log('error', error instanceof Error ? error.message : String(error), { plugin: order.name });
    } finally {
      running.delete(order.name);
      if (!stopping.signal.aborted) look_();
    }
  }

  function pause(ms: number): Promise<void> {
    return new Promise(resolve => {
      const callOff = clock.after(ms, resolve);
      stopping.signal.addEventListener('abort', () => {
        callOff();
        resolve();
      });
    });
  }

  function takeFinished(): Attempt[] {
    const attempts = finished;
    finished = [];
    return attempts;
  }

  /** Whether a pass without results has something to put on disk: a commit, or a condition that changed. */
  function worthWriting(draft: PassReport, { view }: Looked): boolean {
    return (
      draft.settlement?.commit !== undefined ||
      !sameState(view.status, statusAfter(view.status, draft, new Map()))
    );
  }

  function setAlarm(plan: readonly PlannedPlugin[], { view }: Looked): void {
    const now = clock.now();
    const live = view.head.parts.filter(part => !isExpired(part, now));
    const next: Wakeup<WakeReason> | undefined = earliest(agenda(plan, live, new Set(running.keys())));
    log(
      'debug',
      'waiting',
      next === undefined
        ? {}
        : { until: new Date(next.at).toISOString(), for: `${next.reason} ${next.name}` },
    );
    alarm.wakeAt(next?.at);
  }

  function sayWhatHappened({ commit, settlement, plugins, config }: PassReport): void {
    if (commit !== undefined && settlement !== undefined) {
      const { current, next } = settlement.generation;
      log('info', next > current ? `committed generation ${next}` : 'committed inputs', {
        commit,
        changes: settlement.changes.length,
      });
    }
    for (const { name, outcome, problems } of plugins) {
      if (outcome === 'failed' || outcome === 'rejected') {
        log('warn', `plugin ${outcome}`, {
          plugin: name,
          problems: problems.map(({ reason, message }) => `${reason}: ${message}`),
        });
      } else if (outcome === 'accepted' || outcome === 'renewed')
        log('info', `part ${outcome}`, { plugin: name });
    }
    for (const problem of config.startup === undefined ? config.problems : []) {
      if (problem.severity === 'error')
        log('error', problem.message, { reason: problem.reason, place: problem.place });
    }
  }

  return {
    look: look_,
    mend() {
      mended = false;
      look_();
    },
    async idle() {
      while (working !== undefined) await working;
    },
    async stop() {
      alarm.wakeAt(undefined);
      stopping.abort();
      await Promise.allSettled([working, ...running.values()]);
    },
  };
}

function unwrap<T>(result: Result<T, PassFailure>): T {
  if (result.ok) return result.value;
  const { failure } = result;
  switch (failure.kind) {
    case 'state':
      throw new Error(`${failure.failure.message}; ${failure.failure.hint}`);
    case 'locked':
      throw new Error(failure.busy.message);
    case 'noSuchPlugin':
      throw new Error(`there is no plugin ${failure.name}`);
  }
}
