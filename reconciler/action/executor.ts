import type { DeclaredPlugin } from '../../protocol/plugin.js';
import { fail, ok } from '../../protocol/result.js';
import type { Result } from '../../protocol/result.js';

const suffix = '-executor';

/** The providers that there are (PROTOCOL.md, ActionPlan). */
export const providers: readonly string[] = ['aws', 'azure', 'oci', 'gcp'];

/**
 * Which plugin carries out the actions of a provider (PROTOCOL.md, executor exchange): `<provider>-executor`, or else the
 * only executor there is, unless it is by its name another provider's. The failure names the candidates.
 */
export function chooseExecutor<T extends DeclaredPlugin>(
  provider: string,
  plugins: readonly T[],
): Result<T, string> {
  const isExecutor = ({ declaration }: DeclaredPlugin) =>
    declaration?.capabilities.includes('execute.providerAction') === true;
  const own = plugins.find(({ name }) => name === provider + suffix);
  // One that cannot be read, or is no executor any more, is not stood in for by another.
  if (own !== undefined) {
    return isExecutor(own)
      ? ok(own)
      : fail(
          `the plugin ${own.name} does not declare execute.providerAction, or its manifest cannot be read`,
        );
  }
  const executors = plugins.filter(isExecutor);
  const [only, ...others] = executors;
  if (only === undefined)
    return fail(
      `there is no executor: no plugin ${provider + suffix}, and none that declares execute.providerAction`,
    );
  if (others.length > 0) {
    const names = executors.map(({ name }) => name).sort();
    return fail(`there are several executors (${names.join(', ')}) and none is called ${provider + suffix}`);
  }
  const another = providers.find(known => known !== provider && only.name === known + suffix);
  return another === undefined ? ok(only) : fail(`the only executor, ${only.name}, is that of ${another}`);
}
