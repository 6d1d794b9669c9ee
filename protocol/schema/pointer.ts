import type { Path } from '../problem.js';
import { isList, isMap } from '../resource.js';
import type { Value } from '../resource.js';

/** Follows a JSON pointer (RFC 6901, unencoded) into a value. `found` is undefined where the pointer leaves it. */
export function follow(
  pointer: string,
  value: Value,
): { readonly path: Path; readonly found: Value | undefined } {
  const path: (string | number)[] = [];
  let found: Value | undefined = value;
  for (const step of pointer.split('/').slice(1)) {
    const key: string = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (isList(found)) {
      path.push(Number(key));
      found = found[Number(key)];
    } else {
      path.push(key);
      found = isMap(found) && Object.hasOwn(found, key) ? found[key] : undefined;
    }
  }
  return { path, found };
}
