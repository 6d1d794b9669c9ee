import { mapOf, textsOf } from '../../protocol/pick.js';
import { isList, isMap, refKey, refOf, refText } from '../../protocol/resource.js';
import type { Resource, Router, Value } from '../../protocol/resource.js';
import type { Change, Snapshot } from '../../render/changes.js';

export interface ProtectionFacts {
  readonly before: Snapshot;
  readonly after: Snapshot;
  /** Between the two. */
  readonly changes: readonly Change[];
}

/**
 * What of a change touches an interface or zone that `spec.reconcile` of the configuration in force protects; one
 * sentence each. A resource is touched by its name, by naming a protected one, or by being named by one.
 */
export function touchesProtected({ before, after, changes }: ProtectionFacts): string[] {
  const names = protectedNames(before.effective);
  const still = protectedNames(after.effective);
  const lifted = [...names]
    .filter(([name]) => !still.has(name))
    .map(([, what]) => `the ${what} would be protected no longer`);
  if (names.size === 0) return [];
  const old = byKey(before);
  const next = byKey(after);
  const roots = before.effective.resources.filter(({ metadata: { name } }) => names.has(name));
  const touched = changes.flatMap(({ action, resource }): string[] => {
    const key = refKey(resource);
    const bodies = [old.get(key), next.get(key)].filter(body => body !== undefined);
    const would = `${refText(resource)} would be ${action}`;
    const own = names.get(resource.name);
    if (own !== undefined) return [`${would}: it has the name of the ${own}`];
    for (const [name, what] of names) {
      if (bodies.some(body => mentions(body['spec'], { name }))) return [`${would}: it names the ${what}`];
    }
    const root = roots.find(({ spec }) => mentions(spec, resource));
    return root === undefined ? [] : [`${would}: the protected ${refText(refOf(root))} names it`];
  });
  return [...lifted, ...touched];
}

/** The protected names, each with what it is called in sentences. */
function protectedNames({ reconcile }: Router): Map<string, string> {
  const spec = mapOf(reconcile);
  const named = (field: string, what: string) =>
    textsOf(spec[field]).map(name => [name, `protected ${what} ${name}`] as const);
  return new Map([...named('protectedZones', 'zone'), ...named('protectedInterfaces', 'interface')]);
}

function byKey({ effective }: Snapshot): Map<string, Resource> {
  return new Map(effective.resources.map(resource => [refKey(refOf(resource)), resource]));
}

/** Whether a value holds `name` or `Kind/name` as a text, at any depth; keys are no names. */
function mentions(
  value: Value | undefined,
  wanted: { readonly name: string; readonly kind?: string },
): boolean {
  if (isList(value)) return value.some(entry => mentions(entry, wanted));
  if (isMap(value)) return Object.values(value).some(entry => mentions(entry, wanted));
  if (typeof value !== 'string') return false;
  if (value === wanted.name) return true;
  const slash = value.lastIndexOf('/');
  const kind = slash === -1 ? undefined : value.slice(0, slash);
  return (
    kind !== undefined &&
    value.slice(slash + 1) === wanted.name &&
    (wanted.kind === undefined ? /^[A-Za-z]\w*$/.test(kind) : kind === wanted.kind)
  );
}
