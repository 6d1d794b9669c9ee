import { apiVersions, kindKey } from '../resource.js';

/**
 * What a kind is for. `resource`: stands in a configuration. `document`: holds resources. `record`: a file that
 * routerd or a sender of events writes, in the shape of a resource. `message`: passes between routerd and a plugin.
 */
export type KindRole = 'resource' | 'document' | 'record' | 'message';

export interface ShippedKind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly title: string;
  readonly role: KindRole;
  /** Name of its schema, `schemas/<schema>.json`. */
  readonly schema: string;
}

const {
  router,
  plugin,
  config,
  hybrid,
  mobility,
  federation,
  net,
  event,
  providerAction,
  providerInventory,
} = apiVersions;

/** Every kind that has a schema of ours. */
export const shippedKinds: readonly ShippedKind[] = [
  shipped(router, 'Router', 'document'),
  shipped(plugin, 'Plugin', 'resource'),
  shipped(plugin, 'DynamicConfigSource', 'resource'),
  shipped(config, 'DynamicOverridePolicy', 'resource'),
  shipped(config, 'ChangePolicy', 'resource'),
  shipped(hybrid, 'RemoteAddressClaim', 'resource'),
  shipped(hybrid, 'CloudProviderProfile', 'resource'),
  shipped(hybrid, 'ProviderActionPolicy', 'resource'),
  shipped(mobility, 'MobilityPool', 'resource'),
  shipped(federation, 'EventGroup', 'resource'),
  shipped(net, 'IPv4Route', 'resource'),
  shipped(config, 'DynamicConfigPart', 'record'),
  shipped(event, 'Event', 'record'),
  shipped(plugin, 'PluginRequest', 'message'),
  shipped(plugin, 'PluginResult', 'message'),
  shipped(providerAction, 'ExecuteActionRequest', 'message'),
  shipped(providerAction, 'ExecuteActionResult', 'message'),
  shipped(providerInventory, 'ObservePrivateIPsRequest', 'message'),
  shipped(providerInventory, 'ObservePrivateIPsResult', 'message'),
];

function shipped(apiVersion: string, kind: string, role: KindRole): ShippedKind {
  return { apiVersion, kind, title: kind, role, schema: schemaName(kind) };
}

/** `IPv4Route` → `ipv4-route`, `ObservePrivateIPsRequest` → `observe-private-ips-request`. */
function schemaName(kind: string): string {
  return kind
    .replace('IPv4', 'Ipv4')
    .replace('IPs', 'Ips')
    .replace(/(?<=[a-z0-9])[A-Z]/g, letter => `-${letter}`)
    .toLowerCase();
}

const byKey = new Map(shippedKinds.map(kind => [kindKey(kind), kind]));

export function shippedKind(ref: {
  readonly apiVersion: string;
  readonly kind: string;
}): ShippedKind | undefined {
  return byKey.get(kindKey(ref));
}
