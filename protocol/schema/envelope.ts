import type { Issue, Path } from '../problem.js';
import { isList, isMap } from '../resource.js';
import type { Value, ValueMap } from '../resource.js';
import { positiveDuration, time } from '../rules/checks.js';
import { applyRules, mostIssues } from '../rules/rule.js';
import type { KindRules } from '../rules/rule.js';
import { fieldText, mapText } from '../wording.js';
import { explain } from './explain.js';
import { shippedKinds } from './kinds.js';
import { didYouMean } from './nearest.js';
import type { Mismatch } from './shape.js';
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
  if (isMap(value) && (value['apiVersion'] !== shipped.apiVersion || value['kind'] !== kind))
    return [wrongKind(shipped, value)];
  const lacksStatus = isMap(value) && (value['status'] ?? null) === null;
  const mismatches = shippedShape(shipped.schema)(value).filter(
    mismatch => !isElsewhere(mismatch) && !(lacksStatus && isAboutStatus(mismatch)),
  );
  const shape = explain(mismatches, { kind, value }).map(invalid);
  if (!isMap(value)) return shape;
  return [
    ...(lacksStatus ? [statusMissing(kind, value)] : []),
    ...shape,
    ...applyRules(rules[kind], value).map(invalid),
    ...unknownFields({ schema: shippedSchema(shipped.schema), value, path: [] }, kind).slice(0, mostIssues),
  ];
}

function invalid(issue: Issue): Issue {
  return { ...issue, reason: 'ResultInvalid' };
}

/** What is said about an entry of a list that another check looks into. */
function isElsewhere({ instancePath }: Mismatch): boolean {
  return /^\/status\/(?:resources|actionPlans)\//.test(instancePath);
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

function isAboutStatus({ instancePath, params }: Mismatch): boolean {
  return instancePath === '/status' || (instancePath === '' && params['missingProperty'] === 'status');
}

function statusMissing(kind: string, value: ValueMap): Issue {
  return {
    reason: 'StatusMissing',
    severity: 'error',
    message: `\`status\` is missing in ${kind}`,
    hint: 'put the answer under status',
    path: Object.hasOwn(value, 'status') ? ['status'] : [],
  };
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
