import { printableLines } from '../../protocol/text.js';

const codes = { red: 31, green: 32, yellow: 33, cyan: 36, bold: 1, dim: 2 } as const;
export type Style = keyof typeof codes;

/** Paints text where the terminal takes colour. */
export function paint(on: boolean, style: Style, text: string): string {
  return on ? `\u001b[${codes[style]}m${text}\u001b[0m` : text;
}

const painted = new RegExp(`(\u001b\\[(?:0|${Object.values(codes).join('|')})m)`);

/** Escapes what a terminal could obey, but for the colours of `paint` where those are on. */
export function printablePainted(on: boolean, text: string): string {
  if (!on) return printableLines(text);
  // A split with a group keeps what it splits at, at the odd places.
  const pieces = text.split(painted);
  return pieces.map((piece, i) => (i % 2 === 1 ? piece : printableLines(piece))).join('');
}

/** A unified diff in the colours that git uses. */
export function paintDiff(on: boolean, diff: string): string {
  if (!on) return diff;
  return diff
    .split('\n')
    .map(line => {
      if (line.startsWith('+++') || line.startsWith('---')) return paint(on, 'bold', line);
      if (line.startsWith('@@')) return paint(on, 'cyan', line);
      if (line.startsWith('+')) return paint(on, 'green', line);
      return line.startsWith('-') ? paint(on, 'red', line) : line;
    })
    .join('\n');
}
