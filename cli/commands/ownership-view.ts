import { fail, ok } from '../../protocol/result.js';
import type { Result } from '../../protocol/result.js';
import { oneLine, printable } from '../../protocol/text.js';
import type { Instant } from '../../protocol/time.js';
import { emptyQueue } from '../../reconciler/events/queue.js';
import { previewInbox } from '../../reconciler/events/intake.js';
import { listenersOf, ownershipListener } from '../../reconciler/events/listeners.js';
import type { EventQueue } from '../../reconciler/events/queue.js';
import type { Head } from '../../reconciler/head.js';
import { viewOwnership } from '../../reconciler/ownership/perform.js';
import type { PoolScope, PoolTrouble } from '../../reconciler/ownership/scope.js';
import { settleOwnership } from '../../reconciler/ownership/settle.js';
import type { OwnershipSituation, PoolView } from '../../reconciler/ownership/settle.js';
import { situationOf } from '../../reconciler/situation.js';
import type { Situation } from '../../reconciler/situation.js';
import { browseConfig } from '../../reconciler/config-cache.js';
import { loadConfig } from '../../state/config/load.js';
import type { LoadedConfig } from '../../state/config/load.js';
import type { Store } from '../../state/git/store.js';
import { settingsOf } from '../settings.js';
import type { Settings } from '../settings.js';
import type { CommandContext, OutputOptions } from './context.js';
import { openHistory } from './view.js';
import type { ReadFrom } from './view.js';

/** What is known about the pools of this router, read without a lock. */
export interface OpenedPools {
  readonly settings: Settings;
  readonly store: Store;
  readonly head: Head;
  readonly config: LoadedConfig;
  readonly situation: Situation;
  readonly known: OwnershipSituation & { readonly troubles: readonly PoolTrouble[] };
  /** As they stand now, under what was committed: leases that have ended since count as ended. */
  readonly pools: readonly PoolView[];
  /** Everything that waits, what lies in the inbox included. */
  readonly queue: EventQueue;
  readonly now: Instant;
}

/** Reads what a command about pools needs; what keeps it from that has been said when it fails. */
export async function openPools(
  options: OutputOptions,
  context: CommandContext,
  from: ReadFrom = 'cache',
): Promise<Result<OpenedPools, 'said'>> {
  const history = await openHistory(options, context, from);
  if (!history.ok) return fail('said');
  const { head, store, queue: waiting } = history.value;
  const settings = await settingsOf(options, context.env);
  const config = await (from === 'cache' ? browseConfig : loadConfig)(settings.config);
  const now = context.clock();
  const situation = await situationOf(config, head, { now });
  const dir = settings.state.path;
  const known = await viewOwnership({ dir, head, situation, queue: emptyQueue, node: settings.node }, now);
  const queue = await previewInbox(waiting, { dir, listeners: listenersOf(situation), now });
  const { pools } = settleOwnership(known, now);
  return ok({ settings, store, head, config, situation, known, pools, queue, now });
}

/** Events of other nodes that nobody has taken in yet. */
export function eventsWaiting({ queue }: Pick<OpenedPools, 'queue'>): number {
  return queue.waiting.filter(({ plugin }) => plugin === ownershipListener).length;
}

/** The pool of this name; says why there is none. */
export function poolOf(name: string, opened: OpenedPools, context: CommandContext): PoolView | undefined {
  const { known, pools } = opened;
  const found = pools.find(({ scope }) => scope.pool.name === name);
  if (found !== undefined) return found;
  const trouble = known.troubles.find(({ pool }) => pool === name);
  if (trouble !== undefined) sayTrouble(trouble, context);
  else context.io.note(`routerctl: ${noSuchPool(name, known.scopes, known.troubles)}\n`);
  return undefined;
}

export function sayTrouble({ pool, message }: PoolTrouble, { io }: CommandContext): void {
  io.note(`routerctl: pool ${printable(pool)}: ${oneLine(message, 1_000)}\n`);
}

function noSuchPool(name: string, scopes: readonly PoolScope[], troubles: readonly PoolTrouble[]): string {
  const names = [...scopes.map(({ pool }) => pool.name), ...troubles.map(({ pool }) => pool)].sort();
  const known = names.length === 0 ? 'there is no MobilityPool' : `known: ${names.join(', ')}`;
  return `there is no pool ${JSON.stringify(oneLine(name))}; ${oneLine(known, 1_000)}`;
}
