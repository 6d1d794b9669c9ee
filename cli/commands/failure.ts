import { oneLine } from '../../protocol/text.js';
import { formatTime } from '../../protocol/time.js';
import { unreachable } from '../../protocol/result.js';
import type { PassFailure } from '../../reconciler/pass-options.js';
import type { StoreFailure } from '../../state/git/look.js';
import type { Io } from '../io.js';

/** Exit code when the lock was not got in time (EX_TEMPFAIL of sysexits.h). */
export const lockedExitCode = 75;

/** Says why a command could not do its work, in one or two lines, and returns its exit code. */
export function explainFailure(failure: PassFailure, io: Io, trouble = 1): number {
  switch (failure.kind) {
    case 'state':
      say(io, failure.failure);
      return trouble;
    case 'locked':
      io.note(`routerctl: ${oneLine(failure.busy.message, 400)}\n`);
      return lockedExitCode;
    case 'noSuchPlugin': {
      const known =
        failure.known.length === 0 ? 'there are no plugins' : `known: ${failure.known.join(', ')}`;
      io.note(`routerctl: there is no plugin ${JSON.stringify(oneLine(failure.name))}; ${known}\n`);
      return trouble;
    }
    case 'suspended': {
      const { target, by, until, reason } = failure.suspension;
      io.note(
        `routerctl: the plugin ${failure.name} is suspended by ${oneLine(by)} until ${formatTime(until)}: ${oneLine(reason, 400)}\n` +
          `  hint: routerctl resume ${target}\n`,
      );
      return trouble;
    }
    case 'confirmPending': {
      const { generation, by, deadline } = failure.pending;
      io.note(
        `routerctl: generation ${generation} by ${oneLine(by)} is not confirmed yet, until ${formatTime(deadline)}: nothing was done\n` +
          `  hint: routerctl confirm, or wait until it is taken back\n`,
      );
      return trouble;
    }
    case 'cannotSuppose':
      io.note(`routerctl: ${oneLine(failure.message)}\n  hint: ${oneLine(failure.hint, 400)}\n`);
      return trouble;
    default:
      return unreachable(failure);
  }
}

export function say(io: Io, failure: StoreFailure): void {
  io.note(`routerctl: ${failure.message}\n  hint: ${failure.hint}\n`);
}
