import { fail, ok } from '../result.js';
import type { Result } from '../result.js';
import type { Value } from '../resource.js';
import { hasLoneSurrogate, isExact } from './exact.js';
import { limits } from './limits.js';

/**
 * Reads strict JSON under the same rules as YAML: bounded depth and size, no key twice, no forbidden key, every number
 * exact. JSON is how most plugins answer, and this is many times faster than a YAML parser. The failure says nothing:
 * the caller reads the same text as YAML then, which either accepts it or has the better message with a place.
 */
export function readJson(text: string): Result<Value, 'notPlainJson'> {
  if (!withinLimits(text)) return fail('notPlainJson');
  const seen = { doubtful: false };
  let value: unknown;
  try {
    value = JSON.parse(text, (_key: string, item: unknown): unknown => {
      if (typeof item === 'number' && !isExact(item)) seen.doubtful = true;
      if (typeof item === 'string' && hasLoneSurrogate(item)) seen.doubtful = true;
      return Object.is(item, -0) ? 0 : item;
    });
  } catch {
    return fail('notPlainJson');
  }
  return seen.doubtful ? fail('notPlainJson') : ok(value as Value);
}

/** The keys of the map that is open, or null inside a list. */
type Frame = Set<string> | null;

/**
 * One pass over the characters, before JSON.parse: depth, number of values, and the keys of every map, which JSON.parse
 * would silently overwrite. Text that is not JSON may pass; JSON.parse refuses it afterwards.
 */
function withinLimits(text: string): boolean {
  const frames: Frame[] = [];
  let values = 0;
  const string = /"(?:[^"\\]|\\.)*"/sy;
  const key = /[ \t\r\n]*:/y;
  for (let at = 0; at < text.length; at++) {
    switch (text.charAt(at)) {
      case '{':
        frames.push(new Set());
        break;
      case '[':
        frames.push(null);
        break;
      case '}':
      case ']':
        frames.pop();
        break;
      case ',':
        values++;
        break;
      case '"': {
        string.lastIndex = at;
        const found = string.exec(text);
        if (found === null) return false;
        at = string.lastIndex - 1;
        key.lastIndex = string.lastIndex;
        const frame = frames.at(-1);
        if (frame != null && key.test(text) && !addKey(frame, found[0])) return false;
        break;
      }
    }
    if (frames.length > limits.depth || values > limits.nodes) return false;
  }
  return true;
}

function addKey(keys: Set<string>, literal: string): boolean {
  // A key with an escape or a control character is rare: the YAML reader judges it.
  if (!/^"[\x20-\x7e]*"$/.test(literal) || literal.includes('\\')) return false;
  const key = literal.slice(1, -1);
  if (keys.has(key) || key === '__proto__' || key === 'constructor' || key === 'prototype' || key === '<<')
    return false;
  keys.add(key);
  return true;
}
