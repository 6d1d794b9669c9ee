/** A value that YAML or JSON can hold. Integers are safe (at most 2^53 - 1 in size); there is no undefined, NaN or date. */
export type Value = null | boolean | number | string | readonly Value[] | ValueMap;
export interface ValueMap {
  readonly [key: string]: Value;
}

/** Names one resource: apiVersion, kind and metadata.name together are its identity. */
export interface ResourceRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

export interface Metadata {
  readonly name: string;
  readonly [key: string]: Value;
}

/** Shape: `{apiVersion, kind, metadata: {name, …}, spec?, …}`. What `spec` holds depends on the kind. */
export interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
  readonly [key: string]: Value;
}

/** A Router document: the envelope of a whole configuration. */
export interface Router {
  readonly name: string;
  /** `spec.reconcile`, carried for whoever applies the effective-config. */
  readonly reconcile?: ValueMap;
  readonly resources: readonly Resource[];
}

export const apiVersions = {
  router: 'routerd.net/v1alpha1',
  plugin: 'plugin.routerd.net/v1alpha1',
  config: 'config.routerd.net/v1alpha1',
  hybrid: 'hybrid.routerd.net/v1alpha1',
  providerAction: 'provideraction.routerd.net/v1alpha1',
  providerInventory: 'providerinventory.routerd.net/v1alpha1',
  mobility: 'mobility.routerd.net/v1alpha1',
  federation: 'federation.routerd.net/v1alpha1',
  net: 'net.routerd.net/v1alpha1',
  event: 'event.routerd.net/v1alpha1',
  /** What routerctl prints. */
  cli: 'cli.routerd.net/v1alpha1',
  /** Files that routerd writes for itself. */
  state: 'state.routerd.net/v1alpha1',
} as const;

export function refOf(resource: Resource): ResourceRef {
  return { apiVersion: resource.apiVersion, kind: resource.kind, name: resource.metadata.name };
}

/** The identity as a map key. Names and kinds hold no blank, so the parts cannot run into each other. */
export function refKey(ref: ResourceRef): string {
  return `${ref.apiVersion} ${ref.kind} ${ref.name}`;
}

/** The kind without its name, as a map key. */
export function kindKey(ref: { readonly apiVersion: string; readonly kind: string }): string {
  return `${ref.apiVersion} ${ref.kind}`;
}

/** `Kind/name`, the short form used in sentences. */
export function refText(ref: ResourceRef): string {
  return `${ref.kind}/${ref.name}`;
}

export function isMap(value: unknown): value is ValueMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: unknown): value is readonly Value[] {
  return Array.isArray(value);
}

/** Data of our own, made of nothing but maps, lists and scalars, as a value; TypeScript cannot see that of an interface. */
export function asValue(data: unknown): Value {
  return data as Value;
}
