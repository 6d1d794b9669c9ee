import { parseDuration } from './duration.js';
import { mapOf, mapsOf, textOf } from './pick.js';
import { isMap } from './resource.js';
import type { Resource, ResourceRef, Router, Value } from './resource.js';
import { isChangePolicy } from './plugin.js';

/** A ChangePolicy, decoded. The one that judges a change is that of the configuration in force: an edit cannot lift its own guard. */
export interface ChangePolicy {
  /** Undefined where edits need no confirmation. */
  readonly confirm?: ConfirmPolicy;
  /** Undefined where nothing is guarded. */
  readonly guard?: GuardPolicy;
}

export interface ConfirmPolicy {
  readonly defaultMs: number;
  /** A command line for `/bin/sh -c`. */
  readonly probe?: string;
}

export interface GuardPolicy {
  readonly maxRemovals?: number;
  /** 0 to 100. */
  readonly maxRemovalPercent?: number;
  readonly protected: readonly ProtectedGroup[];
  readonly sourceEmptied: boolean;
}

/** Resources of one kind; an absent apiVersion or name matches any. */
export interface ProtectedGroup {
  readonly apiVersion?: string;
  readonly kind: string;
  readonly name?: string;
}

/** The policy of a startup-config; one that asks for nothing where there is none. */
export function changePolicyOf(startup: Router | undefined): ChangePolicy {
  const resource = startup?.resources.find(isChangePolicy);
  return resource === undefined ? {} : decodeChangePolicy(resource);
}

/** Reads a validated policy. A limit that an extra schema let through in another type counts as 0: the strictest. */
export function decodeChangePolicy(resource: Resource): ChangePolicy {
  const spec = mapOf(resource['spec']);
  const { confirm, guard } = spec;
  return {
    ...(isMap(confirm) ? confirmOf(confirm) : {}),
    ...(isMap(guard)
      ? {
          guard: {
            ...limit('maxRemovals', guard['maxRemovals']),
            ...limit('maxRemovalPercent', guard['maxRemovalPercent']),
            protected: mapsOf(guard['protected']).flatMap(groupOf),
            sourceEmptied: guard['sourceEmptied'] !== false,
          },
        }
      : {}),
  };
}

export function isProtected(ref: ResourceRef, groups: readonly ProtectedGroup[]): boolean {
  return groups.some(
    ({ apiVersion = ref.apiVersion, kind, name = ref.name }) =>
      apiVersion === ref.apiVersion && kind === ref.kind && name === ref.name,
  );
}

function confirmOf(confirm: Readonly<Record<string, Value>>): Pick<ChangePolicy, 'confirm'> {
  const defaultMs = parseDuration(textOf(confirm['default']));
  if (defaultMs === undefined || defaultMs <= 0) return {};
  const probe = textOf(confirm['probe']);
  return { confirm: { defaultMs, ...(probe === '' ? {} : { probe }) } };
}

function limit<K extends string>(key: K, value: Value | undefined): Partial<Record<K, number>> {
  if (value === undefined) return {};
  const number = typeof value === 'number' && value >= 0 ? value : 0;
  // A computed key of a type parameter widens to string.
  return { [key]: number } as Record<K, number>;
}

function groupOf(entry: Readonly<Record<string, Value>>): ProtectedGroup[] {
  const [apiVersion, kind, name] = [
    textOf(entry['apiVersion']),
    textOf(entry['kind']),
    textOf(entry['name']),
  ];
  if (kind === '') return [];
  return [{ kind, ...(apiVersion === '' ? {} : { apiVersion }), ...(name === '' ? {} : { name }) }];
}
