import { eventValue } from '../../protocol/event.js';
import { sourceOf } from '../../protocol/plugin.js';
import type { Result } from '../../protocol/result.js';
import type { Instant } from '../../protocol/time.js';
import { printYaml } from '../../render/canonical-yaml.js';
import { inventoryMessage } from '../../render/inventory-message.js';
import { writeAtomic } from '../../state/files.js';
import { appendLog } from '../../state/log.js';
import { livePartsOf, readJournal } from '../action/journal.js';
import { takeInbox } from '../events/intake.js';
import { listenersOf, ownershipListener } from '../events/listeners.js';
import type { EventQueue } from '../events/queue.js';
import { fileText, readOwn } from '../head.js';
import type { Head } from '../head.js';
import { withOpenState } from '../open-state.js';
import type { OpenOptions } from '../open-state.js';
import type { StateFailure } from '../pass-options.js';
import type { Situation } from '../situation.js';
import { situationOf } from '../situation.js';
import { eventLog, readRunFile, writeQueue } from '../state-dir.js';
import { claimsOf } from './claims.js';
import { decisionChangeText, decisionChanges } from './decision-changes.js';
import type { DecisionChange } from './decision-changes.js';
import { goneFiles } from './gone-files.js';
import { decodeFacts, decodeInventory, factsPath, inventoryPath, ownershipPath } from './record.js';
import { decodeInventoryRun, encodeInventoryRun, inventoryRunPath, scanKey } from './run-record.js';
import type { InventoryRun } from './run-record.js';
import { poolScopes } from './scope.js';
import type { PoolTrouble } from './scope.js';
import { settleOwnership } from './settle.js';
import type { FinishedScan, OwnershipSettlement, OwnershipSituation } from './settle.js';

/** What is known apart from scans that have just ended. */
export interface OwnershipFacts {
  readonly dir: string;
  readonly head: Head;
  readonly situation: Situation;
  readonly queue: EventQueue;
  /** The operator's word for the node that this router is. */
  readonly node: string | undefined;
}

/** Reads everything that inventories and ownership are decided on. */
export async function viewOwnership(
  { dir, head, situation, queue, node }: OwnershipFacts,
  now: Instant,
): Promise<OwnershipSituation & { readonly troubles: readonly PoolTrouble[] }> {
  const { scopes, troubles } = poolScopes(situation.startup?.resources ?? [], node);
  const run = decodeInventoryRun(await readRunFile(inventoryRunPath(dir)));
  const read = (path: string) => readOwn(path, fileText(head, path));
  return {
    scopes,
    troubles,
    run,
    inventories: new Map(
      scopes.flatMap(({ pool, self }) => {
        const key = scanKey(pool.name, self.nodeRef);
        const inventory = decodeInventory(read(inventoryPath(pool.name, self.nodeRef)));
        const lease = run.scans.get(key)?.lease;
        if (inventory === undefined) return [];
        const renewed = lease !== undefined && lease.observedAt > inventory.observedAt;
        return [[key, renewed ? { ...inventory, ...lease } : inventory] as const];
      }),
    ),
    facts: new Map(
      scopes.map(({ pool }) => [
        pool.name,
        decodeFacts(read(factsPath(pool.name))).map(fact => {
          const lease = run.facts.get(fact.dedupeKey);
          return lease !== undefined && lease.observedAt > fact.observedAt ? { ...fact, ...lease } : fact;
        }),
      ]),
    ),
    texts: path => fileText(head, path),
    actions: [...readJournal(head.files, dir).values()],
    parts: livePartsOf({ head, situation }, now),
    claims: claimsOf(head.snapshot()),
    scans: [],
    arrived: queue.waiting.filter(({ plugin }) => plugin === ownershipListener).map(({ event }) => event),
  };
}

export interface SettleOptions extends OpenOptions {
  readonly node: string | undefined;
}

export interface SettledOwnership extends OwnershipSettlement {
  readonly troubles: readonly PoolTrouble[];
  readonly decided: readonly DecisionChange[];
  /** Whether anything was committed. */
  readonly committed: boolean;
}

/** Takes scans and events in, under the lock: commits what changed in meaning, keeps the rest in `run/`, and tells about it. */
export function settleScans(
  options: SettleOptions,
  scans: readonly FinishedScan[],
): Promise<Result<SettledOwnership, StateFailure>> {
  return withOpenState(options, async state => {
    const dir = options.state.path;
    const { head } = state.view();
    const now = options.clock();
    const situation = await situationOf(state.config, head, { now });
    // Events that nobody has looked at yet belong to this, as for who has no daemon.
    const queue = await takeInbox({ dir, listeners: listenersOf(situation), now });
    const facts = await viewOwnership({ dir, head, situation, queue, node: options.node }, now);
    const settled = settleOwnership({ ...facts, scans }, now);
    const { changes, events } = settled;
    const gone = goneFiles(head, situation, facts.scopes);
    const decided = decidedAnew(settled, head);
    if (changes.length + gone.length > 0 && head.record !== undefined) {
      const { startupConfigHash, effectiveConfigHash } = head.record;
      const [scan] = scans;
      await state.commit({
        files: new Map([
          ...gone.map(({ path }) => [path, null] as const),
          ...changes.map(({ path, text }) => [path, text] as const),
        ]),
        message: inventoryMessage({
          pools: [...new Set([...changes, ...gone].map(({ pool }) => pool))],
          causes: [
            ...new Set([
              ...changes.flatMap(({ causes }) => causes),
              ...gone.map(({ pool }) => `ownership ${pool}`),
            ]),
          ],
          changes: decided.map(decisionChangeText),
          startupConfigHash,
          effectiveConfigHash,
        }),
        author: scan?.outcome.status === 'succeeded' ? sourceOf(scan.plugin) : 'routerd',
        at: now,
      });
    }
    await writeRun(dir, facts.run, settled.run);
    // Facts are on disk before the events that brought them are forgotten.
    const rest = queue.waiting.filter(({ plugin }) => plugin !== ownershipListener);
    const listeners = listenersOf(situation);
    const waiting = events.flatMap(event =>
      (listeners.get(event.topic) ?? [])
        .filter(plugin => plugin !== ownershipListener)
        .map(plugin => ({ plugin, event, failures: 0 })),
    );
    if (waiting.length > 0 || rest.length < queue.waiting.length)
      await writeQueue(dir, { ...queue, waiting: [...rest, ...waiting] });
    await appendLog(eventLog(dir), events.map(eventValue));
    return { ...settled, decided, troubles: facts.troubles, committed: changes.length + gone.length > 0 };
  });
}

/** What a settlement decides otherwise than the files of HEAD say. */
export function decidedAnew(
  { pools }: Pick<OwnershipSettlement, 'pools'>,
  head: Pick<Head, 'files'>,
): DecisionChange[] {
  return pools.flatMap(({ scope: { pool }, ownership }) => {
    const path = ownershipPath(pool.name);
    return decisionChanges(pool.name, readOwn(path, fileText(head, path)), ownership.decisions);
  });
}

async function writeRun(dir: string, before: InventoryRun, after: InventoryRun): Promise<void> {
  const text = printYaml(encodeInventoryRun(after));
  if (text !== printYaml(encodeInventoryRun(before))) await writeAtomic(inventoryRunPath(dir), text);
}
