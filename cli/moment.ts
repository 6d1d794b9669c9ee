import { parseDuration } from '../protocol/duration.js';
import { parseTime } from '../protocol/time.js';
import type { Instant } from '../protocol/time.js';

/** A moment as an option gives it: at a time, or so many milliseconds from now. */
export type Moment = { readonly at: Instant } | { readonly afterMs: number };

/** Reads an RFC 3339 time, or a duration that is not negative, such as `1h` or `+1h`; undefined for anything else. */
export function parseMoment(text: string): Moment | undefined {
  const at = parseTime(text);
  if (at !== undefined) return { at };
  const afterMs = parseDuration(text);
  return afterMs === undefined || afterMs < 0 ? undefined : { afterMs: Math.round(afterMs) };
}

export function momentAt(moment: Moment, now: Instant): Instant {
  return 'at' in moment ? moment.at : now + moment.afterMs;
}
