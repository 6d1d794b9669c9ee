import type { BusEvent } from '../../protocol/event.js';
import type { Part } from '../../protocol/part.js';
import type { Problem } from '../../protocol/problem.js';
import type { Instant } from '../../protocol/time.js';
import type { Action } from '../action/action.js';
import { judgeCandidates } from './candidates.js';
import { capturesOf } from './captures.js';
import type { CaptureRecord } from './captures.js';
import { changesOf } from './changes.js';
import type { OwnershipChange } from './changes.js';
import { claimFindings, conflictFindings } from './claims.js';
import type { AddressClaim } from './claims.js';
import { discoveryEvents } from './events.js';
import type { ScanOutcome } from './exchange.js';
import { afterFailure, afterScan, nextWithdrawal, withdrawDue } from './inventory.js';
import type { Inventory, InventoryTimes } from './inventory.js';
import { factOf, takeFacts } from './remote-facts.js';
import type { RemoteFact } from './remote-facts.js';
import { addressJudge, resolveOwnership } from './resolve.js';
import type { Ownership, OwnershipInput } from './resolve.js';
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
  /** Those of the effective-config in force. */
  readonly claims?: readonly AddressClaim[];
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
  /** Addresses with two homes, and claims that do not fit. */
  readonly findings: readonly Problem[];
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
  const recorded = scans.get(key)?.startedAt;
  const scan = situation.scans
    .filter(({ pool: name, node }) => name === pool.name && node === self.nodeRef)
    // Of a daemon and a command that asked side by side, the one that asked later counts, whoever comes in last.
    .filter(({ startedAt }) => recorded === undefined || recorded <= startedAt || recorded > now)
    .at(-1);
  const inventory = inventoryAfter({ scope, before, scan, captures }, { now, times });

  const known = situation.facts.get(pool.name) ?? [];
  const arrived = situation.arrived.flatMap(event => {
    const found = factOf(event);
    return found?.pool === pool.name && found.fact.node !== self.nodeRef ? [found.fact] : [];
  });
  const facts = takeFacts(known, arrived, now);
  const input = { pool, self, inventory, facts, captures };
  const ownership = resolveOwnership(input, now);
  const findings = [
    ...conflictFindings(ownership.conflicts, pool.name),
    ...misfits(situation.claims ?? [], input, now),
  ];

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

  const view: PoolView = { scope, inventory, facts, captures, ownership, findings };
  const endsAt = [
    ...(inventory === undefined ? [] : [nextWithdrawal(inventory, times) ?? Number.POSITIVE_INFINITY]),
    // From then on what it says is no longer fresh.
    ...(inventory === undefined ? [] : [inventory.expiresAt]),
    ...facts.map(({ expiresAt }) => expiresAt),
  ].filter(end => end > now && Number.isFinite(end));
  return {
    view,
    changes: changesOf(view, { before, known, texts: situation.texts, scan, arrived }),
    events: told.events,
    endsAt,
  };
}

function misfits(claims: readonly AddressClaim[], input: OwnershipInput, now: Instant): Problem[] {
  if (claims.length === 0) return [];
  const judge = addressJudge(input, now);
  return claimFindings(claims, input.pool, address => judge(address).decision);
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
        // Whatever else is said of them.
        self: { ...router, privateIPs: [...router.privateIPs, ...observation.self.privateIPs] },
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
  const failed = before?.failures ?? 0;
  const failures = { succeeded: 0, skipped: failed, failed: failed + 1 }[outcome.status];
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
