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
  return isCollection(value) ? lines(value, '').join('\n') + '\n' : `${inline(value, '')}\n`;
}

/** A list item in a list that stands at `indent`. */
export function printListItem(value: Value, indent: string): string {
  return `${item(value, indent).join('\n')}\n`;
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

function lines(
  value: readonly Value[] | ValueMap,
  indent: string,
  leading: readonly string[] = leadingKeys,
): string[] {
  if (isList(value)) return value.flatMap(entry => item(entry, indent));
  return canonicalKeys(value, leading).flatMap(key => entry(key, value[key] ?? null, indent));
}

function entry(key: string, value: Value, indent: string): string[] {
  const name = scalarText(key);
  // YAML limits a key on its own line to 1,024 characters.
  const start = name.length > 1000 ? [`${indent}? ${name}`, `${indent}:`] : [`${indent}${name}:`];
  if (isCollection(value)) {
    return [...start, ...lines(value, `${indent}  `, key === 'metadata' ? leadingMetadataKeys : leadingKeys)];
  }
  const last = start.pop() ?? '';
  return [...start, `${last} ${inline(value, indent)}`];
}

/** The first line of what an item holds moves up behind the dash. */
function item(value: Value, indent: string): string[] {
  if (!isCollection(value)) return [`${indent}- ${inline(value, indent)}`];
  const [first = '', ...rest] = lines(value, `${indent}  `);
  return [`${indent}- ${first.slice(indent.length + 2)}`, ...rest];
}

function inline(value: Value, indent: string): string {
  if (isList(value)) return '[]';
  if (isMap(value)) return '{}';
  const header = typeof value === 'string' ? literalHeader(value) : undefined;
  if (header === undefined || typeof value !== 'string') return scalarText(value);
  const body = value.replace(/\n$/, '').split('\n');
  return [header, ...body.map(line => (line === '' ? '' : `${indent}  ${line}`))].join('\n');
}
