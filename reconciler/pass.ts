import { fail, ok } from '../protocol/result.js';
import type { Result } from '../protocol/result.js';
import { loadConfig } from '../state/config/load.js';
import { planRuns } from './plan-runs.js';
import type { PassReport } from './report.js';
import { startRuns } from './start-runs.js';
import { commitUnderLock, decide } from './conclude.js';
import { look, ordersOf } from './look.js';
import type { PassFailure, PassOptions } from './pass-options.js';

/**
 * One whole pass, from reading the config directory to the commit, waiting for the plugins that it starts. A broken
 * startup-config, a failing plugin or nothing to do are normal ends; rejects with StorageError where the disk or git
 * fails, and then HEAD is as it was or at the new generation, never in between.
 */
export async function runPass(options: PassOptions): Promise<Result<PassReport, PassFailure>> {
  const before = await look(options);
  if (!before.ok) return before;
  const { config, view, situation } = before.value;
  const { only } = options;
  if (only !== undefined && !situation.plugins.some(({ name }) => name === only)) {
    return fail({ kind: 'noSuchPlugin', name: only, known: situation.plugins.map(({ name }) => name) });
  }
  const plan = planRuns({ ...view, situation, only }, options.clock());
  const attempts = await startRuns(ordersOf(plan, situation, view), {
    ...options,
    checker: situation.checker,
  });
  // Plugins take time: what the operator saved meanwhile counts, and decides whether a result still holds.
  const fresh = attempts.length === 0 ? config : await loadConfig(options.config);
  // With nothing to put in force and nothing to keep, there is no reason to make a state directory.
  const pointless = fresh.startup === undefined && view.store === undefined;
  return options.dryRun || pointless
    ? ok(await decide({ options, plan, attempts, config: fresh, view, repairs: [] }))
    : commitUnderLock(options, plan, { attempts, config: fresh, readAt: view.head.commit });
}
