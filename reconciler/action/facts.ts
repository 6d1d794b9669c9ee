import { keyIdentity, effectDigest } from '../../protocol/action-plan.js';
import { fail, ok } from '../../protocol/result.js';
import type { Result } from '../../protocol/result.js';
import { sourceOf } from '../../protocol/plugin.js';
import type { Instant } from '../../protocol/time.js';
import type { RunnablePlugin } from '../inputs.js';
import { controlOf } from '../control/control.js';
import { suspendedText, suspensionOf } from '../control/suspension.js';
import { cannotRun, runnable } from '../situation.js';
import { keyFor, revisionOf } from './action.js';
import type { Action, Direction, ExecutorIdentity } from './action.js';
import { chooseExecutor } from './executor.js';
import type { GateFacts } from './gates.js';
import { livePartsOf, policyOf } from './journal.js';
import type { ActionView } from './journal.js';
import { countRolledBack, planGone } from './plan-import.js';
import type { ImportFacts } from './plan-import.js';

export interface GateQuestion {
  readonly direction: Direction;
  readonly asked: GateFacts['asked'];
  readonly startedInRun: number;
  readonly now: Instant;
}

/** Everything that the gates of an action are judged by, taken from one view. */
export function gateFacts(
  action: Action,
  view: ActionView,
  { direction, asked, startedInRun, now }: GateQuestion,
): GateFacts {
  const actions = [...view.journal.values()];
  return {
    direction,
    asked,
    policy: policyOf(view),
    planGone: direction === 'undo' ? undefined : planGone(action, { ...importFacts(view, now), actions }),
    executor: unlessSuspended(executorIdentity(action, view), view, now),
    ledgerStarts: view.ledger.get(keyIdentity(keyFor(action, direction))) ?? [],
    takenBack: (countRolledBack(actions).get(effectDigest(revisionOf(action).plan)) ?? 0) > 0,
    startedInRun,
    now,
  };
}

/** A suspended plugin is not started, whoever asks. */
function unlessSuspended(
  executor: Result<ExecutorIdentity, string>,
  { head }: Pick<ActionView, 'head'>,
  now: Instant,
): Result<ExecutorIdentity, string> {
  if (!executor.ok) return executor;
  const { plugin } = executor.value;
  const suspension = suspensionOf(controlOf(head).suspended, plugin, now);
  return suspension === undefined ? executor : fail(suspendedText(plugin, suspension));
}

/** What an import decides on. */
export function importFacts(view: ActionView, now: Instant): Pick<ImportFacts, 'parts' | 'mayPropose'> {
  const proposers = new Set(
    view.situation.plugins
      .filter(({ declaration }) => declaration?.capabilities.includes('propose.providerAction') === true)
      .map(({ name }) => sourceOf(name)),
  );
  return { parts: livePartsOf(view, now), mayPropose: source => proposers.has(source) };
}

/** The plugin that carries out an action, able to run. */
export function executorOf(action: Action, { situation }: ActionView): Result<RunnablePlugin, string> {
  const chosen = chooseExecutor(revisionOf(action).plan.provider, situation.plugins);
  if (!chosen.ok) return chosen;
  const plugin = runnable(chosen.value, situation);
  return plugin === undefined ? fail(`the executor ${cannotRun(chosen.value)}`) : ok(plugin);
}

export function executorIdentity(action: Action, view: ActionView): Result<ExecutorIdentity, string> {
  const executor = executorOf(action, view);
  if (!executor.ok) return executor;
  const { declaration, executable } = executor.value;
  return ok({ plugin: declaration.name, digest: executable.digest });
}
