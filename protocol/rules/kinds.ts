import { apiVersions, kindKey } from '../resource.js';
import {
  absolutePath,
  addressOrCidr,
  apiVersionText,
  commandLine,
  digest,
  executionWindow,
  fileName,
  hostCidr,
  integerFrom,
  ipv4Address,
  ipv4Network,
  kindText,
  network,
  percentage,
  positiveDuration,
  resourceName,
  time,
  topic,
  withoutNul,
} from './checks.js';
import { nextHop } from './ipv4-route.js';
import { partName } from './part.js';
import { completeTriggers, envNames } from './plugin.js';
import type { KindRules } from './rule.js';

/** What holds for every resource, whether its kind is known or not. */
export const envelopeRules: KindRules = {
  fields: { apiVersion: apiVersionText, kind: kindText, 'metadata.name': resourceName },
};

/** The value rules of the kinds that ship; they hold whichever schema describes the shape. */
const byKind: Readonly<Record<string, KindRules>> = {
  [key('plugin', 'Plugin')]: {
    fields: {
      'metadata.name': fileName,
      'spec.executable': absolutePath,
      'spec.timeout': positiveDuration,
      'spec.env.*': withoutNul,
      'spec.triggers[].every': positiveDuration,
      'spec.triggers[].topic': topic,
    },
    whole: [envNames, completeTriggers],
  },
  [key('plugin', 'DynamicConfigSource')]: {
    fields: {
      'spec.ttl': positiveDuration,
      'spec.triggers[].every': positiveDuration,
      'spec.triggers[].topic': topic,
    },
    whole: [completeTriggers],
  },
  [key('config', 'ChangePolicy')]: {
    fields: {
      'spec.confirm.default': positiveDuration,
      'spec.confirm.probe': commandLine,
      'spec.guard.maxRemovals': integerFrom(0),
      'spec.guard.maxRemovalPercent': percentage,
    },
  },
  [key('config', 'DynamicConfigPart')]: {
    fields: {
      'spec.generation': integerFrom(1),
      'spec.observedAt': time,
      'spec.expiresAt': time,
      'spec.digest': digest,
    },
    whole: [partName],
  },
  [key('hybrid', 'RemoteAddressClaim')]: {
    fields: { 'spec.address': hostCidr, 'spec.capture.excludeAddresses[]': addressOrCidr },
  },
  [key('hybrid', 'ProviderActionPolicy')]: {
    fields: {
      'spec.allowedCIDRs[]': network,
      'spec.maxActionsPerRun': integerFrom(0),
      'spec.executionWindow': executionWindow,
    },
  },
  [key('mobility', 'MobilityPool')]: {
    fields: {
      'spec.prefix': ipv4Network,
      'spec.members[].ownershipDiscovery.scanInterval': positiveDuration,
      'spec.members[].ownershipDiscovery.leaseTTL': positiveDuration,
      'spec.members[].ownershipDiscovery.scope.includeAddresses[]': addressOrCidr,
      'spec.members[].ownershipDiscovery.scope.excludeAddresses[]': addressOrCidr,
      'spec.members[].staticOwnedAddresses[]': addressOrCidr,
      'spec.staticHandovers[].address': addressOrCidr,
    },
  },
  [key('net', 'IPv4Route')]: {
    fields: {
      'spec.destination': ipv4Network,
      'spec.gateway': ipv4Address,
      'spec.preferredSource': ipv4Address,
      'spec.metric': integerFrom(0),
    },
    whole: [nextHop],
  },
  [key('event', 'Event')]: { fields: { 'spec.topic': topic, 'spec.time': time } },
};

function key(group: keyof typeof apiVersions, kind: string): string {
  return kindKey({ apiVersion: apiVersions[group], kind });
}

export function rulesOf(ref: { readonly apiVersion: string; readonly kind: string }): KindRules | undefined {
  const found = kindKey(ref);
  return Object.hasOwn(byKind, found) ? byKind[found] : undefined;
}
