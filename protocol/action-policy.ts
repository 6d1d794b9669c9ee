import { networkOf } from './address.js';
import type { Network } from './address.js';
import { digestOf } from './digest.js';
import { parseExecutionWindows } from './execution-window.js';
import type { ExecutionWindow } from './execution-window.js';
import { mapOf, textsOf } from './pick.js';
import { isList } from './resource.js';
import type { Resource, Value } from './resource.js';

/** A ProviderActionPolicy, decoded. Whatever it does not say is locked. */
export interface ActionPolicy {
  readonly name: string;
  /** Of the resource as written. */
  readonly digest: string;
  readonly enabled: boolean;
  readonly dryRunOnly: boolean;
  readonly requireApproval: boolean;
  readonly allowedProviders: readonly string[];
  readonly allowedActions: readonly string[];
  /** Empty for no restriction; undefined where it cannot be read, which allows nothing. */
  readonly allowedProviderRefs: readonly string[] | undefined;
  /** Empty for no restriction; undefined where it or an entry of it cannot be read, which allows nothing. */
  readonly allowedNetworks: readonly Network[] | undefined;
  readonly maxActionsPerRun: number;
  readonly allowUndo: boolean;
  /** `always` without one; undefined where it cannot be read, which is never. */
  readonly windows: readonly ExecutionWindow[] | 'always' | undefined;
}

/** Reads a policy. A field of another type than it should have counts as its most restrictive value. */
export function decodeActionPolicy(resource: Resource): ActionPolicy {
  const spec = mapOf(resource['spec']);
  const max = spec['maxActionsPerRun'];
  return {
    name: resource.metadata.name,
    digest: digestOf(resource),
    enabled: spec['enabled'] === true,
    dryRunOnly: spec['dryRunOnly'] !== false,
    requireApproval: spec['requireApproval'] !== false,
    allowedProviders: textsOf(spec['allowedProviders']),
    allowedActions: textsOf(spec['allowedActions']),
    allowedProviderRefs: restriction(spec['allowedProviderRefs'], entry => entry),
    allowedNetworks: restriction(spec['allowedCIDRs'], networkOf),
    maxActionsPerRun: typeof max === 'number' && Number.isSafeInteger(max) && max > 0 ? max : 0,
    allowUndo: spec['allowUndo'] === true,
    windows: decodeWindows(spec['executionWindow']),
  };
}

/** A list that restricts nothing where it is empty: only one that is absent, or read whole, may count as empty. */
function restriction<T>(
  value: Value | undefined,
  read: (text: string) => T | undefined,
): readonly T[] | undefined {
  if (value === undefined) return [];
  if (!isList(value)) return undefined;
  const entries = value.map(entry => (typeof entry === 'string' ? read(entry) : undefined));
  return entries.every(entry => entry !== undefined) ? entries : undefined;
}

function decodeWindows(value: Value | undefined): ActionPolicy['windows'] {
  if (value === undefined) return 'always';
  return typeof value === 'string' ? parseExecutionWindows(value) : undefined;
}
