import { pathText } from './problem.js';
import type { Path } from './problem.js';
import { isList, isMap } from './resource.js';
import type { Value } from './resource.js';

/** Reads what `pathText` wrote: `spec.triggers[0].every`, `metadata["odd key"]`. Undefined for anything else. */
export function parsePath(text: string): Path | undefined {
  const step = /\.?([A-Za-z_$][\w$-]*)|\[(\d{1,9})\]|\[("(?:[^"\\]|\\.)*")\]/y;
  const path: (string | number)[] = [];
  while (step.lastIndex < text.length) {
    const match = step.exec(text);
    if (match === null) return undefined;
    const [whole, name, index, quoted] = match;
    if (path.length > 0 && name !== undefined && !whole.startsWith('.')) return undefined;
    if (name !== undefined) path.push(name);
    else if (index !== undefined) path.push(Number(index));
    else {
      const key = quotedKey(quoted ?? '');
      if (key === undefined) return undefined;
      path.push(key);
    }
  }
  return path.length === 0 ? undefined : path;
}

function quotedKey(text: string): string | undefined {
  try {
    const key: unknown = JSON.parse(text);
    return typeof key === 'string' ? key : undefined;
  } catch {
    return undefined;
  }
}

/** What stands at a path; undefined where nothing does. */
export function valueAt(value: Value | undefined, path: Path): Value | undefined {
  return path.reduce<Value | undefined>((at, step) => {
    if (typeof step === 'number') return isList(at) ? at[step] : undefined;
    return isMap(at) && Object.hasOwn(at, step) ? at[step] : undefined;
  }, value);
}

/** Every path that leads to something in a value, as text. */
export function pathsIn(value: Value, path: Path = []): string[] {
  const here = path.length === 0 ? [] : [pathText(path)];
  if (isList(value)) return [...here, ...value.flatMap((item, i) => pathsIn(item, [...path, i]))];
  if (!isMap(value)) return here;
  return [...here, ...Object.entries(value).flatMap(([key, item]) => pathsIn(item, [...path, key]))];
}
