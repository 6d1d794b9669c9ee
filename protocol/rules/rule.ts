import type { Issue, Path, Reason } from '../problem.js';
import { isList, isMap } from '../resource.js';
import type { Value, ValueMap } from '../resource.js';
import { fieldText, foundText } from '../wording.js';
import type { Check } from './checks.js';

/**
 * The value rules of one kind. `fields` maps places to checks: `spec.ttl`, `spec.triggers[].every` for a field of each
 * list entry, `spec.env.*` for each value of a map. `whole` holds what one field alone cannot decide. Rules only look
 * at what is present and of the right type, so they can run after any schema.
 */
export interface KindRules {
  readonly fields: Readonly<Record<string, Check>>;
  readonly whole?: readonly ((document: ValueMap) => readonly Issue[])[];
}

/** More issues than these about one document are not collected: nobody reads them, and millions take seconds. */
export const mostIssues = 1_000;

export function applyRules(rules: KindRules, document: ValueMap): Issue[] {
  const issues: Issue[] = [];
  for (const [place, check] of Object.entries(rules.fields)) {
    for (const { value, path } of valuesAt(document, stepsOf(place))) {
      const fault = check(value);
      if (fault === undefined) continue;
      if (issues.length >= mostIssues) return issues;
      issues.push({
        ...issueAt(path, fault.reason),
        message: `${fieldText(path)} must be ${fault.expected}, but is ${foundText(value, path)}`,
        ...(fault.hint === undefined ? {} : { hint: fault.hint }),
      });
    }
  }
  for (const rule of rules.whole ?? []) issues.push(...rule(document));
  return issues;
}

/** The constant part of an issue that a rule reports. */
export function issueAt(
  path: Path,
  reason: Reason = 'InvalidValue',
): { readonly reason: Reason; readonly severity: 'error'; readonly path: Path } {
  return { reason, severity: 'error', path };
}

interface Found {
  readonly value: Value;
  readonly path: Path;
}

function stepsOf(place: string): string[] {
  return place.replaceAll('[]', '.[]').split('.');
}

/** Every value that the steps lead to, with its path. */
function valuesAt(document: Value, steps: readonly string[]): Found[] {
  let found: Found[] = [{ value: document, path: [] }];
  for (const step of steps) found = found.flatMap(at => childrenOf(at, step));
  return found;
}

function childrenOf({ value, path }: Found, step: string): Found[] {
  if (step === '[]') {
    return isList(value) ? value.map((entry, index) => ({ value: entry, path: [...path, index] })) : [];
  }
  if (!isMap(value)) return [];
  const keys = step === '*' ? Object.keys(value) : Object.hasOwn(value, step) ? [step] : [];
  return keys.flatMap(key => {
    const child = value[key];
    return child === undefined ? [] : [{ value: child, path: [...path, key] }];
  });
}
