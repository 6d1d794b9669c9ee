import type { ActionPolicy } from '../../protocol/action-policy.js';
import type { Instant } from '../../protocol/time.js';
import { backoffMs } from '../backoff.js';
import { inImportOrder, stateOf } from './action.js';
import type { Action } from './action.js';
import { gateFacts } from './facts.js';
import { judgeGates } from './gates.js';
import type { Gate } from './gates.js';
import { policyOf } from './journal.js';
import type { ActionView, Journal } from './journal.js';
import { importOf } from './operate.js';

/** What routerd calls itself where it acts of its own accord. */
export const routerd = 'routerd';

/** A run of the daemon, for `maxActionsPerRun`: what it starts within a minute, counted in the journal, so over restarts too. */
const runMs = 60_000;

/** What a daemon has to do about actions now. */
export interface AutoPlan {
  /** Whether the journal lacks a plan, or holds one that is gone. */
  readonly importing: boolean;
  /** The action to start. */
  readonly next?: string;
  /** When time alone may change this. */
  readonly wakeAt?: Instant;
}

/** Decides what the daemon does by itself. Pure; whoever starts the action asks the gates again under the lock. */
export function planAuto(view: ActionView, now: Instant): AutoPlan {
  const importing = importOf(view, { by: routerd, asked: false }, now).steps.length > 0;
  const policy = policyOf(view);
  if (!policy.ok || !isAutomatic(policy.value)) return { importing };
  const waiting = inImportOrder(view.journal).filter(isWaiting);
  const startedInRun = startsWithin(view.journal, now).length;
  const wakes: Instant[] = [];
  for (const action of waiting) {
    const retryAt = retryAtOf(action, now);
    if (retryAt > now) {
      wakes.push(retryAt);
      continue;
    }
    const facts = gateFacts(action, view, { direction: 'execute', asked: 'daemon', startedInRun, now });
    const closed = judgeGates(action, facts).filter(({ open }) => !open);
    if (closed.length === 0) return { importing, next: action.id };
    const opensAt = reopening(closed, view.journal, now);
    if (opensAt !== undefined) wakes.push(opensAt);
  }
  return { importing, ...(wakes.length === 0 ? {} : { wakeAt: Math.min(...wakes) }) };
}

/** Whether a policy lets the daemon execute anything without being asked. */
export function isAutomatic(policy: ActionPolicy): boolean {
  return policy.enabled && !policy.dryRunOnly && !policy.requireApproval && policy.maxActionsPerRun > 0;
}

/** The daemon's starts of the run that is under way. */
export function startsWithin(journal: Journal, now: Instant): Instant[] {
  return [...journal.values()].flatMap(({ transitions }) =>
    transitions
      .filter(({ cause, by, at }) => cause.type === 'started' && by === routerd && Math.abs(now - at) < runMs)
      .map(({ at }) => at),
  );
}

function isWaiting(action: Action): boolean {
  return ['pending', 'approved'].includes(stateOf(action));
}

/** After a failed attempt that somebody wants repeated: as long as a failing plugin is left alone. */
function retryAtOf({ id, transitions }: Action, now: Instant): Instant {
  const failed = transitions.filter(({ to }) => to === 'failed' || to === 'skipped');
  const last = failed.at(-1);
  // One from the future was written before the clock was set back: how long ago that is, nobody knows.
  if (last === undefined || last.at > now) return Number.NEGATIVE_INFINITY;
  return last.at + backoffMs(id, failed.length);
}

/** When gates open by themselves: undefined where one of them needs somebody to open it. */
function reopening(closed: readonly Gate[], journal: Journal, now: Instant): Instant | undefined {
  if (!closed.every(({ gate }) => gate === 'window' || gate === 'limit')) return undefined;
  // Windows open and close on the minute.
  const nextMinute = Math.floor(now / 60_000) * 60_000 + 60_000;
  return closed.some(({ gate }) => gate === 'window')
    ? nextMinute
    : Math.min(...startsWithin(journal, now)) + runMs;
}
