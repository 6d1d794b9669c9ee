import { decodePool, isCloudProfile, isEventGroup, isMobilityPool } from '../../protocol/mobility.js';
import type { MobilityPool, PoolMember } from '../../protocol/mobility.js';
import { isDnsLabel } from '../../protocol/names.js';
import { mapOf, textOf } from '../../protocol/pick.js';
import type { Resource } from '../../protocol/resource.js';
import { fail, ok } from '../../protocol/result.js';
import type { Result } from '../../protocol/result.js';

/** A pool with the member that this router is. */
export interface PoolScope {
  readonly pool: MobilityPool;
  readonly self: PoolMember;
  /** Of the CloudProviderProfile that the discovery names; empty where there is none. */
  readonly provider: string;
}

/** A pool of which this router cannot tell what it is in it. */
export interface PoolTrouble {
  readonly pool: string;
  readonly message: string;
}

export interface Scopes {
  readonly scopes: readonly PoolScope[];
  readonly troubles: readonly PoolTrouble[];
}

/** What the word `ownership` stands for in file names, so no node can be called that. */
const reservedNode = 'ownership';

/** Every MobilityPool of the startup-config with the member that is self; `node` is the operator's word for who that is. */
export function poolScopes(resources: readonly Resource[], node: string | undefined): Scopes {
  const scopes: PoolScope[] = [];
  const troubles: PoolTrouble[] = [];
  for (const resource of resources.filter(isMobilityPool)) {
    const pool = decodePool(resource);
    const scope = pool === undefined ? fail('its prefix cannot be read') : scopeOf(pool, resources, node);
    if (scope.ok) scopes.push(scope.value);
    else troubles.push({ pool: resource.metadata.name, message: scope.failure });
  }
  return { scopes, troubles };
}

function scopeOf(
  pool: MobilityPool,
  resources: readonly Resource[],
  node: string | undefined,
): Result<PoolScope, string> {
  const name = node === undefined ? nodeOfGroup(pool, resources) : ok(node);
  if (!name.ok) return name;
  const self = pool.members.find(({ nodeRef }) => nodeRef === name.value);
  if (self === undefined) {
    const known = pool.members.map(({ nodeRef }) => nodeRef).join(', ');
    return fail(
      `it has no member ${JSON.stringify(name.value)}; its members: ${known === '' ? 'none' : known}`,
    );
  }
  // Both become part of a file name.
  const bad = [pool.name, self.nodeRef].find(text => !isDnsLabel(text) || text === reservedNode);
  if (bad !== undefined)
    return fail(
      `${JSON.stringify(bad)} cannot be part of a file name: use a DNS label other than ${reservedNode}`,
    );
  const profile = resources.find(
    resource => isCloudProfile(resource) && resource.metadata.name === self.discovery.providerRef,
  );
  return ok({ pool, self, provider: textOf(mapOf(profile?.['spec'])['provider']) });
}

/** Who self is, by the EventGroup that the pool names, or by the only one. */
function nodeOfGroup({ groupRef }: MobilityPool, resources: readonly Resource[]): Result<string, string> {
  const groups = resources.filter(isEventGroup);
  const named = groupRef === '' ? groups : groups.filter(({ metadata }) => metadata.name === groupRef);
  const [group, another] = named;
  if (group === undefined)
    return fail(
      groupRef === ''
        ? 'nothing says which member this router is: add an EventGroup, or give --node'
        : `there is no EventGroup ${groupRef}, which would say which member this router is`,
    );
  if (another !== undefined) return fail('there are several EventGroups: set groupRef, or give --node');
  return ok(textOf(mapOf(group['spec'])['nodeName']));
}
