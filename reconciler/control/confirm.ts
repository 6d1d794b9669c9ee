import { fail, ok } from '../../protocol/result.js';
import type { Result } from '../../protocol/result.js';
import { formatTime } from '../../protocol/time.js';
import type { OpenOptions } from '../open-state.js';
import type { StateFailure } from '../pass-options.js';
import { changeControl } from './change.js';
import { isOver } from './confirmation.js';
import type { PendingConfirmation } from './confirmation.js';
import { withoutConfirm } from './expiry.js';

export interface ConfirmOptions extends OpenOptions {
  readonly by: string;
  /** Why; '' for nothing. */
  readonly message: string;
  /** The generation that is meant; undefined for the one that waits. */
  readonly generation?: number | undefined;
}

const nothingWaits = 'nothing waits to be confirmed';

/** Says of the edit that waits for it that it is good. The inner failure is in words: nothing waits, or not any more. */
export function confirmEdit(
  options: ConfirmOptions,
): Promise<Result<Result<PendingConfirmation, string>, StateFailure>> {
  return changeControl(options, (control, { now }) => {
    const pending = control.confirm;
    if (pending === undefined) return fail(nothingWaits);
    const meant = options.generation ?? pending.generation;
    if (meant !== pending.generation) return fail(nothingWaits);
    if (isOver(pending, now))
      return fail(
        `the time of generation ${pending.generation} was over at ${formatTime(pending.deadline)}: the next pass takes it back`,
      );
    return ok({
      control: withoutConfirm(control),
      what: `confirm ${pending.generation}`,
      by: options.by,
      why: options.message,
      told: pending,
    });
  });
}
