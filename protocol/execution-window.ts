import type { Instant } from './time.js';

/**
 * One window of decision P6, `[DAYS ]HH:MM-HH:MM[ ZONE]`. It opens at `from` on each of `days` and closes before `to`,
 * on the next day where `to` is not after `from`. Minutes count from 00:00 on the clocks of `zone`.
 */
export interface ExecutionWindow {
  /** Days on which the window opens, 0 for Sunday to 6 for Saturday. */
  readonly days: ReadonlySet<number>;
  readonly from: number;
  /** At most 1440, which is 24:00. */
  readonly to: number;
  /** An IANA time zone name. */
  readonly zone: string;
}

const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const everyDay: ReadonlySet<number> = new Set(dayNames.keys());
const dayMinutes = 24 * 60;

/**
 * Reads windows separated by `;`, such as `Mon-Fri 22:00-04:00 Asia/Tokyo; Sat,Sun 00:00-24:00`. Days are three-letter
 * English names in any case, single, listed or as a range that may run over the weekend; without them the window
 * opens every day. `24:00` is allowed as an end. Without a zone the times are UTC. Undefined for everything else,
 * also for a window of no length.
 */
export function parseExecutionWindows(text: string): readonly ExecutionWindow[] | undefined {
  const windows: ExecutionWindow[] = [];
  for (const part of text.split(';')) {
    const window = parseWindow(part.trim());
    if (window === undefined) return undefined;
    windows.push(window);
  }
  return windows;
}

function parseWindow(text: string): ExecutionWindow | undefined {
  const match = /^(?:([A-Za-z,-]+)\s+)?(\d\d:\d\d)-(\d\d:\d\d)(?:\s+(\S+))?$/.exec(text);
  if (match === null) return undefined;
  const days = match[1] === undefined ? everyDay : parseDays(match[1]);
  const from = parseMinutes(match[2] ?? '');
  const to = parseMinutes(match[3] ?? '');
  const zone = match[4] ?? 'UTC';
  if (days === undefined || from === undefined || to === undefined || !isZone(zone)) return undefined;
  return from === dayMinutes || from === to ? undefined : { days, from, to, zone };
}

function parseDays(text: string): ReadonlySet<number> | undefined {
  const days = new Set<number>();
  for (const item of text.toLowerCase().split(',')) {
    const ends = item.split('-').map(name => dayNames.indexOf(name));
    const [first = -1, last = first] = ends;
    if (ends.length > 2 || first < 0 || last < 0) return undefined;
    for (let day = first; ; day = (day + 1) % 7) {
      days.add(day);
      if (day === last) break;
    }
  }
  return days;
}

function parseMinutes(text: string): number | undefined {
  const [hour = 0, minute = 0] = text.split(':').map(Number);
  const minutes = hour * 60 + minute;
  return minute < 60 && minutes <= dayMinutes ? minutes : undefined;
}

/** Offsets such as `+09:00` are no names; some versions of Intl would take them. */
function isZone(name: string): boolean {
  return /^[A-Za-z][\w+/-]*$/.test(name) && clockOf(name) !== undefined;
}

/**
 * Whether one of the windows is open. What counts is the clock on the wall of each window's zone: an hour that is
 * repeated when summer time ends is open twice, one that is skipped when it begins is not open at all.
 */
export function isOpen(windows: readonly ExecutionWindow[], instant: Instant): boolean {
  return windows.some(({ days, from, to, zone }) => {
    const { day, minute } = wallTime(zone, instant);
    if (from < to) return days.has(day) && from <= minute && minute < to;
    return (days.has(day) && from <= minute) || (days.has((day + 6) % 7) && minute < to);
  });
}

/** A moment at which the windows, taken together, open or close. */
export interface WindowChange {
  readonly at: Instant;
  readonly open: boolean;
}

const minuteMs = 60_000;

/**
 * The first change after `after`, not later than `until`; undefined where there is none. Windows begin and end with a
 * minute, in every zone that is in use, so each minute is looked at.
 */
export function nextWindowChange(
  windows: readonly ExecutionWindow[],
  after: Instant,
  until: Instant,
): WindowChange | undefined {
  const before = isOpen(windows, after);
  for (let at = (Math.floor(after / minuteMs) + 1) * minuteMs; at <= until; at += minuteMs) {
    if (isOpen(windows, at) !== before) return { at, open: !before };
  }
  return undefined;
}

function wallTime(zone: string, instant: Instant): { day: number; minute: number } {
  const clock = clockOf(zone);
  if (clock === undefined) throw new Error(`unknown time zone: ${zone}`);
  const parts = new Map(clock.formatToParts(instant).map(({ type, value }) => [type, value]));
  return {
    day: dayNames.indexOf((parts.get('weekday') ?? '').toLowerCase()),
    minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')),
  };
}

/** Building a clock takes Intl far longer than reading it. */
const clocks = new Map<string, Intl.DateTimeFormat>();

function clockOf(zone: string): Intl.DateTimeFormat | undefined {
  const known = clocks.get(zone);
  if (known !== undefined) return known;
  try {
    const clock = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    clocks.set(zone, clock);
    return clock;
  } catch {
    return undefined; // RangeError: Intl knows no such zone
  }
}
