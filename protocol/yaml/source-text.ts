import type { Place, Problem } from '../problem.js';
import { fail, ok } from '../result.js';
import type { Result } from '../result.js';

/** The text of one file, able to turn an offset into a line and column. */
export class SourceText {
  readonly file: string;
  readonly text: string;
  #lineStarts: number[] | undefined;

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
  }

  placeAt(offset: number): Place {
    const starts = (this.#lineStarts ??= lineStarts(this.text));
    const target = Math.min(Math.max(offset, 0), this.text.length);
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= target) low = middle;
      else high = middle - 1;
    }
    return { file: this.file, line: low + 1, column: target - (starts[low] ?? 0) + 1 };
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** Characters that no text file of ours holds: controls but tab and line ends, and byte order marks. */
// eslint-disable-next-line no-control-regex
const stray = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufeff]/;

export interface DecodeOptions {
  /** Drop a byte order mark at the start instead of refusing it. */
  readonly allowByteOrderMark: boolean;
}

/** Bytes to text: UTF-8 without control characters. The failure says at which place the first offence stands. */
export function decodeText(
  file: string,
  bytes: Uint8Array,
  options: DecodeOptions,
): Result<SourceText, Problem> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return fail({
      reason: 'InvalidEncoding',
      severity: 'error',
      message: 'the text is not valid UTF-8',
      hint: 'save the file in UTF-8',
      place: { file, ...firstInvalid(bytes) },
    });
  }
  if (options.allowByteOrderMark && text.startsWith('\ufeff')) text = text.slice(1);
  const source = new SourceText(file, text);
  const found = stray.exec(text);
  if (found === null) return ok(source);
  const unit = found[0].charCodeAt(0);
  const mark = unit === 0xfeff;
  return fail({
    reason: 'InvalidEncoding',
    severity: 'error',
    message: mark
      ? 'the text holds a byte order mark (U+FEFF)'
      : `the text holds the control character U+${unit.toString(16).toUpperCase().padStart(4, '0')}`,
    hint: mark
      ? 'save the file as UTF-8 without a byte order mark'
      : 'remove it, or write it as an escape in double quotes',
    place: source.placeAt(found.index),
  });
}

/** Line and column of the first byte sequence that is not UTF-8. */
function firstInvalid(bytes: Uint8Array): { line: number; column: number } {
  const fatal = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let line = 1;
  for (let start = 0; start <= bytes.length; line++) {
    const end = bytes.indexOf(0x0a, start);
    const slice = bytes.subarray(start, end === -1 ? bytes.length : end);
    try {
      fatal.decode(slice);
    } catch {
      const lossy = new TextDecoder('utf-8', { ignoreBOM: true }).decode(slice);
      return { line, column: lossy.indexOf('\ufffd') + 1 };
    }
    if (end === -1) break;
    start = end + 1;
  }
  return { line: 1, column: 1 };
}
