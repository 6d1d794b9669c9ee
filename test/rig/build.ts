import { partDigest } from '../../protocol/part.js';
import type { MaskDirective, Part } from '../../protocol/part.js';
import type { Resource, ResourceRef, Router, ValueMap } from '../../protocol/resource.js';
import { apiVersions } from '../../protocol/resource.js';

/** Builders of documents for tests of the pure parts: the smallest valid thing, with what the test is about on top. */

export function route(name: string, spec: ValueMap = {}): Resource {
  return {
    apiVersion: apiVersions.net,
    kind: 'IPv4Route',
    metadata: { name },
    spec: { destination: '10.0.0.0/8', device: 'eth0', ...spec },
  };
}

export function refTo(resource: Resource): ResourceRef {
  return { apiVersion: resource.apiVersion, kind: resource.kind, name: resource.metadata.name };
}

export function router(...resources: Resource[]): Router {
  return { name: 'r', resources };
}

export function binding(pluginRef: string, ttl = '300s'): Resource {
  return {
    apiVersion: apiVersions.plugin,
    kind: 'DynamicConfigSource',
    metadata: { name: pluginRef },
    spec: { pluginRef, ttl },
  };
}

export function maskPolicy(source: string, ...targets: Resource[]): Resource {
  return {
    apiVersion: apiVersions.config,
    kind: 'DynamicOverridePolicy',
    metadata: { name: `allow-${source.replace('/', '-')}` },
    spec: {
      allow: [{ source, operations: ['mask'], targets: targets.map(target => ({ ...refTo(target) })) }],
    },
  };
}

export function maskOf(target: Resource, reason?: string): MaskDirective {
  return { op: 'mask', target: refTo(target), ...(reason === undefined ? {} : { reason }) };
}

/** A part that was observed at 0 and holds until 1,000. */
export function part(name: string, content: Partial<Omit<Part, 'source' | 'digest'>> = {}): Part {
  const body = {
    resources: content.resources ?? [],
    directives: content.directives ?? [],
    actionPlans: content.actionPlans ?? [],
  };
  return {
    source: `Plugin/${name}`,
    generation: 1,
    observedAt: 0,
    expiresAt: 1_000,
    events: [],
    ...content,
    ...body,
    digest: partDigest(body),
  };
}
