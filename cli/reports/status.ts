import { isExpired } from '../../protocol/part.js';
import { intervalOf } from '../../protocol/references.js';
import { durationText } from '../../protocol/duration.js';
import { formatTime } from '../../protocol/time.js';
import type { Instant } from '../../protocol/time.js';
import { controlOf } from '../../reconciler/control/control.js';
import type { Withheld } from '../../reconciler/control/withheld.js';
import type { PlannedPlugin } from '../../reconciler/plan-runs.js';
import type { Condition } from '../../reconciler/records/run-status.js';
import type { Presence } from '../../reconciler/records/presence.js';
import type { Settlement } from '../../reconciler/settle/settle.js';
import type { StateView } from '../../reconciler/state-dir.js';
import type { StoreFailure } from '../../state/git/look.js';
import type { Holder } from '../../state/lock-holder.js';
import type { Document } from '../output/format.js';
import {
  confirmationItem,
  heldItem,
  promotableItem,
  quarantineItem,
  suspensionItems,
  withheldItem,
} from './control.js';
import type {
  ConfirmationItem,
  HeldItem,
  PromotableItem,
  QuarantineItem,
  SuspensionItem,
  WithheldItem,
} from './control.js';
import { partSummary } from './part-summary.js';
import type { PartSummary } from './part-summary.js';

export interface StatusFacts {
  readonly view: StateView;
  readonly plan: readonly PlannedPlugin[];
  /** Why what the config directory holds is not taken, and what it would come to. */
  readonly withheld?: Withheld | undefined;
  readonly promotable?: Settlement | undefined;
  /** Why no writer goes on from HEAD, since when; undefined where they do. */
  readonly refusal?: { readonly failure: StoreFailure; readonly since: Instant } | undefined;
  /** The daemon that runs, undefined for none. */
  readonly daemon: Presence | undefined;
  /** Plugins whose results are still to come. */
  readonly running: readonly string[];
  /** Who holds the writer lock at this moment. */
  readonly writer: Holder | undefined;
  readonly now: Instant;
}

export interface StatusDocument extends Document {
  readonly kind: 'Status';
  readonly generation: number;
  readonly commit: string | null;
  readonly conditions: readonly (Omit<Condition, 'lastTransitionTime'> & {
    readonly lastTransitionTime: string;
  })[];
  readonly plugins: readonly PluginItem[];
  readonly parts: readonly (PartSummary & { readonly leaseLeftSeconds: number })[];
  readonly daemon: { readonly pid: number; readonly startedAt: string } | null;
  readonly watch: {
    readonly status: string;
    readonly reason: string;
    readonly message: string;
    readonly since: string;
  } | null;
  readonly lockHolder: Holder | null;
  /** Why nothing is written: the history was moved by hand; null where it was not. */
  readonly refusal: { readonly message: string; readonly hint: string } | null;
  /** Why what the config directory holds is not in force, though it has no errors; null where it is, or has. */
  readonly withheld: WithheldItem | null;
  /** What would come into force if nothing withheld it; null where nothing does. */
  readonly promotable: PromotableItem | null;
  readonly quarantined: readonly QuarantineItem[];
  readonly suspended: readonly SuspensionItem[];
  /** Changes that went beyond the guard. */
  readonly held: readonly HeldItem[];
  /** The edit that waits to be confirmed; null for none. */
  readonly confirmation: ConfirmationItem | null;
}

export interface PluginItem {
  readonly name: string;
  readonly lastRun: string | null;
  readonly outcome: string | null;
  readonly message: string;
  /** Failures in a row. */
  readonly failures: number;
  readonly nextRun: string | null;
  /** When it runs next, and why; or why it does not. */
  readonly next: string;
  readonly interval: string | null;
  readonly waitingEvents: number;
  readonly partGeneration: number | null;
  readonly leaseLeftSeconds: number | null;
}

/** What `status` shows; pure. */
/** Nothing that is written about the last pass holds while no pass can be written about. */
function underRefusal(
  conditions: readonly Condition[],
  refusal: StatusFacts['refusal'],
): readonly Condition[] {
  if (refusal === undefined) return conditions;
  const { failure, since } = refusal;
  return conditions.map(condition =>
    condition.type === 'Ready' || condition.type === 'Stalled'
      ? {
          ...condition,
          status: condition.type === 'Ready' ? 'False' : 'True',
          reason: 'HistoryMoved',
          message: failure.message,
          lastTransitionTime: since,
        }
      : condition,
  );
}

export function statusDocument(facts: StatusFacts): StatusDocument {
  const { view, plan, daemon, writer, now, withheld, promotable, refusal } = facts;
  const { quarantine, suspended, held, confirm } = controlOf(view.head);
  const { lastAttempted, lastApplied, problems } = view.status;
  return {
    kind: 'Status',
    generation: view.head.generation,
    commit: view.head.commit ?? null,
    conditions: underRefusal(conditionsNow(facts), facts.refusal).map(condition => ({
      ...condition,
      lastTransitionTime: formatTime(condition.lastTransitionTime),
    })),
    refusal: refusal === undefined ? null : { message: refusal.failure.message, hint: refusal.failure.hint },
    plugins: plan.map(planned => pluginItem(planned, view, now)),
    parts: view.head.parts.map(part => ({
      ...partSummary(part),
      leaseLeftSeconds: leaseLeft(part.expiresAt, now),
    })),
    daemon: daemon === undefined ? null : { pid: daemon.pid, startedAt: formatTime(daemon.startedAt) },
    watch: daemon === undefined ? null : { ...daemon.watch, since: formatTime(daemon.watch.since) },
    lockHolder: writer ?? null,
    withheld: withheld === undefined ? null : withheldItem(withheld),
    promotable: promotable === undefined ? null : promotableItem(promotable),
    quarantined: quarantine.map(quarantineItem),
    suspended: suspensionItems(suspended, now),
    held: held.map(heldItem),
    confirmation: confirm === undefined ? null : confirmationItem(confirm, now),
    lastAttempted:
      lastAttempted === undefined ? null : { ...lastAttempted, time: formatTime(lastAttempted.time) },
    lastApplied: lastApplied === undefined ? null : { ...lastApplied, time: formatTime(lastApplied.time) },
    problems,
  };
}

/**
 * The conditions of the last pass. A watch that misses changes degrades the router as long as it does; plugins whose
 * starter was killed run no more.
 */
export function conditionsNow({
  view,
  daemon,
  running,
}: Pick<StatusFacts, 'view' | 'daemon' | 'running'>): Condition[] {
  return view.status.conditions.map(condition => {
    if (condition.type === 'Reconciling' && condition.status === 'True' && running.length === 0)
      return { ...condition, status: 'False', reason: 'AsExpected', message: 'no plugin runs' };
    if (condition.type !== 'Degraded' || condition.status === 'True' || daemon?.watch.status !== 'degraded')
      return condition;
    const { reason, message, since } = daemon.watch;
    return { ...condition, status: 'True', reason, message, lastTransitionTime: since };
  });
}

function pluginItem(planned: PlannedPlugin, { status, head, queue }: StateView, now: Instant): PluginItem {
  const { name } = planned;
  const last = status.plugins.get(name);
  const part = head.parts.find(({ source }) => source === `Plugin/${name}`);
  const ready = planned.state === 'ready' ? planned : undefined;
  const everyMs =
    ready === undefined ? undefined : intervalOf(ready.plugin.declaration, ready.plugin.binding?.source);
  const nextAt = ready?.due.due === false ? ready.due.nextAt : undefined;
  return {
    name,
    lastRun: last === undefined ? null : formatTime(last.startedAt),
    outcome: last?.outcome ?? null,
    message: last?.message ?? '',
    failures: last?.failures ?? 0,
    nextRun: nextAt === undefined ? null : formatTime(nextAt),
    next: nextText(planned),
    interval: everyMs === undefined ? null : durationText(everyMs),
    waitingEvents: queue.waiting.filter(({ plugin }) => plugin === name).length,
    partGeneration: part?.generation ?? null,
    leaseLeftSeconds: part === undefined || isExpired(part, now) ? null : leaseLeft(part.expiresAt, now),
  };
}

function leaseLeft(expiresAt: Instant, now: Instant): number {
  return Math.max(0, Math.round((expiresAt - now) / 1000));
}

function nextText(planned: PlannedPlugin): string {
  switch (planned.state) {
    case 'broken':
      return 'cannot run: see routerctl validate';
    case 'leftOut':
      return planned.why;
    case 'ready':
      return planned.due.due ? `at the next pass: ${planned.due.why}` : planned.due.why;
  }
}
