import { byCodePoint } from '../protocol/order.js';
import { isList, isMap } from '../protocol/resource.js';
import type { Value, ValueMap } from '../protocol/resource.js';
import { literalHeader, scalarText } from './scalar.js';

/**
 * The one YAML text of a value: block style, keys in canonical order, no folding, comments or anchors, a line feed at the
 * end. It depends on nothing but the value, and readers of YAML 1.1 and 1.2 get the same value back. It is our own
 * printer because these bytes are hashed and compared over years: no library upgrade may change one of them.
 */
export function printYaml(value: Value): string {
  if (!isCollection(value)) return `${inline(value, '')}\n`;
  const out: string[] = [];
  writeLines(out, value, { head: '', indent: '', leading: leadingKeys });
  return `${out.join('\n')}\n`;
}

/** A list item in a list that stands at `indent`. */
export function printListItem(value: Value, indent: string): string {
  const out: string[] = [];
  writeItem(out, value, { head: indent, indent });
  return `${out.join('\n')}\n`;
}

/** Keys of a map in canonical order: apiVersion, kind, metadata, spec (in metadata: name), then the others by code point. */
export function canonicalKeys(map: ValueMap, leading: readonly string[]): string[] {
  const first = leading.filter(key => Object.hasOwn(map, key));
  const rest = Object.keys(map).filter(key => !leading.includes(key));
  return [...first, ...rest.sort(byCodePoint)];
}

const leadingKeys = ['apiVersion', 'kind', 'metadata', 'spec'];
const leadingMetadataKeys = ['name'];

function isCollection(value: Value): value is readonly Value[] | ValueMap {
  return isList(value) ? value.length > 0 : isMap(value) && Object.keys(value).length > 0;
}

/** Where a collection stands: what comes before its first line, and before all others. */
interface Position {
  readonly head: string;
  readonly indent: string;
}

function writeLines(
  out: string[],
  value: readonly Value[] | ValueMap,
  { head, indent, leading }: Position & { readonly leading: readonly string[] },
): void {
  let before = head;
  if (isList(value)) {
    for (const entry of value) {
      writeItem(out, entry, { head: before, indent });
      before = indent;
    }
    return;
  }
  for (const key of canonicalKeys(value, leading)) {
    writeEntry(out, [key, value[key] ?? null], { head: before, indent });
    before = indent;
  }
}

function writeEntry(out: string[], [key, value]: readonly [string, Value], { head, indent }: Position): void {
  const name = scalarText(key);
  let start = `${head}${name}:`;
  // YAML limits a key on its own line to 1,024 characters.
  if (name.length > 1000) {
    out.push(`${head}? ${name}`);
    start = `${indent}:`;
  }
  if (!isCollection(value)) {
    out.push(`${start} ${inline(value, indent)}`);
    return;
  }
  out.push(start);
  const below = `${indent}  `;
  const leading = key === 'metadata' ? leadingMetadataKeys : leadingKeys;
  writeLines(out, value, { head: below, indent: below, leading });
}

/** The first line of what an item holds stands behind the dash. */
function writeItem(out: string[], value: Value, { head, indent }: Position): void {
  if (isCollection(value))
    writeLines(out, value, { head: `${head}- `, indent: `${indent}  `, leading: leadingKeys });
  else out.push(`${head}- ${inline(value, indent)}`);
}

function inline(value: Value, indent: string): string {
  if (isList(value)) return '[]';
  if (isMap(value)) return '{}';
  const header = typeof value === 'string' ? literalHeader(value) : undefined;
  if (header === undefined || typeof value !== 'string') return scalarText(value);
  const body = value.replace(/\n$/, '').split('\n');
  return [header, ...body.map(line => (line === '' ? '' : `${indent}  ${line}`))].join('\n');
}
