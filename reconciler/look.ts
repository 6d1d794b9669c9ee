import { sha256 } from '../protocol/digest.js';
import { sourceOf } from '../protocol/plugin.js';
import { fail, ok } from '../protocol/result.js';
import type { Result } from '../protocol/result.js';
import { printRouter } from '../render/router-yaml.js';
import { loadConfig } from '../state/config/load.js';
import type { LoadedConfig } from '../state/config/load.js';
import type { Head } from './head.js';
import type { PassFailure, PassOptions } from './pass-options.js';
import type { PlannedPlugin } from './plan-runs.js';
import type { RunOrder } from './run-plugin.js';
import { situationOf } from './situation.js';
import type { Situation } from './situation.js';
import { viewState } from './state-dir.js';
import type { StateView } from './state-dir.js';

/** Everything that a pass starts from, read without a lock. */
export interface Looked {
  readonly config: LoadedConfig;
  readonly view: StateView;
  readonly situation: Situation;
}

export async function look(
  options: Pick<PassOptions, 'config' | 'state'>,
): Promise<Result<Looked, PassFailure>> {
  const view = await viewState(options.state);
  if (!view.ok) return fail({ kind: 'state', failure: view.failure });
  const config = await loadConfig(options.config);
  return ok({ config, view: view.value, situation: await situationOf(config, view.value.head) });
}

/** What to start: one order for each plugin that is due. */
export function ordersOf(plan: readonly PlannedPlugin[], situation: Situation, head: Head): RunOrder[] {
  if (situation.startup === undefined) return [];
  const startupConfigHash = sha256(printRouter(situation.startup));
  return plan.flatMap((planned): RunOrder[] => {
    if (planned.state !== 'ready' || !planned.due.due) return [];
    const { name, plugin, inputDigest, due } = planned;
    return [
      {
        name,
        plugin,
        cause: due.cause,
        inputDigest,
        startupConfigHash,
        effectiveGeneration: head.generation,
        previousDynamicGeneration: head.record?.lastPartNumbers[sourceOf(name)] ?? 0,
      },
    ];
  });
}
