import { sourceOf } from '../protocol/plugin.js';
import { fail, ok } from '../protocol/result.js';
import type { Result } from '../protocol/result.js';
import { hashOfRouter } from '../render/router-yaml.js';
import { loadConfig, unchangedConfig } from '../state/config/load.js';
import type { ConfigMemory, LoadedConfig } from '../state/config/load.js';
import { readInbox } from '../state/inbox.js';
import { movedByHand } from './acknowledge.js';
import { previewInbox, takeInbox } from './events/intake.js';
import { listenersOf } from './events/listeners.js';
import { batchFor } from './events/queue.js';
import { numbersOf } from './head.js';
import { underHeldLeases } from './memory.js';
import type { PassFailure, PassOptions } from './pass-options.js';
import type { PlannedPlugin } from './plan-runs.js';
import type { RunOrder } from './run-plugin.js';
import { cachedConfig } from './config-cache.js';
import { governed } from './control/governed.js';
import type { Situation } from './situation.js';
import { browseState, inboxPath, viewState } from './state-dir.js';
import type { StateView } from './state-dir.js';
import { withStateLock } from './state-lock.js';

/** Everything that a pass starts from. */
export interface Looked {
  readonly config: LoadedConfig;
  readonly view: StateView;
  readonly situation: Situation;
}

export interface LookFacts {
  /** A config that was read a moment ago, by a pass that has written since and only looks at what it wrote. */
  readonly justRead?: LoadedConfig | undefined;
  /** Whether files that `stat` says are as they were count as unchanged. Default false. */
  readonly byStamps?: boolean;
}

/** Reads config and state without a lock; it takes one where events lie in the inbox, to take them in. */
export async function look(
  options: PassOptions,
  { justRead, byStamps = false }: LookFacts = {},
): Promise<Result<Looked, PassFailure>> {
  const { memory } = options;
  const found = await (options.dryRun
    ? browseState(options.state)
    : viewState(options.state, memory?.commits));
  if (!found.ok) return fail({ kind: 'state', failure: found.failure });
  const moved = await movedByHand(found.value);
  if (moved !== undefined) return fail({ kind: 'state', failure: moved });
  const view = underHeldLeases(found.value, memory);
  const known = memory?.config ?? {};
  const config =
    justRead ?? (byStamps ? await rereadConfig(options, known) : await readConfig(options, known));
  const now = options.clock();
  const { situation } = await governed({ options, config, view, now });
  const facts = { dir: options.state.path, listeners: listenersOf(situation), now };
  if (options.dryRun) {
    const queue = await previewInbox(view.queue, facts);
    return ok({ config, situation, view: { ...view, queue } });
  }
  if ((await readInbox(inboxPath(facts.dir))).length === 0) return ok({ config, situation, view });
  return withStateLock(options, async () =>
    ok({ config, situation, view: { ...view, queue: await takeInbox(facts) } }),
  );
}

/** The config directory as it is now. Only who commits nothing believes a cache. */
function readConfig({ config, state, dryRun }: PassOptions, memory: ConfigMemory): Promise<LoadedConfig> {
  return loadConfig(config, { memory, ...(dryRun ? { findKept: cachedConfig(state.path) } : {}) });
}

/** The same, where that may have been read already: it is read again if `stat` does not say that nothing has changed. */
export async function rereadConfig(options: PassOptions, memory: ConfigMemory): Promise<LoadedConfig> {
  return unchangedConfig(options.config, memory) ?? readConfig(options, memory);
}

/** What to start: one order for each plugin that is due. */
export function ordersOf(
  plan: readonly PlannedPlugin[],
  situation: Situation,
  { head, queue }: Pick<StateView, 'head' | 'queue'>,
): RunOrder[] {
  if (situation.startup === undefined) return [];
  const numbers = numbersOf(head);
  const startupConfigHash = hashOfRouter(situation.startup);
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
        events: due.cause === 'event' ? batchFor(queue, name) : [],
        previousDynamicGeneration: numbers.parts[sourceOf(name)] ?? 0,
      },
    ];
  });
}
