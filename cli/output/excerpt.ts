import { blank, sensitivity } from '../../protocol/redact.js';
import { printable } from '../../protocol/text.js';
import type { Place } from '../../protocol/problem.js';

/** The line of a problem with a marker below it, ready to print; undefined where there is no such line. */
export function excerpt(text: string | undefined, place: Place): readonly string[] | undefined {
  if (text === undefined || place.line === undefined) return undefined;
  const lines = text.split('\n');
  const line = lines[place.line - 1];
  if (line === undefined) return undefined;
  const shown = hideSecrets(lines, place.line - 1);
  const column = (place.column ?? 1) - 1;
  const before = line.slice(0, column).replace(/[^\t]/g, ' ');
  const word = /^[^\s:,[\]{}]+/.exec(shown.slice(column))?.[0] ?? '';
  const number = String(place.line);
  const limit = 160;
  const visible = printable(shown.replaceAll('\t', ' ')).slice(0, limit);
  const marker =
    before.length >= limit ? '' : `${before.replaceAll('\t', ' ')}${'^'.repeat(Math.max(1, word.length))}`;
  return [`${number} | ${visible}`, `${' '.repeat(number.length)} | ${marker}`];
}

/**
 * A line without the secrets that it may hold: what stands behind a sensitive word goes, and a line below one in the
 * indentation goes whole. What is broken can be found by its place; a secret must not be shown because it is broken.
 */
function hideSecrets(lines: readonly string[], index: number): string {
  const line = lines[index] ?? '';
  for (const match of line.matchAll(/([A-Za-z0-9_.-]+)["']?\s*[:=]?\s*/g)) {
    const end = match.index + match[0].length;
    if (isSecretKey(match[1] ?? '') && end < line.length) return `${line.slice(0, end)}${blank}`;
  }
  return belowSecret(lines, index) ? `${/^[\s-]*/.exec(line)?.[0] ?? ''}${blank}` : line;
}

/** Whether a line further up with less indentation opens a secret: a block of text, a list, the `env` of a plugin. */
function belowSecret(lines: readonly string[], index: number): boolean {
  let indent = indentOf(lines[index] ?? '');
  for (let i = index - 1; i >= 0 && indent > 0; i--) {
    const line = lines[i] ?? '';
    if (line.trim() === '' || indentOf(line) >= indent) continue;
    indent = indentOf(line);
    const key = /^[\s-]*["']?([A-Za-z0-9_.-]+)["']?\s*:/.exec(line)?.[1];
    if (key !== undefined && (isSecretKey(key) || key === 'env')) return true;
  }
  return false;
}

function isSecretKey(key: string): boolean {
  return sensitivity(key, 'text') === 'secret';
}

function indentOf(line: string): number {
  return /^\s*/.exec(line)?.[0].length ?? 0;
}
