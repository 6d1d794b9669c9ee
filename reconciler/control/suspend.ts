import { fail, ok } from '../../protocol/result.js';
import type { Result } from '../../protocol/result.js';
import { durationText } from '../../protocol/duration.js';
import { oneLine } from '../../protocol/text.js';
import { formatTime } from '../../protocol/time.js';
import type { OpenOptions } from '../open-state.js';
import type { StateFailure } from '../pass-options.js';
import { situationOf } from '../situation.js';
import { changeControl } from './change.js';
import { suspendAll, targetOf } from './suspension.js';
import type { Suspension } from './suspension.js';

export interface SuspendOptions extends OpenOptions {
  /** `plugin/<name>`, or `all`. */
  readonly target: string;
  readonly forMs: number;
  readonly by: string;
  readonly reason: string;
}

/** What is suspended is meant to come back: longer than this is no suspension. */
export const longestSuspensionMs = 366 * 24 * 3_600_000;

type Suspended = Result<Result<Suspension, string>, StateFailure>;

/** Suspends a plugin, or everything, in place of what was said about the same before. The inner failure is told as it is. */
export function suspend(options: SuspendOptions): Promise<Suspended> {
  const { forMs, by, reason } = options;
  const target = targetNamed(options.target);
  if (target === undefined) return Promise.resolve(ok(fail(noTarget(options.target))));
  const wrong = shapeProblem(options);
  if (wrong !== undefined) return Promise.resolve(ok(fail(wrong)));
  return changeControl(options, async (control, { view, config, now }) => {
    if (target !== suspendAll) {
      const { plugins } = await situationOf(config, view.head, { now });
      const known = plugins.map(({ name }) => name);
      if (!known.map(targetOf).includes(target)) return fail(noSuchPlugin(target, known));
    }
    const suspension = {
      target,
      since: now,
      until: now + Math.round(forMs),
      by,
      reason: oneLine(reason, 1_000),
    };
    const others = control.suspended.filter(entry => entry.target !== target);
    return ok({
      control: { ...control, suspended: [...others, suspension] },
      what: `suspend ${target}`,
      by,
      why: `${reason} (until ${formatTime(suspension.until)})`,
      told: suspension,
    });
  });
}

export type ResumeOptions = OpenOptions &
  Pick<SuspendOptions, 'target' | 'by'> & { readonly message: string };

/** Ends a suspension before its time. */
export function resume(options: ResumeOptions): Promise<Suspended> {
  const { by, message } = options;
  const target = targetNamed(options.target);
  if (target === undefined) return Promise.resolve(ok(fail(noTarget(options.target))));
  return changeControl(options, (control, { now }) => {
    const active = control.suspended.filter(({ until }) => until > now);
    const told = active.find(entry => entry.target === target);
    if (told === undefined) return fail(notSuspended(target, active));
    return ok({
      control: { ...control, suspended: control.suspended.filter(entry => entry.target !== target) },
      what: `resume ${target}`,
      by,
      why: message,
      told,
    });
  });
}

/** `plugin/<name>` and `Plugin/<name>`, as sources are written, name the same. */
function targetNamed(text: string): string | undefined {
  if (text === suspendAll) return text;
  const name = /^plugin\/(.+)$/i.exec(text)?.[1];
  return name === undefined ? undefined : targetOf(name);
}

function shapeProblem({ forMs, reason }: SuspendOptions): string | undefined {
  if (!(forMs >= 1)) return '--for takes a duration above 0, such as 2h';
  if (forMs > longestSuspensionMs) return `--for is at most ${durationText(longestSuspensionMs)}`;
  return reason.trim() === '' ? '--reason is empty: say why, as every status shows it' : undefined;
}

function noTarget(text: string): string {
  return `${JSON.stringify(oneLine(text))} is neither plugin/NAME nor all`;
}

function noSuchPlugin(target: string, known: readonly string[]): string {
  const what = known.length === 0 ? 'there are no plugins' : `known: ${known.map(targetOf).join(', ')}`;
  return `there is no ${oneLine(target)}; ${what}`;
}

function notSuspended(target: string, active: readonly Suspension[]): string {
  const what =
    active.length === 0 ? 'nothing is suspended' : `what is: ${active.map(entry => entry.target).join(', ')}`;
  return `${oneLine(target)} is not suspended; ${what}`;
}
