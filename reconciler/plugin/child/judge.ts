import { durationText } from '../../../protocol/duration.js';
import type { ChildError } from './request.js';
import type { Ending, Limits } from './supervise.js';

type Facts = Pick<Ending, 'exit' | 'stopped' | 'heldOpen'> & { readonly tooLarge: boolean };

/** Why a run failed, the first cause before its consequences; null when it succeeded. */
export function errorOf(facts: Facts, limits: Pick<Limits, 'timeoutMs' | 'stdoutLimit'>): ChildError | null {
  const { exit, stopped } = facts;
  const survived = exit === undefined ? ', and even SIGKILL did not end it' : '';
  if (stopped === 'deadline') {
    return error('PluginTimedOut', `did not end within ${durationText(limits.timeoutMs)}${survived}`);
  }
  if (stopped === 'cancelled')
    return error('PluginCancelled', `was ended because the run was given up${survived}`);
  if (facts.tooLarge) {
    return error('OutputTooLarge', `printed more than ${sizeText(limits.stdoutLimit)}${survived}`);
  }
  if (typeof exit?.signal === 'string') return error('PluginKilled', `was ended by ${exit.signal}`);
  if (exit?.code !== 0) return error('PluginExited', `ended with exit code ${exit?.code ?? 'unknown'}`);
  if (facts.heldOpen) {
    return error('OutputHeldOpen', 'ended, but left a process behind that kept its output open');
  }
  return null;
}

function error(reason: ChildError['reason'], rest: string): ChildError {
  return { reason, message: `the program ${rest}` };
}

function sizeText(bytes: number): string {
  const mebibytes = bytes / 2 ** 20;
  return Number.isInteger(mebibytes) ? `${mebibytes} MiB` : `${bytes} bytes`;
}
