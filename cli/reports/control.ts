import { formatTime } from '../../protocol/time.js';
import type { Instant } from '../../protocol/time.js';
import type { Change } from '../../render/changes.js';
import type { Quarantined } from '../../reconciler/control/quarantine.js';
import type { PendingConfirmation } from '../../reconciler/control/confirmation.js';
import { heldRef } from '../../reconciler/control/held.js';
import type { Held } from '../../reconciler/control/held.js';
import type { Suspension } from '../../reconciler/control/suspension.js';
import type { Withheld } from '../../reconciler/control/withheld.js';

import type { Settlement } from '../../reconciler/settle/settle.js';

/** Why what the config directory holds is not taken. */
export interface WithheldItem extends Omit<Withheld, 'since' | 'until'> {
  readonly since: string;
  /** When that ends by itself; null for never. */
  readonly until: string | null;
}

export function withheldItem(withheld: Withheld): WithheldItem {
  const { since, until } = withheld;
  return { ...withheld, since: formatTime(since), until: until === undefined ? null : formatTime(until) };
}

/** What would be in force if nothing withheld what the config directory holds. */
export interface PromotableItem {
  readonly startupConfigHash: string;
  readonly generation: { readonly current: number; readonly next: number };
  readonly changes: readonly Change[];
}

export function promotableItem(settlement: Settlement): PromotableItem {
  const { startupConfigHash, generation, changes } = settlement;
  return { startupConfigHash, generation, changes };
}

export interface SuspensionItem extends Omit<Suspension, 'since' | 'until'> {
  readonly since: string;
  readonly until: string;
  readonly leftSeconds: number;
}

/** Those that hold at this moment. */
export function suspensionItems(suspensions: readonly Suspension[], now: Instant): SuspensionItem[] {
  return suspensions
    .filter(({ until }) => until > now)
    .map(entry => ({
      ...entry,
      since: formatTime(entry.since),
      until: formatTime(entry.until),
      leftSeconds: Math.round((entry.until - now) / 1000),
    }));
}

export interface QuarantineItem extends Omit<Quarantined, 'since'> {
  readonly since: string;
}

export function quarantineItem(entry: Quarantined): QuarantineItem {
  return { ...entry, since: formatTime(entry.since) };
}

export interface HeldItem extends Omit<Held, 'since'> {
  readonly since: string;
  /** What plain git calls the candidate. */
  readonly ref: string;
}

export function heldItem(entry: Held): HeldItem {
  return { ...entry, since: formatTime(entry.since), ref: heldRef(entry.source) };
}

export interface ConfirmationItem extends Omit<PendingConfirmation, 'since' | 'deadline'> {
  readonly since: string;
  readonly deadline: string;
  /** Whole seconds until it is taken back; 0 where that is only to be done yet. */
  readonly leftSeconds: number;
}

export function confirmationItem(pending: PendingConfirmation, now: Instant): ConfirmationItem {
  const { since, deadline } = pending;
  return {
    ...pending,
    since: formatTime(since),
    deadline: formatTime(deadline),
    leftSeconds: Math.max(0, Math.ceil((deadline - now) / 1_000)),
  };
}
