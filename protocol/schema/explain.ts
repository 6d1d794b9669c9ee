import type { Issue, Path } from '../problem.js';
import { isList, isMap } from '../resource.js';
import type { Value } from '../resource.js';
import { mostIssues } from '../rules/rule.js';
import { oneLine } from '../text.js';
import { fieldText, mapText, orText } from '../wording.js';
import { didYouMean, nearest } from './nearest.js';
import { follow } from './pointer.js';
import type { Mismatch } from './shape.js';
import { choices, choiceSentence, demand, typeSentence } from './value-text.js';

/** What the sentences are about: `kind` names it, `value` is the whole of it. */
export interface Subject {
  readonly kind: string;
  readonly value: Value;
}

/** Turns what a schema has against a value into sentences: one issue for each mistake, in the order of the schema. */
export function explain(all: readonly Mismatch[], subject: Subject): Issue[] {
  const mismatches = all.slice(0, mostIssues);
  const unknown = mismatches.filter(({ keyword }) => unknownFieldKeywords.has(keyword));
  const issues = mismatches
    .filter(mismatch => !isEcho(mismatch) && !isMisspelt(mismatch, unknown))
    .map(mismatch => explainOne(mismatch, subject));
  return oneForEachPlace(issues);
}

const unknownFieldKeywords = new Set(['additionalProperties', 'unevaluatedProperties']);

/** ajv reports a failed `if` and the inside of `propertyNames` twice; one of the two says enough. */
function isEcho({ keyword, propertyName }: Mismatch): boolean {
  return keyword === 'if' || propertyName !== undefined;
}

/** A required field under a wrong name is one mistake, and told where it stands. */
function isMisspelt(mismatch: Mismatch, unknown: readonly Mismatch[]): boolean {
  if (mismatch.keyword !== 'required') return false;
  return unknown.some(
    other =>
      other.instancePath === mismatch.instancePath &&
      nearest(unknownField(other), fieldsOf(other)) === mismatch.params['missingProperty'],
  );
}

/** Of several issues about one value, that about its type says most, else the first. */
function oneForEachPlace(issues: readonly Issue[]): Issue[] {
  const kept = new Map<string, Issue>();
  for (const issue of issues) {
    const key = placeKey(issue);
    if (!kept.has(key) || issue.reason === 'InvalidType') kept.set(key, issue);
  }
  return [...kept.values()];
}

/** Two issues with the same key are about the same thing. One map can lack several fields: those differ. */
export function placeKey(issue: Issue): string {
  return JSON.stringify([
    issue.path,
    issue.reason === 'MissingField' ? issue.message : (issue.at ?? 'value'),
  ]);
}

function explainOne(mismatch: Mismatch, { kind, value }: Subject): Issue {
  const { keyword, params } = mismatch;
  const { path, found = null } = follow(mismatch.instancePath, value);
  const subject = path.length === 0 ? `a ${kind}` : fieldText(path);
  const error = { severity: 'error', path } as const;
  switch (keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return unknownFieldIssue(mismatch, { kind, path });
    case 'required':
    case 'dependentRequired':
      return missingFieldIssue(mismatch, { kind, path });
    case 'type': {
      const types = [params['type']].flat().map(String);
      return { ...error, reason: 'InvalidType', ...typeSentence(types, { subject, path, found }) };
    }
    case 'enum':
    case 'const':
      return {
        ...error,
        reason: 'InvalidValue',
        ...choiceSentence(choices(mismatch), { subject, path, found }),
      };
    case 'propertyNames': {
      const key = String(params['propertyName']);
      const message = `${fieldText(key)} is not a name that ${mapText(kind, path)} can hold`;
      return { ...error, path: [...path, key], at: 'key', reason: 'InvalidName', message };
    }
    case 'false schema':
      return { ...error, at: 'key', reason: 'UnknownField', message: `${subject} is not allowed here` };
    case 'oneOf':
    case 'anyOf':
      return { ...error, reason: 'SchemaViolation', ...alternativesSentence(mismatch, subject) };
    default: {
      const rule = demand(mismatch);
      return {
        ...error,
        reason: rule === undefined ? 'SchemaViolation' : 'InvalidValue',
        message: `${subject} ${rule ?? `does not match its schema (keyword ${keyword})`}`,
      };
    }
  }
}

interface Place {
  readonly kind: string;
  readonly path: Path;
}

function unknownFieldIssue(mismatch: Mismatch, { kind, path }: Place): Issue {
  const key = unknownField(mismatch);
  const known = fieldsOf(mismatch);
  const hint =
    didYouMean(key, known) ?? (known.length <= 12 ? `fields here: ${known.join(', ')}` : undefined);
  return {
    reason: 'UnknownField',
    severity: 'error',
    message: `${fieldText(key)} is not a field of ${mapText(kind, path)}`,
    ...(hint === undefined || known.length === 0 ? {} : { hint }),
    path: [...path, key],
    at: 'key',
  };
}

function missingFieldIssue(mismatch: Mismatch, { kind, path }: Place): Issue {
  const name = String(mismatch.params['missingProperty']);
  const meaning = meaningOf(mismatch, name);
  return {
    reason: 'MissingField',
    severity: 'error',
    message: `${fieldText(name)} is missing in ${mapText(kind, path)}`,
    ...(meaning === undefined ? {} : { hint: `${name}: ${meaning}` }),
    path,
  };
}

/** `forms` is set where no alternative came closer than another (alternatives.ts). */
function alternativesSentence({ params }: Mismatch, subject: string): Pick<Issue, 'message' | 'hint'> {
  const { forms } = params;
  if (!isList(forms)) return { message: `${subject} matches several forms of which its schema allows one` };
  return {
    message: `${subject} has none of the forms that its schema allows`,
    ...(forms.length === 0 ? {} : { hint: `give it ${orText(forms.map(String))}` }),
  };
}

function unknownField({ params }: Mismatch): string {
  return String(params['additionalProperty'] ?? params['unevaluatedProperty']);
}

/** The names of the fields that the schema around the mismatch knows. */
function fieldsOf({ parentSchema }: Mismatch): string[] {
  const properties = isMap(parentSchema) ? parentSchema['properties'] : undefined;
  return isMap(properties) ? Object.keys(properties) : [];
}

/** The first sentence that the schema says about a field, where it is short enough to stand beside a message. */
function meaningOf({ parentSchema }: Mismatch, name: string): string | undefined {
  const properties = isMap(parentSchema) ? parentSchema['properties'] : undefined;
  const field = isMap(properties) ? properties[name] : undefined;
  const description = isMap(field) ? field['description'] : undefined;
  if (typeof description !== 'string') return undefined;
  const [sentence = ''] = oneLine(description, 1_000).split(/(?<=\.)\s/, 1);
  return sentence.length <= 160 ? sentence : undefined;
}
