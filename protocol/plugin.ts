import { mapOf, mapsOf, textsOf } from './pick.js';
import { parseDuration } from './duration.js';
import { apiVersions } from './resource.js';
import type { Resource, ResourceRef, Value } from './resource.js';

export const capabilities = [
  'observe.cloud',
  'observe.providerPrivateIPs',
  'propose.dynamicConfig',
  'propose.providerAction',
  'execute.providerAction',
] as const;
export type Capability = (typeof capabilities)[number];

/** Capabilities that make a plugin take part in a pass; executors and inventory plugins have exchanges of their own. */
const passCapabilities: readonly Capability[] = [
  'observe.cloud',
  'propose.dynamicConfig',
  'propose.providerAction',
];

export type Trigger =
  | { readonly type: 'interval'; readonly everyMs: number }
  | { readonly type: 'event'; readonly topic: string };

/** A Plugin resource, decoded: what the seed calls a manifest. */
export interface PluginDeclaration {
  readonly name: string;
  /** Absolute path. Undefined where neither the manifest nor the default of decision P1 gives one. */
  readonly executable?: string;
  readonly timeoutMs: number;
  readonly env: Readonly<Record<string, string>>;
  readonly capabilities: readonly Capability[];
  readonly triggers: readonly Trigger[];
  /** The only configuration that the plugin may read. */
  readonly context: readonly ResourceRef[];
  /** Whether the results of accepted runs are kept whole for a replay, and not their digests alone. Default false. */
  readonly record?: boolean;
}

/** A plugin by its name; the declaration is missing where the manifest cannot be read. */
export interface DeclaredPlugin {
  readonly name: string;
  readonly declaration?: PluginDeclaration;
}

/** A DynamicConfigSource resource, decoded. `ttlMs` is undefined only where an extra schema let it be left out. */
export interface SourceBinding {
  readonly name: string;
  readonly pluginRef: string;
  readonly ttlMs?: number;
  readonly triggers: readonly Trigger[];
}

/** One entry of a DynamicOverridePolicy: `source` may mask `targets`. */
export interface MaskPermission {
  readonly source: string;
  readonly targets: readonly ResourceRef[];
}

const defaultTimeoutMs = 10_000;
const defaultServiceTimeoutMs = 30_000;

export const isPlugin = (resource: Resource): boolean => is(resource, apiVersions.plugin, 'Plugin');
export const isBinding = (resource: Resource): boolean =>
  is(resource, apiVersions.plugin, 'DynamicConfigSource');
export const isOverridePolicy = (resource: Resource): boolean =>
  is(resource, apiVersions.config, 'DynamicOverridePolicy');
export const isChangePolicy = (resource: Resource): boolean =>
  is(resource, apiVersions.config, 'ChangePolicy');
export const isActionPolicy = (resource: Resource): boolean =>
  is(resource, apiVersions.hybrid, 'ProviderActionPolicy');

function is(resource: Resource, apiVersion: string, kind: string): boolean {
  return resource.apiVersion === apiVersion && resource.kind === kind;
}

/** Kinds through which the operator grants rights: a plugin may neither propose nor mask them. */
export function isOperatorOwned(ref: { readonly apiVersion: string; readonly kind: string }): boolean {
  return (
    (ref.apiVersion === apiVersions.plugin &&
      (ref.kind === 'Plugin' || ref.kind === 'DynamicConfigSource')) ||
    (ref.apiVersion === apiVersions.config &&
      (ref.kind === 'DynamicOverridePolicy' || ref.kind === 'ChangePolicy')) ||
    (ref.apiVersion === apiVersions.hybrid && ref.kind === 'ProviderActionPolicy')
  );
}

/** The decoders read validated resources; a field that an extra schema let through in another shape counts as absent. */
export function decodePlugin(resource: Resource): PluginDeclaration {
  const spec = mapOf(resource['spec']);
  const declared = textsOf(spec['capabilities']);
  const list = capabilities.filter(capability => declared.includes(capability));
  const service = list.includes('execute.providerAction') || list.includes('observe.providerPrivateIPs');
  const executable = spec['executable'];
  return {
    name: resource.metadata.name,
    ...(typeof executable === 'string' ? { executable } : {}),
    timeoutMs: duration(spec['timeout']) ?? (service ? defaultServiceTimeoutMs : defaultTimeoutMs),
    env: Object.fromEntries(
      Object.entries(mapOf(spec['env'])).filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string',
      ),
    ),
    capabilities: list,
    triggers: decodeTriggers(spec['triggers']),
    context: decodeRefs(mapOf(spec['context'])['resources']),
    ...(spec['record'] === true ? { record: true } : {}),
  };
}

export function decodeBinding(resource: Resource): SourceBinding {
  const spec = mapOf(resource['spec']);
  const ttlMs = duration(spec['ttl']);
  const pluginRef = spec['pluginRef'];
  return {
    name: resource.metadata.name,
    pluginRef: typeof pluginRef === 'string' ? pluginRef : '',
    ...(ttlMs === undefined ? {} : { ttlMs }),
    triggers: decodeTriggers(spec['triggers']),
  };
}

export function decodeMaskPermissions(resource: Resource): MaskPermission[] {
  const allow = mapOf(resource['spec'])['allow'];
  return mapsOf(allow)
    .filter(entry => textsOf(entry['operations']).includes('mask'))
    .map(entry => ({
      source: typeof entry['source'] === 'string' ? entry['source'] : '',
      targets: decodeRefs(entry['targets']),
    }));
}

/** Whether the plugin takes part in passes. An executor or inventory plugin without more never gets a PluginRequest. */
export function takesPart(plugin: PluginDeclaration): boolean {
  return passCapabilities.some(capability => plugin.capabilities.includes(capability));
}

/** The source of a plugin's parts. */
export function sourceOf(plugin: string): string {
  return `${sourcePrefix}${plugin}`;
}

/** The plugin that a person means who writes `Plugin/x`, or `x`. */
export function pluginOfSource(text: string): string {
  return text.startsWith(sourcePrefix) ? text.slice(sourcePrefix.length) : text;
}

const sourcePrefix = 'Plugin/';

function decodeTriggers(value: Value | undefined): Trigger[] {
  return mapsOf(value).flatMap((entry): Trigger[] => {
    const { type, every, topic } = entry;
    const everyMs = duration(every);
    if (type === 'interval' && everyMs !== undefined && everyMs > 0) return [{ type, everyMs }];
    if (type === 'event' && typeof topic === 'string' && topic !== '') return [{ type, topic }];
    return [];
  });
}

function decodeRefs(value: Value | undefined): ResourceRef[] {
  return mapsOf(value).flatMap(({ apiVersion, kind, name }): ResourceRef[] =>
    typeof apiVersion === 'string' && typeof kind === 'string' && typeof name === 'string'
      ? [{ apiVersion, kind, name }]
      : [],
  );
}

function duration(value: Value | undefined): number | undefined {
  return typeof value === 'string' ? parseDuration(value) : undefined;
}
