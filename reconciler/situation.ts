import {
  isBinding,
  isPlugin,
  decodeBinding,
  pluginOfSource,
  sourceOf,
  takesPart,
} from '../protocol/plugin.js';
import type { SourceBinding } from '../protocol/plugin.js';
import { oncePer } from '../protocol/once-per.js';
import type { Place } from '../protocol/problem.js';
import { refOf } from '../protocol/resource.js';
import type { Resource, ResourceRef, Router } from '../protocol/resource.js';
import type { Checker } from '../protocol/schema/checker.js';
import type { LoadedConfig } from '../state/config/load.js';
import { configuredPlugin } from '../state/config/manifest.js';
import type { ConfiguredPlugin } from '../state/config/manifest.js';
import { hashOfRouter } from '../render/router-yaml.js';
import type { Instant } from '../protocol/time.js';
import { controlOf } from './control/control.js';
import type { StartupOrder } from './control/order.js';
import { suspensionOfAll } from './control/suspension.js';
import { withheldOf, withholds } from './control/withheld.js';
import type { Permit, Withheld } from './control/withheld.js';
import type { Head } from './head.js';
import { contextOf } from './inputs.js';
import type { RunnablePlugin } from './inputs.js';

/** The configuration that a pass works under. */
export interface Situation {
  /** What the operator wrote, or, where that has errors or is withheld, what was accepted last; undefined where there is neither. */
  readonly startup: Router | undefined;
  /** Whether `startup` is what stands in the config directory now. */
  readonly fresh: boolean;
  readonly places: readonly { readonly resource: ResourceRef; readonly place: Place }[];
  readonly plugins: readonly ConfiguredPlugin[];
  readonly bindings: ReadonlyMap<string, Binding>;
  readonly checker: Checker;
  /** Why what stands in the config directory is not taken, though it has no errors. */
  readonly withheld?: Withheld;
  /** Whether everything is suspended: then no manifest counts as changed or gone. */
  readonly frozen?: boolean;
  /** The startupConfigHash of what stands in the config directory; undefined where that has errors. Reckons on every call. */
  readonly input?: () => string | undefined;
}

export interface Binding {
  readonly resource: Resource;
  readonly source: SourceBinding;
}

export interface SituationFacts {
  readonly now: Instant;
  readonly permit?: Permit | undefined;
  readonly answered?: boolean | undefined;
  /** Known already: what the directory holds is not taken. */
  readonly withheld?: Withheld | undefined;
  /** Takes the place of whatever the config directory holds. */
  readonly order?: Pick<StartupOrder, 'startup' | 'places'> | undefined;
}

/**
 * A startup-config that is broken or withheld stops no lease and no plugin: the pass goes on under the last one that was
 * accepted.
 */
export async function situationOf(
  config: LoadedConfig,
  head: Head,
  facts: SituationFacts,
): Promise<Situation> {
  const { order } = facts;
  const input = () => (config.startup === undefined ? undefined : hashOfRouter(config.startup));
  const withheld = order === undefined ? (facts.withheld ?? withheldInput(head, input, facts)) : undefined;
  const fresh = config.startup !== undefined && order === undefined && withheld === undefined;
  const startup = order?.startup ?? (fresh ? config.startup : head.startup());
  return {
    startup,
    fresh,
    input,
    ...(facts.permit === undefined && isFrozen(head, facts.now) ? { frozen: true } : {}),
    ...(withheld === undefined ? {} : { withheld }),
    places: fresh ? placesOf(config.resources) : (order?.places ?? head.record?.places ?? []),
    plugins: fresh || startup === undefined ? config.plugins : await acceptedPlugins(config, startup),
    bindings: bindingsOf(startup?.resources ?? []),
    checker: config.checker,
  };
}

const placesOf = oncePer((resources: LoadedConfig['resources']): Situation['places'] =>
  resources.map(({ resource, place }) => ({ resource: refOf(resource), place: place([]) })),
);

const bindingsOf = oncePer(
  (resources: readonly Resource[]): ReadonlyMap<string, Binding> =>
    new Map(
      resources.filter(isBinding).map(resource => {
        const source = decodeBinding(resource);
        return [source.pluginRef, { resource, source }];
      }),
    ),
);

/** Before the first generation there is nothing to keep. */
function isFrozen(head: Head, now: Instant): boolean {
  return head.record !== undefined && suspensionOfAll(controlOf(head).suspended, now) !== undefined;
}

function withheldInput(
  head: Head,
  input: () => string | undefined,
  { now, permit, answered }: SituationFacts,
): Withheld | undefined {
  const control = controlOf(head);
  const digest = withholds(control) ? input() : undefined;
  if (digest === undefined) return undefined;
  const accepted = head.record?.startupConfigHash;
  return withheldOf(control, { now, permit, answered, input: digest, accepted });
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
  if (situation.frozen === true) return unnamed(pluginOfSource(source), situation);
  if (plugin === undefined) return 'its plugin is gone';
  if (
    plugin.declaration !== undefined &&
    !plugin.declaration.capabilities.includes('propose.dynamicConfig')
  ) {
    return 'its plugin may no longer propose configuration';
  }
  return unnamed(plugin.name, situation);
}

function unnamed(plugin: string, { bindings }: Situation): string | undefined {
  return bindings.has(plugin) ? undefined : 'no DynamicConfigSource names its plugin any more';
}
