import { apiVersions, asValue } from '../../protocol/resource.js';
import type { Value } from '../../protocol/resource.js';
import { printable, printableLines } from '../../protocol/text.js';
import { printYaml } from '../../render/canonical-yaml.js';
import type { Io } from '../io.js';
import { printablePainted } from './colour.js';

export const formats = ['table', 'json', 'yaml'] as const;
export type Format = (typeof formats)[number];

/** One object of machine output; `kind` names its shape. Made of nothing but JSON types. */
export interface Document {
  readonly kind: string;
  readonly [field: string]: unknown;
}

/** A list of machine output. */
export function listDocument(kind: string, items: readonly unknown[]): Document {
  return { kind: `${kind}List`, items };
}

/** Prints a document as asked for; `table` is what people read and may be empty. */
export function emit(
  io: Io,
  format: Format,
  output: { document: Document; table: (document: Document) => string },
): void {
  const { document, table } = output;
  switch (format) {
    case 'json':
      io.out(`${jsonText({ apiVersion: apiVersions.cli, ...document })}\n`);
      break;
    case 'yaml':
      io.out(printYaml(plain({ apiVersion: apiVersions.cli, ...document })));
      break;
    case 'table':
      io.out(printablePainted(io.colour.out, table(document)));
      break;
  }
}

/** JSON in which no string can reach a terminal unescaped; JSON.stringify itself escapes C0 controls alone. */
function jsonText(data: unknown): string {
  return printableLines(JSON.stringify(data, null, 2));
}

/** What JSON would make of the data: entries that are undefined are left out. */
function plain(data: unknown): Value {
  return asValue(JSON.parse(JSON.stringify(data)));
}

/** Columns as wide as their widest cell, two blanks apart, no blank at the end of a line. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows].map(cells => cells.map(printable));
  const widths = header.map((_, column) => Math.max(...lines.map(cells => (cells[column] ?? '').length)));
  const text = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return lines.map(cells => `${text(cells)}\n`).join('');
}
