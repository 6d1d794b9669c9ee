import { digestOf } from './digest.js';
import { mapOf, mapsOf, textOf, textsOf } from './pick.js';
import type { ValueMap } from './resource.js';

/** An operation at a provider that a plugin suggests, decoded; what is absent is empty. */
export interface ActionPlan {
  readonly name: string;
  readonly provider: string;
  /** Name of a CloudProviderProfile, or empty. */
  readonly providerRef: string;
  readonly action: string;
  readonly target: Readonly<Record<string, string>>;
  readonly parameters: ValueMap;
  readonly undo?: { readonly action: string; readonly parameters: ValueMap };
  readonly riskLevel: string;
  readonly description: string;
  readonly preconditions: readonly ValueMap[];
  readonly expectedEffects: readonly string[];
  /** The key that the plan gives itself, as written; empty where routerd derives one. */
  readonly idempotencyKey: string;
}

/** Reads a plan that `checkActionPlan` found nothing wrong with. Fields that nobody knows are left behind. */
export function decodePlan(plan: ValueMap): ActionPlan {
  const undo = mapOf(plan['undo']);
  return {
    name: textOf(plan['name']),
    provider: textOf(plan['provider']),
    providerRef: textOf(plan['providerRef']),
    action: textOf(plan['action']),
    target: textMap(mapOf(plan['target'])),
    parameters: mapOf(plan['parameters']),
    ...(textOf(undo['action']) === ''
      ? {}
      : { undo: { action: textOf(undo['action']), parameters: mapOf(undo['parameters']) } }),
    riskLevel: textOf(plan['riskLevel']),
    description: textOf(plan['description']),
    preconditions: mapsOf(plan['preconditions']),
    expectedEffects: textsOf(plan['expectedEffects']),
    idempotencyKey: textOf(plan['idempotencyKey']),
  };
}

/** A plan as a document, without what is empty: absent and empty mean the same. decodePlan reads it back. */
export function encodePlan({ undo, ...plan }: ActionPlan): ValueMap {
  const entries = Object.entries({
    ...plan,
    ...(undo === undefined ? {} : { undo: withoutEmpty(Object.entries(undo)) }),
  });
  return withoutEmpty(entries);
}

/** Of all that a plan says: what an approval is bound to. */
export function planDigest(plan: ActionPlan): string {
  return digestOf(encodePlan(plan));
}

/** Of what would be done, whatever it is called and however it is described (decision P5). */
export function effectDigest({ provider, providerRef, action, target, parameters }: ActionPlan): string {
  return digestOf({ provider, providerRef, action, target, parameters });
}

/**
 * The key of decision P5 for a plan without one. `rolledBack` counts the executions of the same effect that were taken
 * back, so that doing, undoing and doing again works.
 */
export function derivedKey(
  { provider, providerRef, action, target, parameters }: ActionPlan,
  rolledBack: number,
): string {
  return digestOf({ provider, providerRef, action, target, parameters, rolledBack });
}

/**
 * What makes two keys the same key: case, blanks, invisible characters and the Unicode form in which somebody typed it do
 * not count. Empty for a key of nothing else, which is none.
 */
export function keyIdentity(key: string): string {
  const visible = key.normalize('NFKD').replace(/\p{Default_Ignorable_Code_Point}/gu, '');
  // Lower, upper and lower again: one case alone leaves letters apart that the other one joins, such as ß and SS.
  const folded = visible.toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ');
  return folded.normalize('NFKC').replace(/\s+/g, ' ').trim();
}

function withoutEmpty(entries: readonly [string, ValueMap[string]][]): ValueMap {
  return Object.fromEntries(
    entries.filter(
      ([, value]) =>
        value !== '' && !(typeof value === 'object' && value !== null && Object.keys(value).length === 0),
    ),
  );
}

function textMap(map: ValueMap): Record<string, string> {
  return Object.fromEntries(
    Object.entries(map).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
