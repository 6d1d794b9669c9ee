import type { Instant } from '../../protocol/time.js';
import { generationAt } from '../generations.js';
import type { StateView } from '../state-dir.js';
import { statePaths } from '../head.js';
import { isOver } from './confirmation.js';
import type { PendingConfirmation } from './confirmation.js';
import { controlOf } from './control.js';
import type { Control } from './control.js';
import type { StartupOrder } from './order.js';

/**
 * Takes an edit back that nobody confirmed in time: the startup-config before it is put in force again, and the edit is
 * quarantined. Undefined where nothing waits, or there is time left.
 */
export async function expiryOrder(
  { head, store }: Pick<StateView, 'head' | 'store'>,
  now: Instant,
): Promise<StartupOrder | undefined> {
  const pending = controlOf(head).confirm;
  if (pending === undefined || store === undefined || !isOver(pending, now)) return undefined;
  const { baseline, generation } = pending;
  const found = await generationAt(store, baseline.commit);
  const startup = found.ok ? found.value.startup() : undefined;
  const common = { author: 'routerd', isTrusted: true } as const;
  if (found.ok && startup !== undefined) {
    return {
      ...common,
      startup,
      places: found.value.record?.places ?? [],
      label: `${statePaths.startup} of generation ${baseline.generation}`,
      cause: { type: 'confirm-expired', generation },
      message: '',
      control: (control, facts) => expired(control, pending, facts.now),
    };
  }
  // A repair has cut the history off before it. To try for ever would keep every later edit out.
  const accepted = head.startup();
  if (accepted === undefined) return undefined;
  return {
    ...common,
    startup: accepted,
    places: head.record?.places ?? [],
    label: statePaths.startup,
    cause: { type: 'control', what: `confirm-lost ${generation}` },
    message: `generation ${baseline.generation} cannot be read any more: what was not confirmed stays in force`,
    control: withoutConfirm,
  };
}

function expired(control: Control, { digest, generation }: PendingConfirmation, now: Instant): Control {
  const others = control.quarantine.filter(entry => entry.digest !== digest);
  const entry = { digest, since: now, by: 'routerd', cause: `confirm-expired ${generation}`, message: '' };
  return { ...withoutConfirm(control), quarantine: [...others, entry] };
}

export function withoutConfirm(control: Control): Control {
  return { ...control, confirm: undefined };
}
