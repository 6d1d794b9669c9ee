import { decodeBinding, isBinding, isPlugin } from '../../protocol/plugin.js';
import type { Resource } from '../../protocol/resource.js';
import type { LoadedConfig } from '../../state/config/load.js';
import type { Suppositions } from './suppositions.js';

/**
 * The config directory without what is supposed to be gone, so that a pass judges it as an edit like any other. A plugin
 * goes together with the DynamicConfigSource that names it, as it would have to: a reference to a plugin that does not
 * exist is an error. Permissions of an override policy stay, which grant nothing to nobody. Where the directory is broken
 * or withheld, the accepted startup-config stays as it is, as it would after an edit. Pure.
 */
export function supposedConfig(config: LoadedConfig, suppose: Suppositions | undefined): LoadedConfig {
  const gone = new Set(suppose?.without ?? []);
  if (gone.size === 0) return config;
  const stays = (resource: Resource): boolean =>
    isPlugin(resource)
      ? !gone.has(resource.metadata.name)
      : !isBinding(resource) || !gone.has(decodeBinding(resource).pluginRef);
  const { startup } = config;
  return {
    ...config,
    startup: startup === undefined ? undefined : { ...startup, resources: startup.resources.filter(stays) },
    resources: config.resources.filter(({ resource }) => stays(resource)),
    plugins: config.plugins.filter(({ name }) => !gone.has(name)),
  };
}
