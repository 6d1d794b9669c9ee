import { canonicalJson } from '../../protocol/digest.js';
import type { BusEvent } from '../../protocol/event.js';
import type { Part } from '../../protocol/part.js';
import type { Instant } from '../../protocol/time.js';
import { printYaml } from '../../render/canonical-yaml.js';
import type { Action } from '../action/action.js';
import { judgeCandidates } from './candidates.js';
import { capturesOf } from './captures.js';
import type { CaptureRecord } from './captures.js';
import { discoveryEvents } from './events.js';
import type { ScanOutcome } from './exchange.js';
import { afterFailure, afterScan, nextWithdrawal, withdrawDue } from './inventory.js';
import type { Inventory, InventoryTimes } from './inventory.js';
import {
  encodeFacts,
  encodeInventory,
  encodeOwnership,
  factsPath,
  inventoryPath,
  ownershipPath,
} from './record.js';
import { factOf, takeFacts } from './remote-facts.js';
import type { RemoteFact } from './remote-facts.js';
import { resolveOwnership } from './resolve.js';
import type { Ownership } from './resolve.js';
import { routerSelf } from './router-self.js';
import { scanKey } from './run-record.js';
import type { InventoryRun, ScanRecord } from './run-record.js';
import type { PoolScope } from './scope.js';

/** A scan that has ended. */
export interface FinishedScan {
  readonly pool: string;
  readonly node: string;
  readonly plugin: string;
  readonly startedAt: Instant;
  readonly outcome: ScanOutcome;
}

export interface OwnershipSituation {
  readonly scopes: readonly PoolScope[];
  /** What HEAD holds, under the leases of `run`. */
  readonly inventories: ReadonlyMap<string, Inventory>;
  readonly facts: ReadonlyMap<string, readonly RemoteFact[]>;
  readonly texts: (path: string) => string | undefined;
  readonly run: InventoryRun;
  readonly actions: readonly Action[];
  readonly parts: readonly Part[];
  readonly scans: readonly FinishedScan[];
  /** Events of the ownership discovery that came since the last time. */
  readonly arrived: readonly BusEvent[];
}

/** All that is known about one pool. */
export interface PoolView {
  readonly scope: PoolScope;
  readonly inventory: Inventory | undefined;
  readonly facts: readonly RemoteFact[];
  readonly captures: ReadonlyMap<string, CaptureRecord>;
  readonly ownership: Ownership;
}

/** A file whose meaning changed, and why. */
export interface OwnershipChange {
  readonly path: string;
  readonly text: string;
  readonly cause: string;
}

export interface OwnershipSettlement {
  readonly pools: readonly PoolView[];
  readonly changes: readonly OwnershipChange[];
  readonly run: InventoryRun;
  readonly events: readonly BusEvent[];
  /** When time alone changes any of this; undefined for never. */
  readonly nextAt: Instant | undefined;
}

/** Decides what inventories and ownership become, and what is to be committed and told about it. Pure. */
export function settleOwnership(situation: OwnershipSituation, now: Instant): OwnershipSettlement {
  const scans = new Map(situation.run.scans);
  const settled = situation.scopes.map(scope => settlePool(scope, situation, { now, scans }));
  const ends = settled.flatMap(({ endsAt }) => endsAt);
  return {
    pools: settled.map(({ view }) => view),
    changes: settled.flatMap(({ changes }) => changes),
    events: settled.flatMap(({ events }) => events),
    run: {
      scans,
      facts: new Map(
        settled.flatMap(({ view }) =>
          view.facts.map(
            ({ dedupeKey, observedAt, expiresAt }) => [dedupeKey, { observedAt, expiresAt }] as const,
          ),
        ),
      ),
    },
    nextAt: ends.length === 0 ? undefined : ends.reduce((a, b) => Math.min(a, b)),
  };
}

interface SettledPool {
  readonly view: PoolView;
  readonly changes: readonly OwnershipChange[];
  readonly events: readonly BusEvent[];
  readonly endsAt: readonly Instant[];
}

function settlePool(
  scope: PoolScope,
  situation: OwnershipSituation,
  { now, scans }: { readonly now: Instant; readonly scans: Map<string, ScanRecord> },
): SettledPool {
  const { pool, self } = scope;
  const key = scanKey(pool.name, self.nodeRef);
  const times: InventoryTimes = self.discovery;
  const captures = capturesOf(situation.actions, situation.parts, self.capture.nicRef);
  const before = situation.inventories.get(key);
  const scan = situation.scans
    .filter(({ pool: name, node }) => name === pool.name && node === self.nodeRef)
    .at(-1);
  const inventory = inventoryAfter({ scope, before, scan, captures }, { now, times });

  const known = situation.facts.get(pool.name) ?? [];
  const arrived = situation.arrived.flatMap(event => {
    const found = factOf(event);
    return found?.pool === pool.name && found.fact.node !== self.nodeRef ? [found.fact] : [];
  });
  const facts = takeFacts(known, arrived, now);
  const ownership = resolveOwnership({ pool, self, inventory, facts, captures }, now);

  const record = scan === undefined ? scans.get(key) : recordOf(scan, inventory, scans.get(key));
  const told = discoveryEvents(
    {
      scope,
      before,
      inventory,
      announcedAt: record?.announcedAt,
      scanned: scan?.outcome.status === 'succeeded',
    },
    { now, times },
  );
  if (record !== undefined) scans.set(key, told.announced ? { ...record, announcedAt: now } : record);

  const cause = causeOf(scan, arrived.length, pool.name);
  const texts = new Map<string, string>();
  if (inventory !== undefined && (before === undefined || gistOf(before) !== gistOf(inventory)))
    texts.set(inventoryPath(pool.name, self.nodeRef), printYaml(encodeInventory(inventory)));
  if (factsGist(known) !== factsGist(facts))
    texts.set(factsPath(pool.name), printYaml(encodeFacts(pool.name, facts)));
  const decided = printYaml(encodeOwnership(pool.name, self.nodeRef, ownership));
  const quiet = ownership.decisions.length === 0 && situation.texts(ownershipPath(pool.name)) === undefined;
  if (!quiet && situation.texts(ownershipPath(pool.name)) !== decided)
    texts.set(ownershipPath(pool.name), decided);
  const endsAt = [
    ...(inventory === undefined ? [] : [nextWithdrawal(inventory, times) ?? Number.POSITIVE_INFINITY]),
    ...facts.map(({ expiresAt }) => expiresAt),
  ].filter(Number.isFinite);
  return {
    view: { scope, inventory, facts, captures, ownership },
    changes: [...texts].map(([path, text]) => ({ path, text, cause })),
    events: told.events,
    endsAt,
  };
}

interface PoolFacts {
  readonly scope: PoolScope;
  readonly before: Inventory | undefined;
  readonly scan: FinishedScan | undefined;
  readonly captures: ReadonlyMap<string, CaptureRecord>;
}

function inventoryAfter(
  { scope, before, scan, captures }: PoolFacts,
  moment: { readonly now: Instant; readonly times: InventoryTimes },
): Inventory | undefined {
  const { pool, self, provider } = scope;
  switch (scan?.outcome.status) {
    case 'succeeded': {
      const { observation } = scan.outcome;
      const router = routerSelf(observation, self.capture.nicRef);
      const candidates = judgeCandidates(observation.candidates, {
        pool: pool.network,
        self: router,
        captureNic: self.capture.nicRef,
        capturedByAction: new Set(
          [...captures].filter(([, { active }]) => active).map(([address]) => address),
        ),
        discovery: self.discovery,
      });
      const facts = {
        pool: pool.name,
        node: self.nodeRef,
        provider,
        providerRef: self.discovery.providerRef,
        plugin: scan.plugin,
      };
      return afterScan(before, { ...facts, self: router, local: observation.local, candidates }, moment);
    }
    case 'failed':
      return before === undefined ? undefined : afterFailure(before, moment);
    case 'skipped':
    case undefined:
      return before === undefined ? undefined : withdrawDue(before, moment);
  }
}

function recordOf(
  { startedAt, outcome }: FinishedScan,
  inventory: Inventory | undefined,
  before: ScanRecord | undefined,
): ScanRecord {
  const failures = outcome.status === 'failed' ? (before?.failures ?? 0) + 1 : 0;
  const lease =
    inventory === undefined
      ? {}
      : { lease: { observedAt: inventory.observedAt, expiresAt: inventory.expiresAt } };
  return {
    startedAt,
    outcome: outcome.status,
    message: outcome.message,
    failures,
    ...lease,
    ...(before?.announcedAt === undefined ? {} : { announcedAt: before.announcedAt }),
  };
}

function causeOf(scan: FinishedScan | undefined, arrived: number, pool: string): string {
  if (scan !== undefined) return `inventory ${pool} (${scan.plugin}, ${scan.outcome.status})`;
  return arrived > 0 ? `event ${pool}` : `ownership ${pool}`;
}

/** What an inventory says, apart from when: a renewal changes nothing of it. */
function gistOf(inventory: Inventory): string {
  return canonicalJson(encodeInventory({ ...inventory, observedAt: 0, expiresAt: 0 }));
}

function factsGist(facts: readonly RemoteFact[]): string {
  return canonicalJson(
    encodeFacts(
      '',
      facts.map(fact => ({ ...fact, observedAt: 0, expiresAt: 0 })),
    ),
  );
}
