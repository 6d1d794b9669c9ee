import { isBinding, isPlugin, decodeBinding, sourceOf, takesPart } from '../protocol/plugin.js';
import type { SourceBinding } from '../protocol/plugin.js';
import type { Place } from '../protocol/problem.js';
import { refOf } from '../protocol/resource.js';
import type { Resource, ResourceRef, Router } from '../protocol/resource.js';
import type { Checker } from '../protocol/schema/checker.js';
import type { LoadedConfig } from '../state/config/load.js';
import { configuredPlugin } from '../state/config/manifest.js';
import type { ConfiguredPlugin } from '../state/config/manifest.js';
import type { Head } from './head.js';
import { contextOf } from './inputs.js';
import type { RunnablePlugin } from './inputs.js';

/** The configuration that a pass works under. */
export interface Situation {
  /** What the operator wrote, or, where that has errors, what was accepted last; undefined where there is neither. */
  readonly startup: Router | undefined;
  /** Whether `startup` is what stands in the config directory now. */
  readonly fresh: boolean;
  readonly places: readonly { readonly resource: ResourceRef; readonly place: Place }[];
  readonly plugins: readonly ConfiguredPlugin[];
  readonly bindings: ReadonlyMap<string, Binding>;
  readonly checker: Checker;
}

export interface Binding {
  readonly resource: Resource;
  readonly source: SourceBinding;
}

/** A broken startup-config stops no lease and no plugin: the pass goes on under the last one that was accepted. */
export async function situationOf(config: LoadedConfig, head: Head): Promise<Situation> {
  const fresh = config.startup !== undefined;
  const startup = config.startup ?? head.startup();
  return {
    startup,
    fresh,
    places: fresh
      ? config.resources.map(({ resource, place }) => ({ resource: refOf(resource), place: place([]) }))
      : (head.record?.places ?? []),
    plugins: fresh || startup === undefined ? config.plugins : await acceptedPlugins(config, startup),
    bindings: new Map(
      (startup?.resources ?? []).filter(isBinding).map(resource => {
        const source = decodeBinding(resource);
        return [source.pluginRef, { resource, source }];
      }),
    ),
    checker: config.checker,
  };
}

/**
 * Manifests stand alone and are read fresh; the plugins of Router documents are those accepted last. Of two with one
 * name, which is an error by itself, the accepted one goes on.
 */
async function acceptedPlugins(config: LoadedConfig, startup: Router): Promise<ConfiguredPlugin[]> {
  const place = () => ({ file: 'startup-config.yaml' });
  const declared = await Promise.all(
    startup.resources.filter(isPlugin).map(resource => configuredPlugin({ resource, place })),
  );
  const taken = new Set(declared.map(({ name }) => name));
  return [...config.plugins.filter(({ manifest, name }) => manifest && !taken.has(name)), ...declared];
}

/** The plugin with everything that a run needs; undefined where something keeps it from running. */
export function runnable(plugin: ConfiguredPlugin, situation: Situation): RunnablePlugin | undefined {
  const { declaration, executable, resource } = plugin;
  if (declaration === undefined || executable === undefined || resource === undefined) return undefined;
  const binding = situation.bindings.get(plugin.name);
  return {
    declaration,
    resource,
    executable,
    ...(binding === undefined ? {} : { binding }),
    context: contextOf(declaration, situation.startup?.resources ?? []),
  };
}

/** Why a plugin is not runnable, beginning with its name. */
export function cannotRun({ name, problems: [problem] }: ConfiguredPlugin): string {
  return `${name} cannot run${problem === undefined ? '' : `: ${problem.message}`}`;
}

/** Whether the plugin is one that passes run: an executor or inventory plugin never gets a PluginRequest. */
export function isPassPlugin(plugin: ConfiguredPlugin): boolean {
  return plugin.declaration === undefined || takesPart(plugin.declaration);
}

/** Why a source may no longer have a part; undefined while it may. A manifest that is broken now does not end a part. */
export function unboundReason(source: string, situation: Situation): string | undefined {
  const plugin = situation.plugins.find(({ name }) => sourceOf(name) === source);
  if (plugin === undefined) return 'its plugin is gone';
  if (
    plugin.declaration !== undefined &&
    !plugin.declaration.capabilities.includes('propose.dynamicConfig')
  ) {
    return 'its plugin may no longer propose configuration';
  }
  return situation.bindings.has(plugin.name) ? undefined : 'no DynamicConfigSource names its plugin any more';
}
