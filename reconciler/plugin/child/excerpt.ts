/** How much of stderr goes into the record, in bytes of UTF-8. */
const recordLimit = 8 * 1024;
/** Of a long text the end says more: the last words before a program gives up. */
const headShare = 1 / 4;
/** Room for the line that says how much is missing. */
const noteRoom = 64;

/**
 * Turns what was kept of an output of `size` bytes into text of at most 8 KiB: all of it, or its beginning and its end
 * with a note between them. `head` and `tail` are the first and last bytes that were kept; they are the whole where
 * their lengths add up to `size`. Bytes that are not UTF-8 become U+FFFD.
 */
export function excerpt(head: Buffer, tail: Buffer, size: number): string {
  const complete = head.length + tail.length === size;
  const whole = complete ? Buffer.concat([head, tail]) : undefined;
  const text = whole?.toString();
  if (text !== undefined && Buffer.byteLength(text) <= recordLimit) return text;
  const ends = { begin: whole ?? head, end: whole ?? tail, size };
  const budget = recordLimit - noteRoom;
  const short = bothEnds(ends, budget);
  // A byte that is not UTF-8 takes three as U+FFFD, so a third of the bytes is always short enough.
  return Buffer.byteLength(short) <= recordLimit ? short : bothEnds(ends, Math.floor(budget / 3));
}

interface Ends {
  readonly begin: Buffer;
  readonly end: Buffer;
  readonly size: number;
}

function bothEnds({ begin, end, size }: Ends, budget: number): string {
  const first = begin.subarray(0, borderBefore(begin, Math.floor(budget * headShare)));
  const last = end.subarray(borderAfter(end, end.length - Math.floor(budget * (1 - headShare))));
  const missing = size - first.length - last.length;
  return `${first.toString()}\n[… ${missing} bytes left out …]\n${last.toString()}`;
}

/** The nearest place at or before `index` where a character begins; `index` itself in what is not UTF-8. */
function borderBefore(bytes: Buffer, index: number): number {
  for (let at = index; at > index - 4 && at > 0; at--) if (!isContinuation(bytes[at])) return at;
  return index;
}

function borderAfter(bytes: Buffer, index: number): number {
  for (let at = Math.max(0, index); at < index + 4; at++) if (!isContinuation(bytes[at])) return at;
  return Math.max(0, index);
}

/** The second to fourth byte of a character in UTF-8 (RFC 3629). */
function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
