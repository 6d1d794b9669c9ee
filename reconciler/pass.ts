import { fail, ok } from '../protocol/result.js';
import type { Result } from '../protocol/result.js';
import { isOver } from './control/confirmation.js';
import { controlOf } from './control/control.js';
import { suspensionOf } from './control/suspension.js';
import { planRuns } from './plan-runs.js';
import type { PassReport } from './report.js';
import { startRuns } from './start-runs.js';
import { commitOnce, decide } from './conclude.js';
import { look, ordersOf, rereadConfig } from './look.js';
import { freshMemory } from './memory.js';
import type { PassFailure, PassOptions } from './pass-options.js';
import { supposedLook, unheardEvents } from './suppose/look.js';
import { supposedConfig } from './suppose/config.js';
import { supposedAttempts, withSupposedRuns } from './suppose/results.js';

/**
 * One whole pass, from reading the config directory to the commit, waiting for the plugins that it starts. A broken
 * startup-config, a failing plugin or nothing to do are normal ends; rejects with StorageError where the disk or git
 * fails, and then HEAD is as it was or at the new generation, never in between.
 */
export async function runPass(given: PassOptions): Promise<Result<PassReport, PassFailure>> {
  const { suppose, only } = given;
  if (suppose !== undefined && !given.dryRun) throw new Error('only a dry-run supposes anything');
  const at = suppose?.at;
  // What did not change while the plugins ran is not read twice.
  const memory = freshMemory();
  const options = { ...given, memory, ...(at === undefined ? {} : { clock: () => at }) };
  const found = await look(options);
  if (!found.ok) return found;
  const before = await supposedLook(found.value, options);
  if (!before.ok) return before;
  const { config, view, situation } = before.value;
  if (only !== undefined && !situation.plugins.some(({ name }) => name === only)) {
    return fail({ kind: 'noSuchPlugin', name: only, known: situation.plugins.map(({ name }) => name) });
  }
  const now = options.clock();
  const suspension = only === undefined ? undefined : suspensionOf(controlOf(view.head).suspended, only, now);
  if (only !== undefined && suspension !== undefined)
    return fail({ kind: 'suspended', name: only, suspension });
  const { confirm } = controlOf(view.head);
  if (options.confirm !== undefined && confirm !== undefined && !isOver(confirm, now))
    return fail({ kind: 'confirmPending', pending: confirm });
  const plan = withSupposedRuns(planRuns({ ...view, situation, only }, now), suppose);
  const orders = ordersOf(plan, situation, view);
  const answered = supposedAttempts(orders, suppose, { checker: situation.checker, clock: options.clock });
  // Whoever asks about another time than the present gets no answer from a plugin, which would be one about the present.
  const toRun = at === undefined ? orders.filter(({ name }) => suppose?.results?.has(name) !== true) : [];
  const ran = await startRuns(toRun, { ...options, checker: situation.checker });
  const attempts = [...answered, ...ran];
  // Plugins take time: what the operator saved meanwhile counts, and decides whether a result still holds.
  const fresh =
    ran.length === 0 ? config : supposedConfig(await rereadConfig(options, memory.config), suppose);
  // With nothing to put in force and nothing to keep, there is no reason to make a state directory.
  const pointless = fresh.startup === undefined && view.store === undefined;
  const repairs = unheardEvents(situation, suppose);
  return options.dryRun || pointless
    ? ok(await decide({ options, plan, attempts, config: fresh, view, repairs }))
    : commitOnce(options, plan, { attempts, config: fresh, readAt: view.head.commit });
}
