import { oncePer } from '../protocol/once-per.js';
import { byCodePoint } from '../protocol/order.js';
import type { Part } from '../protocol/part.js';
import { refKey, refOf } from '../protocol/resource.js';
import type { Resource, Router } from '../protocol/resource.js';
import { extendRouter } from './router-yaml.js';

/** Startup in its order, less the suppressed; then the parts in order of source, each by identity. */
export function compose(
  startup: Router,
  parts: readonly Part[],
  suppressed: ReadonlyMap<string, unknown>,
): Router {
  const kept =
    suppressed.size === 0
      ? startup
      : {
          ...startup,
          resources: startup.resources.filter(resource => !suppressed.has(refKey(refOf(resource)))),
        };
  const router = extendRouter(
    kept,
    parts.flatMap(part => byIdentity(part.resources)),
  );
  const last = composed.get(startup);
  const same =
    last?.resources.length === router.resources.length &&
    last.resources.every((resource, i) => resource === router.resources[i]);
  if (same) return last;
  composed.set(startup, router);
  return router;
}

/** What was composed last: the same resources make the same router, whose text and digest are known already. */
const composed = new WeakMap<Router, Router>();

const byIdentity = oncePer((resources: readonly Resource[]) =>
  [...resources].sort((a, b) => byCodePoint(refKey(refOf(a)), refKey(refOf(b)))),
);
