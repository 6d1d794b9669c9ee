import type { Instant } from '../../protocol/time.js';
import type { Clock } from '../../watch/clock.js';
import { ownershipListener } from '../events/listeners.js';
import { isMobilityPool } from '../../protocol/mobility.js';
import type { Looked } from '../look.js';
import type { OpenOptions } from '../open-state.js';
import { goneFiles } from '../ownership/gone-files.js';
import { settleScans, viewOwnership } from '../ownership/perform.js';
import type { SettledOwnership } from '../ownership/perform.js';
import { inventoryFolder } from '../ownership/record.js';
import { scanKey } from '../ownership/run-record.js';
import type { InventoryRun } from '../ownership/run-record.js';
import { scanPool, scanSuspension } from '../ownership/scan.js';
import type { PoolScope } from '../ownership/scope.js';
import { settleOwnership } from '../ownership/settle.js';
import type { FinishedScan } from '../ownership/settle.js';
import type { Log } from './logger.js';
import { unwrap } from './unwrap.js';
import { createWorker } from './worker.js';

export interface OwnershipOptions extends Omit<OpenOptions, 'clock' | 'signal'> {
  readonly clock: Clock;
  readonly log: Log;
  readonly stopping: AbortSignal;
  readonly onEnd: () => void;
  /** The operator's word for the node that this router is. */
  readonly node?: string;
}

/** The daemon's part in address ownership: it scans the pools on schedule and keeps inventories and decisions up to date. */
export interface OwnershipKeeper {
  /** Starts what is due and does not wait for it. Returns when time alone makes something due; undefined for never. */
  consider(looked: Looked, now: Instant): Promise<Instant | undefined>;
  /** Whether anything is under way. */
  readonly busy: boolean;
  /** Resolves when nothing of what is under way is any more. */
  ended(): Promise<void>;
}

export function createOwnershipKeeper(options: OwnershipOptions): OwnershipKeeper {
  const { clock, log, stopping, onEnd, state, node } = options;
  const worker = createWorker({ ...options, name: 'ownership' });
  const running = new Map<string, Promise<void>>();
  let finished: readonly FinishedScan[] = [];
  let toldTroubles = '';
  /** What was looked at last and called for nothing, and until when that holds. */
  let quiet:
    { readonly commit: string | undefined; readonly startup: unknown; readonly until: Instant } | undefined;

  async function scan(key: string, scope: PoolScope, { situation }: Looked): Promise<void> {
    try {
      const done = await scanPool(scope, {
        situation,
        clock: () => clock.now(),
        searchPath: state.searchPath,
        signal: stopping,
      });
      // A scan that was ended by the stop says nothing about its pool.
      if (!stopping.aborted) finished = [...finished, done];
    } catch (error) {
      log('error', error instanceof Error ? error.message : String(error), { pool: scope.pool.name });
    } finally {
      running.delete(key);
      onEnd();
    }
  }

  async function settle(): Promise<boolean> {
    const taken = finished;
    finished = [];
    quiet = undefined;
    const options_ = { ...options, clock: () => clock.now(), signal: stopping, node };
    let settled: SettledOwnership;
    try {
      settled = unwrap(await settleScans(options_, taken));
    } catch (error) {
      finished = [...taken, ...finished];
      throw error;
    }
    for (const { pool, plugin, outcome } of taken) {
      const level = outcome.status === 'failed' ? 'warn' : 'debug';
      log(level, `inventory ${outcome.status}`, { pool, plugin, why: outcome.message });
    }
    if (settled.committed)
      log('info', 'committed inventories', { changes: settled.changes.map(({ path }) => path) });
    return taken.length > 0 || settled.committed || settled.events.length > 0;
  }

  function startScans(
    scopes: readonly PoolScope[],
    run: InventoryRun,
    { looked, now }: { readonly looked: Looked; readonly now: Instant },
  ): Instant[] {
    const waiting = new Set(finished.map(({ pool, node: name }) => scanKey(pool, name)));
    return scopes.flatMap(scope => {
      const { pool, self } = scope;
      const key = scanKey(pool.name, self.nodeRef);
      if (!self.discovery.enabled || running.has(key) || waiting.has(key)) return [];
      const { view, situation } = looked;
      const suspended = scanSuspension(scope, { head: view.head, situation }, now);
      if (suspended !== undefined) return [suspended.suspension.until];
      const last = run.scans.get(key)?.startedAt;
      // One from the future was before the clock was set back.
      const dueAt = last === undefined || last > now ? now : last + self.discovery.scanIntervalMs;
      if (dueAt > now) return [dueAt];
      running.set(key, scan(key, scope, looked));
      return [];
    });
  }

  return {
    async consider(looked, now) {
      const { view, situation } = looked;
      const pools = situation.startup?.resources.some(isMobilityPool) ?? false;
      const kept = [...view.head.files.keys()].some(path => path.startsWith(inventoryFolder));
      if (!(pools || kept) || stopping.aborted || worker.busy || view.head.commit === undefined)
        return undefined;
      const same = quiet?.commit === view.head.commit && quiet.startup === situation.startup;
      const facts = { dir: state.path, head: view.head, situation, queue: view.queue, node };
      if (same && quiet !== undefined && now < quiet.until && finished.length === 0 && !arrived(looked))
        return quiet.until;
      const known = await viewOwnership(facts, now);
      tellTroubles(known.troubles);
      const dueAt = startScans(known.scopes, known.run, { looked, now });
      const draft = settleOwnership(known, now);
      if (
        finished.length > 0 ||
        known.arrived.length > 0 ||
        draft.changes.length > 0 ||
        draft.events.length > 0 ||
        goneFiles(view.head, situation, known.scopes).length > 0
      ) {
        if (now < worker.restUntil) return worker.restUntil;
        worker.start(settle);
        return undefined;
      }
      const until = Math.min(...dueAt, draft.nextAt ?? Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
      quiet = { commit: view.head.commit, startup: situation.startup, until };
      return Number.isFinite(until) ? until : undefined;
    },
    get busy() {
      return worker.busy || running.size > 0;
    },
    async ended() {
      await Promise.all([worker.ended(), ...running.values()]);
    },
  };

  function tellTroubles(troubles: readonly { readonly pool: string; readonly message: string }[]): void {
    const gist = JSON.stringify(troubles);
    if (gist !== toldTroubles) for (const { pool, message } of troubles) log('warn', message, { pool });
    toldTroubles = gist;
  }
}

function arrived({ view }: Looked): boolean {
  return view.queue.waiting.some(({ plugin }) => plugin === ownershipListener);
}
