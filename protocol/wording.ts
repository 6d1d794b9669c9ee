import { pathText } from './problem.js';
import type { Path } from './problem.js';
import { sensitivity } from './redact.js';
import { isMap } from './resource.js';
import type { Value } from './resource.js';
import { oneLine } from './text.js';

/** A path or key between backticks, made safe for one line: `` `spec.triggers[0].every` ``. */
export function fieldText(path: Path | string): string {
  return `\`${oneLine(typeof path === 'string' ? path : pathText(path), 120)}\``;
}

/** The map at a path, as sentences name it: `IPv4Route`, `IPv4Route spec`, `Plugin spec.triggers[0]`. */
export function mapText(kind: string, path: Path): string {
  return oneLine(path.length === 0 ? kind : `${kind} ${pathText(path)}`, 160);
}

/** What kind of value it is, without the value; of booleans, which keep no secret, the value. */
export function typeText(value: Value): string {
  if (value === null) return 'empty (null)';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'number') return 'a number';
  if (typeof value === 'boolean') return String(value);
  return isMap(value) ? 'a map' : 'a list';
}

/** The value itself where it is short and no secret, else what kind of value it is. */
export function foundText(value: Value, path: Path): string {
  if (holdsSecret(path)) return typeof value === 'string' ? 'something else' : typeText(value);
  if (typeof value === 'string') return JSON.stringify(oneLine(value, 60));
  return typeof value === 'number' ? String(value) : typeText(value);
}

/** Whether what stands at the path may be a secret: then no message repeats it. */
export function holdsSecret(path: Path): boolean {
  if (path[0] === 'spec' && path[1] === 'env') return true;
  return path.some(
    part => typeof part === 'string' && (part === 'base64' || sensitivity(part, null) !== undefined),
  );
}

/** `a`, `a or b`, `a, b or c` */
export function orText(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length <= 1 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}
