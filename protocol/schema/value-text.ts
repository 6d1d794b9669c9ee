import type { Issue, Path } from '../problem.js';
import { isList } from '../resource.js';
import type { Value } from '../resource.js';
import { oneLine } from '../text.js';
import { fieldText, foundText, holdsSecret, orText, typeText } from '../wording.js';
import { didYouMean } from './nearest.js';
import type { Mismatch } from './shape.js';

/** A value that a schema refuses: what it is called in sentences, where it stands, and the value. */
export interface Refused {
  readonly subject: string;
  readonly path: Path;
  readonly found: Value;
}

type Sentence = Pick<Issue, 'message' | 'hint'>;

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'a map',
  array: 'a list',
  null: 'null',
};

/** A value of the wrong type. */
export function typeSentence(types: readonly string[], refused: Refused): Sentence {
  const expected = orText(types.map(type => typeNames[type] ?? type));
  const hint = typeHint(types, refused);
  return {
    message: `${refused.subject} must be ${expected}, but is ${typeText(refused.found)}`,
    ...(hint === undefined ? {} : { hint }),
  };
}

/** What people most often meant, given what YAML read. */
function typeHint(types: readonly string[], { found, path }: Refused): string | undefined {
  if (found === null) return 'give it a value, or leave the field out';
  if (types.includes('string') && (typeof found === 'number' || typeof found === 'boolean'))
    return holdsSecret(path) ? 'put it in quotes' : `put it in quotes: "${String(found)}"`;
  if (types.includes('array')) return 'write a list, even of one: [ … ]';
  if (typeof found !== 'string') return undefined;
  if (types.includes('integer') || types.includes('number'))
    return /^-?\d+$/.test(found) ? 'write the number without quotes' : undefined;
  return types.includes('boolean')
    ? 'write true or false, without quotes; yes, no, on and off are text'
    : undefined;
}

/** A value that is not in a list of allowed ones. */
export function choiceSentence(allowed: readonly unknown[], { subject, path, found }: Refused): Sentence {
  const names = allowed.filter(word => typeof word === 'string');
  const meant = typeof found === 'string' && !holdsSecret(path) ? didYouMean(found, names) : undefined;
  const words = allowed.map(word => oneLine(JSON.stringify(word), 60));
  const list = words.length <= 24 ? `allowed: ${orText(words)}` : undefined;
  const hint = [meant, list].filter(part => part !== undefined).join(' ');
  return {
    message: holdsSecret(path)
      ? `${subject} has a value that is not allowed`
      : `${subject} cannot be ${foundText(found, path)}`,
    ...(hint === '' ? {} : { hint }),
  };
}

/** What a keyword about sizes and patterns demands, `must be 0 or more`; undefined for every other keyword. */
export function demand({ keyword, params }: Pick<Mismatch, 'keyword' | 'params'>): string | undefined {
  const limit = String(params['limit']);
  const quoted = (name: string): string => fieldText(String(params[name]));
  switch (keyword) {
    case 'pattern':
      return `must match the pattern ${quoted('pattern')}`;
    case 'format':
      return `must have the format ${quoted('format')}`;
    case 'minLength':
      return limit === '1' ? 'must not be empty' : `must have at least ${limit} characters`;
    case 'maxLength':
      return `must have at most ${limit} characters`;
    case 'minItems':
      return limit === '1' ? 'must not be an empty list' : `must have at least ${limit} entries`;
    case 'maxItems':
      return `must have at most ${limit} entries`;
    case 'minProperties':
      return limit === '1' ? 'must not be an empty map' : `must have at least ${limit} fields`;
    case 'maxProperties':
      return `must have at most ${limit} fields`;
    case 'uniqueItems':
      return 'must not hold the same entry twice';
    case 'minimum':
      return `must be ${limit} or more`;
    case 'maximum':
      return `must be ${limit} or less`;
    case 'exclusiveMinimum':
      return `must be more than ${limit}`;
    case 'exclusiveMaximum':
      return `must be less than ${limit}`;
    case 'multipleOf':
      return `must be a multiple of ${quoted('multipleOf')}`;
    default:
      return undefined;
  }
}

/** The allowed values of an `enum` or `const`. */
export function choices({ params }: Pick<Mismatch, 'params'>): readonly unknown[] {
  const { allowedValues, allowedValue } = params;
  return isList(allowedValues) ? allowedValues : [allowedValue];
}
