import { digestOf } from '../protocol/digest.js';
import { oncePer } from '../protocol/once-per.js';
import type { PluginDeclaration, SourceBinding } from '../protocol/plugin.js';
import { redactForPlugin } from '../protocol/redact.js';
import { isMap, refKey, refOf } from '../protocol/resource.js';
import type { Resource, Value } from '../protocol/resource.js';

/** A plugin that may run, with everything of the configuration that concerns it. */
export interface RunnablePlugin {
  readonly declaration: PluginDeclaration;
  readonly resource: Resource;
  readonly executable: { readonly realPath: string; readonly digest: string };
  readonly binding?: { readonly resource: Resource; readonly source: SourceBinding };
  /** What it may read of the startup-config, redacted. */
  readonly context: readonly Value[];
}

/** The resources of the plugin's allow-list that the startup-config holds, in the order of the list. */
export function contextOf(declaration: PluginDeclaration, resources: readonly Resource[]): Value[] {
  if (declaration.context.length === 0) return [];
  const byKey = byIdentity(resources);
  return declaration.context.flatMap((ref): Value[] => {
    const resource = byKey.get(refKey(ref));
    if (resource === undefined) return [];
    const spec = redactForPlugin(resource['spec']);
    return [{ apiVersion: ref.apiVersion, kind: ref.kind, name: ref.name, ...(isMap(spec) ? { spec } : {}) }];
  });
}

/** Made once for all the plugins that ask. */
const byIdentity = oncePer(
  (resources: readonly Resource[]): ReadonlyMap<string, Resource> =>
    new Map(resources.map(resource => [refKey(refOf(resource)), resource])),
);

/**
 * The digest of the plugin's own inputs: its declaration, its program's bytes, its binding, what it may read. A change
 * makes it due, and makes a result of a run that started before it worthless. A change elsewhere does neither.
 */
export function inputDigest(plugin: RunnablePlugin): string {
  return digestOf({
    declaration: plugin.resource,
    executable: plugin.executable.digest,
    binding: plugin.binding?.resource ?? null,
    context: plugin.context,
  });
}
