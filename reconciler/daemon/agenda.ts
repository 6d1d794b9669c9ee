import type { Part } from '../../protocol/part.js';
import type { Instant } from '../../protocol/time.js';
import type { Wakeup } from '../../watch/wakeups.js';
import type { PendingConfirmation } from '../control/confirmation.js';
import type { Suspension } from '../control/suspension.js';
import type { PlannedPlugin } from '../plan-runs.js';

/** Why the daemon wakes up by itself. */
export type WakeReason =
  | 'leaseEnd'
  | 'pluginDue'
  | 'retryPass'
  | 'actionDue'
  | 'scanDue'
  | 'suspensionEnd'
  | 'confirmEnd'
  | 'probeDue'
  | 'runUntold';

export interface AgendaFacts {
  readonly running: ReadonlySet<string>;
  readonly suspended: readonly Suspension[];
  /** The edit that is taken back unless it is confirmed. */
  readonly confirm?: PendingConfirmation | undefined;
}

/** When the daemon's other work has something to do; undefined for never. */
export interface OtherWork {
  readonly actionsAt: Instant | undefined;
  readonly scanAt: Instant | undefined;
  readonly probeAt: Instant | undefined;
  /** When a plugin that still runs then has run for so long that the status has to say so. */
  readonly tellAt: Instant | undefined;
}

export function otherWakeups({ actionsAt, scanAt, probeAt, tellAt }: OtherWork): Wakeup<WakeReason>[] {
  const wakeups: readonly (readonly [WakeReason, string, Instant | undefined])[] = [
    ['actionDue', 'actions', actionsAt],
    ['scanDue', 'ownership', scanAt],
    ['probeDue', 'confirmation', probeAt],
    ['runUntold', 'plugins', tellAt],
  ];
  return wakeups.flatMap(([reason, name, at]) => (at === undefined ? [] : [{ at, reason, name }]));
}

/** Every moment at which time alone changes what a pass would do. Pure; a plugin that is running has its end to wake us. */
export function agenda(
  plan: readonly PlannedPlugin[],
  parts: readonly Part[],
  { running, suspended, confirm }: AgendaFacts,
): Wakeup<WakeReason>[] {
  const runs = plan.flatMap((planned): Wakeup<WakeReason>[] => {
    if (planned.state !== 'ready' || running.has(planned.name)) return [];
    const { due } = planned;
    if (due.due || due.nextAt === undefined) return [];
    return [{ at: due.nextAt, reason: 'pluginDue', name: planned.name }];
  });
  const ends = parts.map(({ source, expiresAt }): Wakeup<WakeReason> => ({
    at: expiresAt,
    reason: 'leaseEnd',
    name: source,
  }));
  const suspensions = suspended.map(({ target, until }): Wakeup<WakeReason> => ({
    at: until,
    reason: 'suspensionEnd',
    name: target,
  }));
  const taken: Wakeup<WakeReason>[] =
    confirm === undefined
      ? []
      : [{ at: confirm.deadline, reason: 'confirmEnd', name: `generation ${confirm.generation}` }];
  return [...runs, ...ends, ...suspensions, ...taken];
}
