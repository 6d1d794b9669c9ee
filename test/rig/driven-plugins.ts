import type { Reason } from '../../protocol/problem.js';
import { sourceOf } from '../../protocol/plugin.js';
import type { ValueMap } from '../../protocol/resource.js';
import type { Instant } from '../../protocol/time.js';
import type { Attempt } from '../../reconciler/outcomes.js';
import type { ChildError } from '../../reconciler/plugin/child/request.js';
import { judgeResult } from '../../reconciler/plugin/result.js';
import type { FinishedRun, RunOrder } from '../../reconciler/run-plugin.js';
import type { StartOptions, startRuns } from '../../reconciler/start-runs.js';
import type { Clock } from '../../watch/clock.js';
import { pluginResult } from './config-dir.js';

/** A run that the test holds open until it answers, fails, or is ended by the daemon's stop. */
export class DrivenRun {
  readonly name: string;
  readonly startedAt: Instant;
  readonly ended: Promise<FinishedRun>;
  #end: (run: FinishedRun) => void = () => undefined;
  #isOver = false;

  constructor(
    readonly order: RunOrder,
    readonly options: StartOptions,
  ) {
    this.name = order.name;
    this.startedAt = options.clock();
    this.ended = new Promise(resolve => {
      this.#end = resolve;
    });
    const cancel = () => {
      this.fail('PluginCancelled', 'the run was given up');
    };
    options.signal?.addEventListener('abort', cancel);
    void this.ended.then(() => options.signal?.removeEventListener('abort', cancel));
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The ids of the events that it carries. */
  get events(): string[] {
    return this.order.events.map(({ id }) => id);
  }

  /** Answers with a PluginResult of this status, judged as that of a real plugin is. */
  answer(status: ValueMap = {}): void {
    const { declaration, binding } = this.order.plugin;
    const ttlMs = binding?.source.ttlMs;
    const { proposal, problems } = judgeResult(pluginResult(this.name, status), {
      plugin: declaration,
      checker: this.options.checker,
      ...(ttlMs === undefined ? {} : { sourceTtlMs: ttlMs }),
      bound: binding !== undefined,
      now: this.options.clock(),
    });
    this.#finish(null, { problems, ...(proposal === undefined ? {} : { proposal }) });
  }

  /** Ends as a program does that exits with 1, or in another bad way. */
  fail(reason: ChildError['reason'] & Reason = 'PluginExited', message = 'the program ended with 1'): void {
    const source = sourceOf(this.name);
    this.#finish({ reason, message }, { problems: [{ reason, severity: 'error', message, source }] });
  }

  kill(): void {
    this.fail('PluginKilled', 'the program was ended by SIGKILL');
  }

  #finish(error: ChildError | null, outcome: Pick<FinishedRun, 'problems' | 'proposal'>): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const child = {
      exitCode: error === null ? 0 : 1,
      signal: null,
      durationMs: this.options.clock() - this.startedAt,
      timedOut: false,
      stdoutDigest: '',
      stderr: '',
      error,
    };
    this.#end({ order: this.order, startedAt: this.startedAt, child, ...outcome });
  }
}

/** What a plugin does by itself when it is started. */
export type Behaviour = (run: DrivenRun) => void;

/** Stands in for plugins as processes: each run is held open until the test, or a behaviour, ends it. */
export class DrivenPlugins {
  /** Every run that was started, oldest first. */
  readonly runs: DrivenRun[] = [];
  readonly #behaviours = new Map<string, Behaviour>();

  readonly startRuns: typeof startRuns = (orders, options) =>
    Promise.all(orders.map(order => this.#run(order, options)));

  /** From now on the plugin does this by itself; undefined holds its runs open again. */
  behave(name: string, behaviour: Behaviour | undefined): void {
    if (behaviour === undefined) this.#behaviours.delete(name);
    else this.#behaviours.set(name, behaviour);
  }

  runsOf(name: string): DrivenRun[] {
    return this.runs.filter(run => run.name === name);
  }

  /** The run of a plugin that is open now; throws where there is none. */
  open(name: string): DrivenRun {
    const run = this.runsOf(name).find(({ isOver }) => !isOver);
    if (run === undefined) throw new Error(`${name} is not running`);
    return run;
  }

  async #run(order: RunOrder, options: StartOptions): Promise<Attempt> {
    const run = new DrivenRun(order, options);
    this.runs.push(run);
    this.#behaviours.get(order.name)?.(run);
    return { name: order.name, state: 'finished', run: await run.ended };
  }
}

/** Answers at once, each time with this status. */
export function answering(status: ValueMap): Behaviour {
  return run => {
    run.answer(status);
  };
}

/** Answers after some time of the clock. */
export function answeringAfter(clock: Clock, ms: number, status: () => ValueMap): Behaviour {
  return run => {
    clock.after(ms, () => {
      run.answer(status());
    });
  };
}

export function failing(): Behaviour {
  return run => {
    run.fail();
  };
}
