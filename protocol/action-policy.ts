import { networkOf } from './address.js';
import type { Network } from './address.js';
import { digestOf } from './digest.js';
import { parseExecutionWindows } from './execution-window.js';
import type { ExecutionWindow } from './execution-window.js';
import { listOf, mapOf, textsOf } from './pick.js';
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
  /** Empty for no restriction. */
  readonly allowedProviderRefs: readonly string[];
  /** Empty for no restriction; undefined where an entry cannot be read, which allows nothing. */
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
  const networks = listOf(spec['allowedCIDRs']).map(entry =>
    typeof entry === 'string' ? networkOf(entry) : undefined,
  );
  return {
    name: resource.metadata.name,
    digest: digestOf(resource),
    enabled: spec['enabled'] === true,
    dryRunOnly: spec['dryRunOnly'] !== false,
    requireApproval: spec['requireApproval'] !== false,
    allowedProviders: textsOf(spec['allowedProviders']),
    allowedActions: textsOf(spec['allowedActions']),
    allowedProviderRefs: textsOf(spec['allowedProviderRefs']),
    allowedNetworks: networks.every(network => network !== undefined) ? networks : undefined,
    maxActionsPerRun: typeof max === 'number' && Number.isSafeInteger(max) && max > 0 ? max : 0,
    allowUndo: spec['allowUndo'] === true,
    windows: decodeWindows(spec['executionWindow']),
  };
}

function decodeWindows(value: Value | undefined): ActionPolicy['windows'] {
  if (value === undefined || value === null) return 'always';
  return typeof value === 'string' ? parseExecutionWindows(value) : undefined;
}
