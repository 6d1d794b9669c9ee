import type { Instant } from '../../protocol/time.js';
import { controlOf } from '../control/control.js';
import { suspensionOf } from '../control/suspension.js';
import type { Suspension } from '../control/suspension.js';
import type { Head } from '../head.js';
import { runChild } from '../plugin/child/run-child.js';
import { readOutput } from '../plugin/output.js';
import { cannotRun, runnable } from '../situation.js';
import type { Situation } from '../situation.js';
import { failedScan, observeRequest, readObservation } from './exchange.js';
import type { ScanOutcome } from './exchange.js';
import { chooseInventoryPlugin } from './inventory-plugin.js';
import type { PoolScope } from './scope.js';
import type { FinishedScan } from './settle.js';

export interface ScanContext {
  readonly situation: Situation;
  readonly clock: () => Instant;
  /** PATH for the plugin. */
  readonly searchPath: string;
  readonly signal?: AbortSignal | undefined;
}

/** Why the inventory plugin of a pool is not to be started now; undefined where nobody has suspended it. */
export function scanSuspension(
  { self, provider }: PoolScope,
  { head, situation }: { readonly head: Pick<Head, 'files'>; readonly situation: Situation },
  now: Instant,
): { readonly name: string; readonly suspension: Suspension } | undefined {
  const chosen = chooseInventoryPlugin({ pluginRef: self.discovery.pluginRef, provider }, situation.plugins);
  if (!chosen.ok) return undefined;
  const { name } = chosen.value;
  const suspension = suspensionOf(controlOf(head).suspended, name, now);
  return suspension === undefined ? undefined : { name, suspension };
}

/** Asks the inventory plugin of a pool once. Never rejects for anything that the plugin does; no plugin is a failure too. */
export async function scanPool(scope: PoolScope, context: ScanContext): Promise<FinishedScan> {
  const { pool, self, provider } = scope;
  const { situation, clock, searchPath, signal } = context;
  const startedAt = clock();
  const finished = (plugin: string, outcome: ScanOutcome): FinishedScan => ({
    pool: pool.name,
    node: self.nodeRef,
    plugin,
    startedAt,
    outcome,
  });
  if (provider === '')
    return finished(
      '',
      failedScan(
        self.discovery.providerRef === ''
          ? 'nothing says which provider to ask: set ownershipDiscovery.providerRef'
          : `there is no CloudProviderProfile ${self.discovery.providerRef}, which would say which provider to ask`,
      ),
    );
  const chosen = chooseInventoryPlugin({ pluginRef: self.discovery.pluginRef, provider }, situation.plugins);
  if (!chosen.ok) return finished('', failedScan(chosen.failure));
  const { name } = chosen.value;
  const plugin = runnable(chosen.value, situation);
  if (plugin === undefined) return finished(name, failedScan(`the plugin ${cannotRun(chosen.value)}`));
  const { outcome, stdout } = await runChild({
    executable: plugin.executable.realPath,
    env: plugin.declaration.env,
    input: observeRequest(scope, plugin.context),
    timeoutMs: plugin.declaration.timeoutMs,
    path: searchPath,
    signal,
  });
  if (outcome.error !== null) return finished(name, failedScan(outcome.error.message));
  const output = readOutput('stdout', stdout);
  if (output.ok) return finished(name, readObservation(output.value));
  return finished(name, failedScan(output.failure.map(({ message }) => message).join('; ')));
}
