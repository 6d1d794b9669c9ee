import { isList, isMap } from '../resource.js';
import type { Value } from '../resource.js';
import { fieldText } from '../wording.js';
import { follow } from './pointer.js';
import type { Mismatch, Shape } from './shape.js';
import { choices } from './value-text.js';

/**
 * A failed `oneOf` or `anyOf` comes with the complaints of all its branches: noise, since the author meant one of them.
 * This keeps the complaints of the branch that came closest, and says one thing where all are equally far.
 *
 * ajv puts the complaints of the branches, one branch after the other, right before the failure itself, so it is
 * enough to know how many each branch makes: `shapeOf` runs a branch on its own.
 */
export function closestAlternatives(
  mismatches: readonly Mismatch[],
  { value, shapeOf }: { readonly value: Value; readonly shapeOf: (branch: Value) => Shape },
): Mismatch[] {
  const kept: Mismatch[] = []; // the last first
  for (let i = mismatches.length - 1; i >= 0; i--) {
    const mismatch = mismatches[i];
    if (mismatch === undefined) continue;
    const branches = branchesOf(mismatch);
    if (branches === undefined) {
      kept.push(mismatch);
      continue;
    }
    const { found = null } = follow(mismatch.instancePath, value);
    const results = branches.map(branch => shapeOf(branch)(found));
    i -= results.reduce((count, { length }) => count + length, 0);
    const chosen = severalMatched(mismatch)
      ? [{ ...mismatch, instancePath: '' }]
      : closest(
          mismatch,
          results.map(result => closestAlternatives(result, { value: found, shapeOf })),
        );
    for (const one of chosen.reverse()) {
      kept.push({ ...one, instancePath: mismatch.instancePath + one.instancePath });
    }
  }
  return kept.reverse();
}

/** The branches that were tried. `oneOf` stops at the second that matches. */
function branchesOf({ keyword, parentSchema, params }: Mismatch): readonly Value[] | undefined {
  if (keyword !== 'oneOf' && keyword !== 'anyOf') return undefined;
  const branches = isMap(parentSchema) ? parentSchema[keyword] : undefined;
  if (!isList(branches)) return undefined;
  const { passingSchemas } = params;
  return isList(passingSchemas) ? branches.slice(0, Number(passingSchemas[1]) + 1) : branches;
}

function severalMatched({ params }: Mismatch): boolean {
  return isList(params['passingSchemas']);
}

/** Paths of the result start at the value that the alternatives are about. */
function closest(failure: Mismatch, results: readonly Mismatch[][]): Mismatch[] {
  const wrongTypes = results.map(result => ofRoot(result, ['type']));
  if (wrongTypes.every(found => found.length > 0)) return [merged('type', wrongTypes.flat())];
  const possible = results.filter((_, index) => wrongTypes[index]?.length === 0);
  const wrongValues = possible.map(result => ofRoot(result, ['enum', 'const']));
  if (wrongValues.every(found => found.length > 0)) return [merged('enum', wrongValues.flat())];
  const distances = possible.map(distance);
  const least = Math.min(...distances);
  const nearest = possible.filter((_, index) => distances[index] === least);
  const [first = []] = nearest;
  if (nearest.length === 1) return first;
  return [{ ...failure, instancePath: '', params: { forms: formsOf(failure) } }];
}

function ofRoot(result: readonly Mismatch[], keywords: readonly string[]): Mismatch[] {
  return result.filter(({ instancePath, keyword }) => instancePath === '' && keywords.includes(keyword));
}

/** One complaint that allows what any of these allows. */
function merged(keyword: 'type' | 'enum', mismatches: readonly Mismatch[]): Mismatch {
  const params =
    keyword === 'type'
      ? { type: [...new Set(mismatches.flatMap(({ params }) => params['type']))] }
      : { allowedValues: [...new Set(mismatches.flatMap(choices))] };
  return { keyword, instancePath: '', params, parentSchema: null };
}

/**
 * How far a value is from a branch. A wrong constant in a field says that another branch was meant; a field missing or
 * unknown at the top says more than a mistake further down.
 */
function distance(result: readonly Mismatch[]): number {
  return result.reduce((sum, { instancePath, keyword }) => {
    const depth = instancePath.split('/').length - 1;
    if (depth === 1 && (keyword === 'const' || keyword === 'enum')) return sum + 100;
    return sum + (depth === 0 ? 10 : 1);
  }, 0);
}

/** The fields that tell the branches apart: `` `state` ``, `` `all` `` … Empty where a branch names none. */
function formsOf({ keyword, parentSchema }: Mismatch): string[] {
  const branches = isMap(parentSchema) ? parentSchema[keyword] : undefined;
  const forms = (isList(branches) ? branches : []).map(branch => {
    const required = isMap(branch) ? branch['required'] : undefined;
    return isList(required)
      ? required
          .filter(name => typeof name === 'string')
          .map(fieldText)
          .join(' and ')
      : '';
  });
  return forms.includes('') ? [] : forms;
}
