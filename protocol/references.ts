import {
  decodeBinding,
  isActionPolicy,
  isBinding,
  isChangePolicy,
  isOverridePolicy,
  isPlugin,
  sourceOf,
} from './plugin.js';
import type { PluginDeclaration, SourceBinding } from './plugin.js';
import type { Path, Problem } from './problem.js';
import { durationText } from './duration.js';
import { sensitivity } from './redact.js';
import { isList, isMap, refOf } from './resource.js';
import type { Resource, Value } from './resource.js';
import type { LocatedResource } from './startup.js';

/** What the checks across resources need to know about plugins. */
export interface KnownPlugins {
  /** Names that count as known, those of broken manifests included. */
  readonly names: ReadonlySet<string>;
  readonly declarations: readonly PluginDeclaration[];
}

/** Checks that no single resource can answer: references, what may exist once, leases against intervals, secrets. */
export function checkTogether(resources: readonly LocatedResource[], plugins: KnownPlugins): Problem[] {
  return [
    ...unknownPlugins(resources, plugins),
    ...second(
      resources.filter(({ resource }) => isBinding(resource)),
      {
        keyOf: ({ resource }) => decodeBinding(resource).pluginRef,
        path: ['spec', 'pluginRef'],
        reason: 'DuplicateBinding',
        message: () => 'another DynamicConfigSource names the same Plugin',
        hint: 'keep one of them: the source of a part is the plugin',
      },
    ),
    ...[isActionPolicy, isChangePolicy].flatMap(only =>
      second(
        resources.filter(({ resource }) => only(resource)),
        {
          keyOf: () => '',
          path: [],
          reason: 'DuplicatePolicy',
          message: ({ resource }) => `there is another ${resource.kind}`,
          hint: 'merge them into one',
        },
      ),
    ),
    ...shortLeases(resources, plugins),
    ...resources.flatMap(inlineSecrets),
  ];
}

function unknownPlugins(resources: readonly LocatedResource[], plugins: KnownPlugins): Problem[] {
  const problems: Problem[] = [];
  for (const { resource, place } of resources) {
    if (isBinding(resource)) {
      const { pluginRef } = decodeBinding(resource);
      if (pluginRef === '' || plugins.names.has(pluginRef)) continue;
      problems.push({
        reason: 'UnknownReference',
        severity: 'error',
        message: `there is no Plugin of this name: ${JSON.stringify(pluginRef)}`,
        hint: knownText(plugins.names),
        place: place(['spec', 'pluginRef']),
        resource: refOf(resource),
        field: 'spec.pluginRef',
      });
    }
    if (isOverridePolicy(resource)) {
      const spec = resource['spec'];
      const allow = isMap(spec) && isList(spec['allow']) ? spec['allow'] : [];
      allow.forEach((entry, i) => {
        const source = isMap(entry) ? entry['source'] : undefined;
        if (typeof source !== 'string' || [...plugins.names].some(name => sourceOf(name) === source)) return;
        problems.push({
          reason: 'UnknownReference',
          severity: 'warning',
          message: `no Plugin has this source: ${JSON.stringify(source)}`,
          hint: `a source is written ${sourceOf('<name>')}; ${knownText(plugins.names)}`,
          place: place(['spec', 'allow', i, 'source']),
          resource: refOf(resource),
          field: `spec.allow[${i}].source`,
        });
      });
    }
  }
  return problems;
}

function knownText(names: ReadonlySet<string>): string {
  return names.size === 0 ? 'there is no plugin at all' : `known plugins: ${[...names].sort().join(', ')}`;
}

interface OnceRule {
  readonly keyOf: (located: LocatedResource) => string;
  readonly path: Path;
  readonly reason: 'DuplicateBinding' | 'DuplicatePolicy';
  readonly message: (located: LocatedResource) => string;
  readonly hint: string;
}

/** Every resource after the first with the same key, with the place of that first one. */
function second(resources: readonly LocatedResource[], rule: OnceRule): Problem[] {
  const first = new Map<string, LocatedResource>();
  return resources.flatMap((located): Problem[] => {
    const key = rule.keyOf(located);
    const other = first.get(key);
    if (other === undefined) {
      first.set(key, located);
      return [];
    }
    return [
      {
        reason: rule.reason,
        severity: 'error',
        message: rule.message(located),
        hint: rule.hint,
        place: located.place(rule.path),
        related: [{ message: 'first here', place: other.place(rule.path) }],
        resource: refOf(located.resource),
      },
    ];
  });
}

/** With a lease shorter than the interval, what the plugin proposed goes out of force between two runs. */
function shortLeases(resources: readonly LocatedResource[], plugins: KnownPlugins): Problem[] {
  return resources
    .filter(({ resource }) => isBinding(resource))
    .flatMap(({ resource, place }): Problem[] => {
      const binding = decodeBinding(resource);
      const everyMs = intervalOf(
        plugins.declarations.find(({ name }) => name === binding.pluginRef),
        binding,
      );
      if (binding.ttlMs === undefined || everyMs === undefined || binding.ttlMs >= everyMs) return [];
      return [
        {
          reason: 'LeaseShorterThanInterval',
          severity: 'warning',
          message: `the lease of ${durationText(binding.ttlMs)} ends before the next run, ${durationText(everyMs)} after the last`,
          hint: 'let ttl be at least as long as every',
          place: place(['spec', 'ttl']),
          resource: refOf(resource),
          field: 'spec.ttl',
        },
      ];
    });
}

/** The shortest interval of a plugin's own triggers and those that its binding adds; undefined without any. */
export function intervalOf(
  plugin: PluginDeclaration | undefined,
  binding: SourceBinding | undefined,
): number | undefined {
  const every = [...(plugin?.triggers ?? []), ...(binding?.triggers ?? [])].flatMap(trigger =>
    trigger.type === 'interval' ? [trigger.everyMs] : [],
  );
  return every.length === 0 ? undefined : Math.min(...every);
}

/** Keys that hold the name or the place of a secret rather than the secret. */
const pointsElsewhere = /(?:refs?|names?|files?|paths?|from)$/i;

/** Resources without a secret in them. They never change, so they need no second look. */
const innocent = new WeakSet<Resource>();

/** Whether nothing in a resource looks like a secret that is written out. */
export function isInnocent(resource: Resource): boolean {
  return inlineSecrets({ resource, place: () => ({ file: '' }) }).length === 0;
}

/** Takes somebody's word for that. */
export function takeForInnocent(resource: Resource): void {
  innocent.add(resource);
}

function inlineSecrets({ resource, place }: LocatedResource): Problem[] {
  if (innocent.has(resource)) return [];
  const problems: Problem[] = [];
  visit(resource['spec'], ['spec']);
  if (problems.length === 0) innocent.add(resource);
  return problems;

  function visit(value: Value | undefined, path: Path): void {
    if (isList(value)) {
      value.forEach((item, i) => {
        visit(item, [...path, i]);
      });
    }
    if (!isMap(value)) return;
    for (const [key, item] of Object.entries(value)) {
      const here = [...path, key];
      if (sensitivity(key, item) === 'secret' && !pointsElsewhere.test(key) && holdsText(item)) {
        problems.push({
          reason: 'InlineSecret',
          severity: 'warning',
          message: `${key} looks like a secret that is written out`,
          hint: isPluginEnv(resource, path)
            ? 'let the program read it from a file that only it may read'
            : `keep it in a file or variable: ${key}From: {file: …} or {env: …}`,
          place: place(here, 'key'),
          resource: refOf(resource),
        });
      } else visit(item, here);
    }
  }
}

/** The environment of a plugin holds texts alone: no …From can stand there. */
function isPluginEnv(resource: Resource, path: Path): boolean {
  return isPlugin(resource) && path[1] === 'env';
}

function holdsText(value: Value): boolean {
  if (isList(value)) return value.some(holdsText);
  return typeof value === 'string' && value !== '';
}
