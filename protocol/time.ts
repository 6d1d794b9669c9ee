/** A moment in milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number;

const rfc3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?([Zz]|([-+])(\d{2}):(\d{2}))$/;

/**
 * Reads an RFC 3339 date-time. Undefined for anything else: no offset, a day that the month lacks, hour 24.
 * A leap second (`:60`) is read as the second after, which is what clocks that smear show.
 */
export function parseTime(text: string): Instant | undefined {
  const match = rfc3339.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const offsetHour = Number(match[10] ?? 0);
  const offsetMinute = Number(match[11] ?? 0);
  if (hour > 23 || minute > 59 || second > 60 || offsetHour > 23 || offsetMinute > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const millis = Math.floor(Number(`0.${match[7] ?? '0'}`) * 1_000);
  const offset = (offsetHour * 60 + offsetMinute) * (match[9] === '-' ? -1 : 1);
  return date.getTime() + ((hour * 60 + minute - offset) * 60 + second) * 1_000 + millis;
}

/** RFC 3339 in UTC, with milliseconds only where there are any: `2026-05-29T12:00:00Z`. */
export function formatTime(instant: Instant): string {
  return new Date(instant).toISOString().replace('.000Z', 'Z');
}
