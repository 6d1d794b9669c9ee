import type { DeclaredPlugin } from '../../protocol/plugin.js';
import { fail, ok } from '../../protocol/result.js';
import type { Result } from '../../protocol/result.js';

/**
 * Which plugin lists a provider's addresses: the one that the member names, else `<provider>-inventory`, else the only one
 * with the capability. The failure names the candidates.
 */
export function chooseInventoryPlugin<T extends DeclaredPlugin>(
  { pluginRef, provider }: { readonly pluginRef: string; readonly provider: string },
  plugins: readonly T[],
): Result<T, string> {
  const can = ({ declaration }: DeclaredPlugin) =>
    declaration?.capabilities.includes('observe.providerPrivateIPs') === true;
  const wanted = pluginRef === '' ? `${provider}-inventory` : pluginRef;
  const named = plugins.find(({ name }) => name === wanted);
  if (named !== undefined && can(named)) return ok(named);
  if (pluginRef !== '') {
    return fail(
      named === undefined
        ? `there is no plugin ${pluginRef}, which ownershipDiscovery.pluginRef names`
        : `the plugin ${pluginRef} does not declare observe.providerPrivateIPs, or its manifest cannot be read`,
    );
  }
  // Of an inventory's usual name, but not able to be one, as with a manifest that is broken: no other stands in for it.
  if (named !== undefined && named.declaration === undefined)
    return fail(`the manifest of the plugin ${named.name} cannot be read`);
  const [only, ...others] = plugins.filter(can);
  if (only === undefined)
    return fail(
      `there is no inventory plugin: none is called ${wanted}, and none declares observe.providerPrivateIPs`,
    );
  if (others.length === 0) return ok(only);
  const names = [only, ...others].map(({ name }) => name).sort();
  return fail(
    `there are several inventory plugins (${names.join(', ')}) and none is called ${wanted}: set ownershipDiscovery.pluginRef`,
  );
}
