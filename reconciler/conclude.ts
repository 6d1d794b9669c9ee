import type { Problem } from '../protocol/problem.js';
import { fail, ok } from '../protocol/result.js';
import type { Result } from '../protocol/result.js';
import type { LoadedConfig } from '../state/config/load.js';
import { acquireLock } from '../state/lock.js';
import { commitSettlement, openForWriting } from './commit.js';
import { pluginReports, proposalsOf } from './outcomes.js';
import { listenersOf } from './events/listeners.js';
import type { Attempt } from './outcomes.js';
import type { PassFailure, PassOptions } from './pass-options.js';
import { planRuns } from './plan-runs.js';
import type { PlannedPlugin } from './plan-runs.js';
import type { PassReport } from './report.js';
import { settle } from './settle/settle.js';
import type { Settlement } from './settle/settle.js';
import { situationOf } from './situation.js';
import { lockPath } from './state-dir.js';
import type { StateView } from './state-dir.js';

/** Settles and commits under the lock, against HEAD as it then is. */
export async function commitUnderLock(
  options: PassOptions,
  plan: readonly PlannedPlugin[],
  found: { readonly attempts: readonly Attempt[]; readonly config: LoadedConfig },
): Promise<Result<PassReport, PassFailure>> {
  const lock = await acquireLock(lockPath(options.state.path), {
    timeoutMs: options.lockTimeoutMs,
    holder: { command: options.command },
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  if (!lock.ok) return fail({ kind: 'locked', busy: lock.failure });
  try {
    for (;;) {
      const opened = await openForWriting(options.state, options.clock());
      if (!opened.ok) return opened;
      const { store, view, repairs } = opened.value;
      const report = await decide({ options, plan, ...found, view, repairs });
      const done = await commitSettlement({
        store,
        view,
        report,
        lost: lock.value.lost,
        listeners: listenersOf(await situationOf(found.config, view.head)),
        inputs: inputsOf(plan),
      });
      // Somebody committed without the lock, as by hand: decide again on what is there now.
      if (done !== 'moved') return ok(done);
    }
  } finally {
    await lock.value.release();
  }
}

export interface Decision {
  readonly options: PassOptions;
  readonly plan: readonly PlannedPlugin[];
  readonly attempts: readonly Attempt[];
  readonly config: LoadedConfig;
  readonly view: StateView;
  readonly repairs: readonly Problem[];
}

/** Decides a pass on what was read, and reports it; effects are the caller's. */
export async function decide(decision: Decision): Promise<PassReport> {
  const { options, plan, attempts, config, view } = decision;
  const situation = await situationOf(config, view.head);
  // Read after the results that it uses: none of them is from the future.
  const now = options.clock();
  const current = inputsOf(planRuns({ ...view, situation }, now));
  const proposals = proposalsOf(attempts, current);
  const { startup } = situation;
  const settlement: Settlement | undefined =
    startup === undefined
      ? undefined
      : settle(
          {
            situation: { ...situation, startup },
            head: view.head,
            proposals,
            lineage: view.store?.lineage ?? '',
            engineVersion: options.engineVersion,
            operator: typeof options.operator === 'string' ? options.operator : options.operator(config),
          },
          now,
        );
  return {
    config,
    only: options.only,
    head: view.head,
    startup,
    plugins: pluginReports({ plan, attempts, current, settlement }),
    settlement,
    commit: undefined,
    repairs: decision.repairs,
    finishedAt: now,
  };
}

function inputsOf(plan: readonly PlannedPlugin[]): Map<string, string> {
  return new Map(
    plan.flatMap(planned => (planned.state === 'ready' ? [[planned.name, planned.inputDigest]] : [])),
  );
}
