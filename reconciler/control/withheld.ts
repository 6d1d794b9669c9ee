import type { Instant } from '../../protocol/time.js';
import { startupSource } from '../../render/merge.js';
import type { Control } from './control.js';
import { mayBeAnswered } from './guard.js';
import { reasonsText } from './held.js';
import { suspensionOfAll } from './suspension.js';

/** What the config directory holds, valid as it is, and why passes go on under the accepted startup-config all the same. */
export interface Withheld {
  /** The startupConfigHash of what the directory holds. */
  readonly digest: string;
  /** `unanswered`: it touches what is protected, and whoever asked for the pass has not said that it may. */
  readonly kind: 'quarantined' | 'held' | 'unanswered' | 'awaitsConfirmation' | 'suspended';
  readonly by: string;
  readonly since: Instant;
  /** What brought it about, such as `rollback 44`, or the reason that was given. */
  readonly why: string;
  /** When that ends by itself; undefined for never. */
  readonly until?: Instant;
}

/** Lifts what withholds one startup-config, by its startupConfigHash, or any; for one pass. */
export type Permit = { readonly digest: string } | 'all';

export interface InputFacts {
  /** The startupConfigHash of what the directory holds. */
  readonly input: string;
  /** That of the accepted startup-config. */
  readonly accepted: string | undefined;
  readonly now: Instant;
  readonly permit?: Permit | undefined;
  /** Whether whoever asked for the pass has answered what a command asks about. */
  readonly answered?: boolean | undefined;
}

/** Why what the directory holds is not taken; undefined where it is. Pure. */
export function withheldOf(control: Control, facts: InputFacts): Withheld | undefined {
  const { input, accepted, now, permit } = facts;
  if (input === accepted) return undefined;
  const { confirm } = control;
  // No permission lifts this: with a second edit in force, nobody could tell what there is to confirm, or to go back to.
  if (confirm !== undefined) {
    const { since, deadline, by, generation } = confirm;
    const why = `generation ${generation} is not confirmed yet`;
    return { digest: input, kind: 'awaitsConfirmation', by, since, why, until: deadline };
  }
  if (permit === 'all' || permit?.digest === input) return undefined;
  const quarantined = control.quarantine.find(({ digest }) => digest === input);
  if (quarantined !== undefined) {
    const { since, by, cause, message } = quarantined;
    const why = message === '' ? cause : `${cause}: ${message}`;
    return { digest: input, kind: 'quarantined', by, since, why };
  }
  const held = control.held.find(({ source, digest }) => source === startupSource && digest === input);
  // What would be asked about it is asked once more: it may be another thing by now.
  if (held !== undefined && !(facts.answered === true && mayBeAnswered(held.reasons))) {
    const { since, by, reasons } = held;
    return { digest: input, kind: 'held', by, since, why: reasonsText(reasons) };
  }
  const suspended = suspensionOfAll(control.suspended, now);
  // Before the first generation there is nothing else to go on under.
  if (suspended === undefined || accepted === undefined) return undefined;
  const { since, until, by, reason } = suspended;
  return { digest: input, kind: 'suspended', by, since, why: reason, until };
}

/** Whether anything could withhold an input: hashing one costs. */
export function withholds(control: Control): boolean {
  const { quarantine, suspended, held, confirm } = control;
  return quarantine.length > 0 || suspended.length > 0 || held.length > 0 || confirm !== undefined;
}
