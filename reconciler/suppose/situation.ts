import { decodeBinding, isBinding, isPlugin } from '../../protocol/plugin.js';
import type { Resource } from '../../protocol/resource.js';
import type { Situation } from '../situation.js';
import type { Suppositions } from './suppositions.js';

/**
 * The configuration without what is supposed to be gone. A plugin goes together with the DynamicConfigSource that names
 * it, as it would have to: a reference to a plugin that does not exist is an error. Permissions of an override policy
 * stay, which grant nothing to nobody. Pure.
 */
export function supposedSituation(situation: Situation, suppose: Suppositions | undefined): Situation {
  const gone = new Set(suppose?.without ?? []);
  if (gone.size === 0) return situation;
  const { startup } = situation;
  const stays = (resource: Resource): boolean => {
    if (isPlugin(resource)) return !gone.has(resource.metadata.name);
    return !isBinding(resource) || !gone.has(decodeBinding(resource).pluginRef);
  };
  return {
    ...situation,
    startup: startup === undefined ? undefined : { ...startup, resources: startup.resources.filter(stays) },
    plugins: situation.plugins.filter(({ name }) => !gone.has(name)),
    bindings: new Map([...situation.bindings].filter(([name]) => !gone.has(name))),
  };
}
