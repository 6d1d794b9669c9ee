import { byCodePoint } from '../protocol/order.js';
import { canonicalJson } from '../protocol/digest.js';
import { pathText } from '../protocol/problem.js';
import type { Path } from '../protocol/problem.js';
import { isList, isMap, refKey, refOf } from '../protocol/resource.js';
import type { Resource, ResourceRef, Router, Value } from '../protocol/resource.js';
import { formatTime } from '../protocol/time.js';
import { startupSource } from './merge.js';
import type { Origin, Suppression } from './merge.js';

export type ChangeAction = 'added' | 'removed' | 'changed' | 'masked' | 'unmasked';

/** One resource whose place in the effective-config differs between two generations. */
export interface Change {
  readonly action: ChangeAction;
  readonly resource: ResourceRef;
  /** Who caused it: `startup-config`, or parts `Plugin/x#12`. */
  readonly source: string;
  readonly reason: string;
  /** For `masked`: until when at the latest, RFC 3339. */
  readonly until?: string;
  /** For `changed`: paths of what differs, at most 20. */
  readonly fields?: readonly string[];
}

/** What is in force: an effective-config with its account. */
export interface Snapshot {
  readonly effective: Router;
  readonly origins: readonly Origin[];
  readonly suppressed: readonly Suppression[];
}

export const emptySnapshot: Snapshot = {
  effective: { name: '', resources: [] },
  origins: [],
  suppressed: [],
};

/** Why a part that was in force is no longer: its identity `Plugin/x#12` leads to a clause such as `its lease ended`. */
export type PartEndings = ReadonlyMap<string, string>;

export function changesBetween(
  before: Snapshot,
  after: Snapshot,
  endings: PartEndings = new Map(),
): Change[] {
  const [was, is] = differing(before.effective.resources, after.effective.resources);
  const [old, next] = [index(before, was), index(after, is)];
  const removed: Change[] = [];
  for (const [key, resource] of old.resources) {
    if (next.resources.has(key) || next.suppressed.has(key)) continue;
    const source = old.origins.get(key) ?? startupSource;
    removed.push({
      action: 'removed',
      resource: refOf(resource),
      source,
      reason: removalReason(source, endings),
    });
  }
  const rest: Change[] = [];
  for (const [key, resource] of next.resources) {
    const change = arrival(resource, { key, old, source: next.origins.get(key) ?? startupSource, endings });
    if (change !== undefined) rest.push(change);
  }
  const masked = [...next.suppressed]
    .filter(([key]) => !old.suppressed.has(key))
    .map(([, suppression]): Change => {
      return {
        action: 'masked',
        resource: suppression.resource,
        source: suppression.maskedBy.join(', '),
        reason: suppression.reasons.join('; ') || `masked by ${suppression.maskedBy.join(', ')}`,
        until: formatTime(suppression.maskedUntil),
      };
    });
  return [...removed, ...rest, ...masked].sort(
    (a, b) =>
      order.indexOf(a.action) - order.indexOf(b.action) ||
      byCodePoint(refKey(a.resource), refKey(b.resource)),
  );
}

const order: readonly ChangeAction[] = ['added', 'removed', 'changed', 'masked', 'unmasked'];

interface Index {
  readonly resources: ReadonlyMap<string, Resource>;
  readonly origins: ReadonlyMap<string, string>;
  readonly suppressed: ReadonlyMap<string, Suppression>;
}

type Resources = readonly Resource[];

/** What each side has that the other has not, as the very same object, at the same place from the start or the end. */
function differing(was: Resources, is: Resources): readonly [was: Resources, is: Resources] {
  const most = Math.min(was.length, is.length);
  let start = 0;
  while (start < most && was[start] === is[start]) start++;
  let end = 0;
  while (end < most - start && was.at(-1 - end) === is.at(-1 - end)) end++;
  const [before, after] = [was.slice(start, was.length - end), is.slice(start, is.length - end)];
  const [old, next] = [new Set(before), new Set(after)];
  return [before.filter(resource => !next.has(resource)), after.filter(resource => !old.has(resource))];
}

/** The account of some resources of a snapshot. */
function index(snapshot: Snapshot, own: Resources): Index {
  const resources = new Map(own.map(resource => [refKey(refOf(resource)), resource]));
  const names = new Set(own.map(({ metadata }) => metadata.name));
  const origins = new Map<string, string>();
  for (const { resource, source } of snapshot.origins) {
    if (!names.has(resource.name)) continue;
    const key = refKey(resource);
    if (resources.has(key)) origins.set(key, source);
  }
  return {
    resources,
    origins,
    suppressed: new Map(snapshot.suppressed.map(suppression => [refKey(suppression.resource), suppression])),
  };
}

function arrival(
  resource: Resource,
  facts: { key: string; old: Index; source: string; endings: PartEndings },
): Change | undefined {
  const { key, old, source, endings } = facts;
  const ref = refOf(resource);
  const before = old.resources.get(key);
  if (before !== undefined) {
    const fields = differingFields(before, resource);
    if (fields.length === 0) return undefined;
    return { action: 'changed', resource: ref, source, reason: `changed in ${source}`, fields };
  }
  const mask = old.suppressed.get(key);
  if (mask !== undefined && source === startupSource) {
    const reasons = new Set(mask.maskedBy.map(part => endings.get(part) ?? 'it no longer masks this'));
    const reason = [...reasons].join('; ');
    return { action: 'unmasked', resource: ref, source: mask.maskedBy.join(', '), reason };
  }
  const reason = source === startupSource ? 'new in startup-config' : `proposed by ${source}`;
  return { action: 'added', resource: ref, source, reason };
}

function removalReason(source: string, endings: PartEndings): string {
  if (source === startupSource) return 'no longer in startup-config';
  return endings.get(source) ?? 'it no longer proposes this';
}

const reportedFields = 20;

/** The paths at which two resources differ, in canonical order; empty when they say the same. */
export function differingFields(before: Resource, after: Resource): string[] {
  if (before === after || canonicalJson(before) === canonicalJson(after)) return [];
  const paths: string[] = [];
  collect(before, after, []);
  return paths;

  function collect(left: Value | undefined, right: Value | undefined, path: Path): void {
    if (paths.length === reportedFields) return;
    if (isMap(left) && isMap(right)) {
      for (const key of [...new Set([...Object.keys(left), ...Object.keys(right)])].sort(byCodePoint)) {
        collect(left[key], right[key], [...path, key]);
      }
    } else if (isList(left) && isList(right) && left.length === right.length) {
      left.forEach((value, i) => {
        collect(value, right[i], [...path, i]);
      });
    } else if (left === undefined || right === undefined || canonicalJson(left) !== canonicalJson(right)) {
      paths.push(pathText(path));
    }
  }
}
