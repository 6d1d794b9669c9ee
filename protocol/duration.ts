/**
 * Go durations (https://pkg.go.dev/time#ParseDuration): an optional sign, then decimal numbers each with a unit, such as
 * `300s`, `1h30m`, `1.5h` or `100ms`. A bare `0` is allowed, any other number needs a unit.
 */
const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3, // U+00B5
  μs: 1e-3, // U+03BC
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** Go keeps nanoseconds in 64 bits, so about 292 years is the longest duration that it can read. */
const longestMs = (2 ** 63 - 1) / 1e6;

/** No duration that anyone means is longer; it bounds the work on text from outside. */
const longestText = 100;

/** The duration in milliseconds (fractions are kept), or undefined when the text is not one. */
export function parseDuration(text: string): number | undefined {
  if (text.length > longestText) return undefined;
  const match = /^([-+])?(.+)$/.exec(text);
  if (match === null) return undefined;
  const [, sign, body = ''] = match;
  if (body === '0') return 0;
  const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/y;
  let total = 0;
  while (part.lastIndex < body.length) {
    const found = part.exec(body);
    if (found === null) return undefined;
    total += Number(found[1]) * (unitMs[found[2] ?? ''] ?? Number.NaN);
  }
  if (!(total <= longestMs)) return undefined;
  return sign === '-' ? -total : total;
}

/** Prints milliseconds the short way, `1h30m`, `4m59s`, `1.5s`, `250ms`; for people, not for files. */
export function durationText(ms: number): string {
  if (ms < 0) return `-${durationText(-ms)}`;
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  if (ms < 10_000) return `${Math.round(ms / 100) / 10}s`;
  const seconds = Math.round(ms / 1_000);
  const [hours, minutes, rest] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${hours > 0 ? `${hours}h` : ''}${minutes > 0 ? `${minutes}m` : ''}${rest > 0 || seconds === 0 ? `${rest}s` : ''}`;
}
