import type { Issue, Path, Reason } from '../problem.js';
import { isList, isMap } from '../resource.js';
import type { Value, ValueMap } from '../resource.js';
import { positiveDuration, time } from '../rules/checks.js';
import { applyRules } from '../rules/rule.js';
import type { KindRules } from '../rules/rule.js';
import { fieldText, mapText } from '../wording.js';
import { explain } from './explain.js';
import { shippedKinds } from './kinds.js';
import { didYouMean } from './nearest.js';
import { shippedSchema, shippedShape } from './shipped.js';

/** The answers of plugins, one for each of the three exchanges. */
export type ResultKind = 'PluginResult' | 'ExecuteActionResult' | 'ObservePrivateIPsResult';

const rules: Readonly<Record<ResultKind, KindRules>> = {
  PluginResult: { fields: { 'status.observedAt': time, 'status.ttl': positiveDuration } },
  ExecuteActionResult: { fields: {} },
  ObservePrivateIPsResult: { fields: {} },
};

/**
 * Checks the envelope of an answer. Errors: `WrongKind` (alone, for then nothing else can be said), `StatusMissing`,
 * `ResultInvalid`. A field that PROTOCOL.md does not name is a note, `UnknownResultField`.
 *
 * What lies inside `status.resources[]` and `status.actionPlans[]` is left to `Checker.checkResource` and
 * `checkActionPlan`; only the notes are about plans too.
 */
export function checkEnvelope(kind: ResultKind, value: Value): readonly Issue[] {
  const shipped = shippedKinds.find(one => one.kind === kind);
  if (shipped === undefined) throw new Error(`no schema for ${kind}`);
  if (!isMap(value)) return asResult(explain(shippedShape(shipped.schema)(value), { kind, value }), value);
  if (value['apiVersion'] !== shipped.apiVersion || value['kind'] !== kind)
    return [wrongKind(shipped, value)];
  const shape = explain(shippedShape(shipped.schema)(value), { kind, value }).filter(
    ({ path }) => !isElsewhere(path),
  );
  return [
    ...asResult([...shape, ...applyRules(rules[kind], value)], value),
    ...unknownFields({ schema: shippedSchema(shipped.schema), value, path: [] }, kind),
  ];
}

/** Paths inside an entry of a list that another check looks into. */
function isElsewhere(path: Path): boolean {
  return path.length >= 3 && path[0] === 'status' && (path[1] === 'resources' || path[1] === 'actionPlans');
}

function wrongKind(expected: { readonly apiVersion: string; readonly kind: string }, value: ValueMap): Issue {
  const field = value['apiVersion'] === expected.apiVersion ? 'kind' : 'apiVersion';
  return {
    reason: 'WrongKind',
    severity: 'error',
    message: `the answer is not a ${expected.kind} of ${expected.apiVersion}`,
    hint: `print \`apiVersion: ${expected.apiVersion}\` and \`kind: ${expected.kind}\``,
    path: Object.hasOwn(value, field) ? [field] : [],
  };
}

function asResult(issues: readonly Issue[], value: Value): Issue[] {
  const missing = isMap(value) && (value['status'] ?? null) === null;
  return issues.map(issue => {
    const aboutStatus =
      issue.path[0] === 'status' || (issue.reason === 'MissingField' && issue.message.startsWith('`status`'));
    const reason: Reason =
      missing && issue.path.length <= 1 && aboutStatus ? 'StatusMissing' : 'ResultInvalid';
    return { ...issue, reason };
  });
}

interface Described {
  readonly schema: Value | undefined;
  readonly value: Value | undefined;
  readonly path: Path;
}

/** A note for each field that the schema does not name, wherever it names fields at all. */
function unknownFields({ schema, value, path }: Described, kind: string): Issue[] {
  if (!isMap(schema)) return [];
  if (isList(value)) {
    const { items } = schema;
    return value.flatMap((entry, index) =>
      unknownFields({ schema: items, value: entry, path: [...path, index] }, kind),
    );
  }
  const { properties } = schema;
  if (!isMap(value) || !isMap(properties)) return [];
  return Object.entries(value).flatMap(([key, field]) =>
    Object.hasOwn(properties, key)
      ? unknownFields({ schema: properties[key], value: field, path: [...path, key] }, kind)
      : [note(key, { kind, path, known: Object.keys(properties) })],
  );
}

function note(
  key: string,
  { kind, path, known }: { readonly kind: string; readonly path: Path; readonly known: readonly string[] },
): Issue {
  const hint = didYouMean(key, known);
  return {
    reason: 'UnknownResultField',
    severity: 'note',
    message: `${fieldText(key)} is not a field of ${mapText(kind, path)} and was ignored`,
    ...(hint === undefined ? {} : { hint }),
    path: [...path, key],
    at: 'key',
  };
}
