import { apiVersions, isList, isMap } from '../../protocol/resource.js';
import type { Value, ValueMap } from '../../protocol/resource.js';
import type { Path } from '../../protocol/problem.js';

interface Sample extends ValueMap {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ValueMap;
  readonly spec: ValueMap;
}

/** A good resource of each kind that ships, with as many fields as go together. */
export const samples = {
  Plugin: resource('plugin', 'Plugin', {
    executable: '/usr/local/libexec/routerd/plugins/oci-inventory/bin/oci-inventory',
    timeout: '10s',
    env: { REGION: 'eu-1' },
    capabilities: ['observe.cloud', 'propose.dynamicConfig'],
    triggers: [
      { type: 'interval', every: '300s' },
      { type: 'event', topic: 'routerd.cloud.oci.refresh' },
    ],
    context: { resources: [ref('RemoteAddressClaim')] },
  }),
  DynamicConfigSource: resource('plugin', 'DynamicConfigSource', {
    pluginRef: 'oci-inventory',
    ttl: '300s',
    mergePolicy: { conflict: 'reject' },
    triggers: [{ type: 'interval', every: '1h30m' }],
  }),
  DynamicOverridePolicy: resource('config', 'DynamicOverridePolicy', {
    allow: [{ source: 'Plugin/oci-inventory', operations: ['mask'], targets: [ref('IPv4Route')] }],
  }),
  ChangePolicy: resource('config', 'ChangePolicy', {
    confirm: { default: '10m', probe: 'ping -c1 192.0.2.1' },
    guard: {
      maxRemovals: 5,
      maxRemovalPercent: 25,
      protected: [{ apiVersion: 'net.routerd.net/v1alpha1', kind: 'IPv4Route', name: 'uplink' }],
      sourceEmptied: true,
    },
  }),
  RemoteAddressClaim: resource('hybrid', 'RemoteAddressClaim', {
    domainRef: 'cloudedge-same-subnet',
    address: '10.0.1.123/32',
    ownerSide: 'cloud',
    capture: {
      type: 'provider-secondary-ip',
      providerRef: 'oci-prod',
      strategy: 'secondary-ip',
      excludeAddresses: ['10.0.1.1', '10.0.1.64/26'],
    },
    delivery: { peerRef: 'cloud-main', mode: 'route', tunnelInterface: 'wg-hybrid' },
  }),
  CloudProviderProfile: resource('hybrid', 'CloudProviderProfile', {
    provider: 'oci',
    capabilities: ['vnic-secondary-ip'],
    auth: { mode: 'external-command', command: '/usr/local/bin/oci-auth' },
  }),
  ProviderActionPolicy: resource('hybrid', 'ProviderActionPolicy', {
    enabled: true,
    dryRunOnly: false,
    requireApproval: true,
    allowedProviders: ['oci'],
    allowedActions: ['assign-secondary-ip'],
    allowedProviderRefs: ['oci-prod'],
    allowedCIDRs: ['10.77.60.0/24'],
    maxActionsPerRun: 8,
    allowUndo: true,
    executionWindow: 'Mon-Fri 22:00-04:00 Asia/Tokyo',
  }),
  MobilityPool: resource('mobility', 'MobilityPool', {
    prefix: '10.77.60.0/24',
    groupRef: 'cloudedge',
    membersFrom: [{ resource: 'SAMNodeSet/cloudedge' }],
    members: [
      {
        nodeRef: 'oci-router',
        site: 'oci',
        role: 'cloud',
        capture: { type: 'provider-secondary-ip', interface: 'ens3', target: { region: 'eu-1' } },
        ownershipDiscovery: {
          mode: 'provider-private-ip',
          scanInterval: '60s',
          leaseTTL: '10m',
          scope: {
            includePrimary: false,
            includeAddresses: ['10.77.60.0/25'],
            excludeAddresses: ['10.77.60.1'],
          },
          selector: { tags: { tier: 'app' } },
        },
        staticOwnedAddresses: ['10.77.60.10/32'],
      },
    ],
    staticHandovers: [{ address: '10.77.60.11', fromNodeRef: 'onprem', toNodeRef: 'oci-router' }],
  }),
  EventGroup: resource('federation', 'EventGroup', {
    nodeName: 'oci-router',
    listen: { address: '10.99.0.4', port: 9443 },
  }),
  IPv4Route: resource('net', 'IPv4Route', {
    destination: '10.0.1.0/24',
    type: 'unicast',
    device: 'eth0',
    gateway: '10.0.0.1',
    preferredSource: '10.0.0.2',
    metric: 80,
    dependsOn: [{ resource: 'Interface/eth0', phase: 'Ready' }],
  }),
  DynamicConfigPart: {
    ...resource('config', 'DynamicConfigPart', {
      source: 'Plugin/oci-inventory',
      generation: 12,
      observedAt: '2026-05-29T12:00:00Z',
      expiresAt: '2026-05-29T12:05:00Z',
      digest: `sha256:${'0'.repeat(64)}`,
      resources: [],
      directives: [{ op: 'mask', target: ref('IPv4Route') }],
    }),
    metadata: { name: 'Plugin-oci-inventory-12' },
  },
  Event: resource('event', 'Event', {
    topic: 'routerd.cloud.oci.refresh',
    time: '2026-05-29T12:00:00Z',
    source: 'cron',
    attributes: { region: 'eu-1' },
  }),
} satisfies Readonly<Record<string, Sample>>;

export type SampleKind = keyof typeof samples;

function resource(group: keyof typeof apiVersions, kind: string, spec: ValueMap): Sample {
  return { apiVersion: apiVersions[group], kind, metadata: { name: 'sample' }, spec };
}

function ref(kind: string): ValueMap {
  return { apiVersion: apiVersions.net, kind, name: 'sample' };
}

/** A copy with another value at a path; undefined takes the entry away. */
export function changed(value: Value, path: Path, to: Value | undefined): Value {
  const [step, ...rest] = path;
  if (step === undefined) return to ?? null;
  if (isList(value)) {
    return value.map((entry, index) => (index === step ? changed(entry, rest, to) : entry));
  }
  const map: Record<string, Value> = isMap(value) ? { ...value } : {};
  const key = String(step);
  if (rest.length === 0 && to === undefined) {
    return Object.fromEntries(Object.entries(map).filter(([name]) => name !== key));
  }
  map[key] = changed(map[key] ?? {}, rest, to);
  return map;
}
