import { listOf, timeOf } from './pick.js';
import { digestOf } from './digest.js';
import { byCodePoint } from './order.js';
import { apiVersions, asValue, isMap, refKey, refOf } from './resource.js';
import type { Resource, ResourceRef, Value, ValueMap } from './resource.js';
import { formatTime } from './time.js';
import type { Instant } from './time.js';

/** A request of a plugin to leave a startup resource out of the effective-config while its part lives. */
export interface MaskDirective {
  readonly op: 'mask';
  readonly target: ResourceRef;
  readonly reason?: string;
}

/** How long a part holds: from observedAt up to, not including, expiresAt. */
export interface Lease {
  readonly observedAt: Instant;
  readonly expiresAt: Instant;
}

/** An event that a plugin reports in its result. */
export interface PluginEvent {
  readonly type: string;
  readonly message?: string;
  readonly attributes?: ValueMap;
}

/** What a part says, apart from when: its digest is taken over exactly this, events left out (decision P7). */
export interface PartContent {
  readonly resources: readonly Resource[];
  readonly directives: readonly MaskDirective[];
  /** Inert: shape checked, never executed from here. */
  readonly actionPlans: readonly ValueMap[];
}

/** One source's accepted contribution. `generation` counts the source's accepted contents from 1. */
export interface Part extends PartContent, Lease {
  readonly source: string;
  readonly generation: number;
  readonly digest: string;
  readonly events: readonly PluginEvent[];
}

/** `Plugin/oci-inventory#12` */
export function partId(part: { readonly source: string; readonly generation: number }): string {
  return `${part.source}#${part.generation}`;
}

/** The file of a source's part below `parts/`: `Plugin-oci-inventory.yaml`. */
export function partFileName(source: string): string {
  return `${source.replaceAll('/', '-')}.yaml`;
}

export function isExpired(lease: Lease, now: Instant): boolean {
  return lease.expiresAt <= now;
}

/** Resources by identity, directives by target, plans by name: the order in which a plugin prints them means nothing. */
export function normalize(content: PartContent): PartContent {
  const planName = (plan: ValueMap): string => (typeof plan['name'] === 'string' ? plan['name'] : '');
  return {
    resources: [...content.resources].sort((a, b) => byCodePoint(refKey(refOf(a)), refKey(refOf(b)))),
    directives: [...content.directives].sort((a, b) => byCodePoint(refKey(a.target), refKey(b.target))),
    actionPlans: [...content.actionPlans].sort((a, b) => byCodePoint(planName(a), planName(b))),
  };
}

export function partDigest(content: PartContent): string {
  const { resources, directives, actionPlans } = normalize(content);
  return digestOf({ resources, directives: asValue(directives), actionPlans });
}

/** The DynamicConfigPart document of a part, as it stands in the state repository. */
export function encodePart(part: Part): Value {
  return {
    apiVersion: apiVersions.config,
    kind: 'DynamicConfigPart',
    metadata: { name: `${part.source.replaceAll('/', '-')}-${part.generation}` },
    spec: {
      source: part.source,
      generation: part.generation,
      observedAt: formatTime(part.observedAt),
      expiresAt: formatTime(part.expiresAt),
      digest: part.digest,
      resources: part.resources,
      directives: asValue(part.directives),
      actionPlans: part.actionPlans,
      events: asValue(part.events),
    },
  };
}

/** Reads what encodePart wrote; undefined when it is something else. */
export function decodePart(document: Value): Part | undefined {
  if (!isMap(document) || document['kind'] !== 'DynamicConfigPart') return undefined;
  const spec = document['spec'];
  if (!isMap(spec)) return undefined;
  const { source, generation, observedAt, expiresAt, digest, resources, directives, actionPlans, events } =
    spec;
  const observed = timeOf(observedAt);
  const expires = timeOf(expiresAt);
  if (typeof source !== 'string' || typeof generation !== 'number' || typeof digest !== 'string')
    return undefined;
  if (observed === undefined || expires === undefined) return undefined;
  return {
    source,
    generation,
    digest,
    observedAt: observed,
    expiresAt: expires,
    resources: listOf(resources) as unknown as readonly Resource[],
    directives: listOf(directives) as unknown as readonly MaskDirective[],
    actionPlans: listOf(actionPlans) as unknown as readonly ValueMap[],
    events: listOf(events) as unknown as readonly PluginEvent[],
  };
}
