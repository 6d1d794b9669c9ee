import { redactValueForDisplay } from '../../protocol/redact.js';
import { asValue } from '../../protocol/resource.js';
import type { ValueMap } from '../../protocol/resource.js';
import { mapOf } from '../../protocol/pick.js';
import { formatTime } from '../../protocol/time.js';
import type { Instant } from '../../protocol/time.js';
import { chooseInventoryPlugin } from '../../reconciler/ownership/inventory-plugin.js';
import { encodeInventory } from '../../reconciler/ownership/record.js';
import { scanKey } from '../../reconciler/ownership/run-record.js';
import type { InventoryRun } from '../../reconciler/ownership/run-record.js';
import type { PoolView } from '../../reconciler/ownership/settle.js';
import type { Situation } from '../../reconciler/situation.js';
import type { Document } from '../output/format.js';

export interface ScanItem {
  readonly startedAt: string;
  readonly outcome: string;
  readonly message: string;
  /** Failed scans in a row. */
  readonly failures: number;
}

/** A pool as `inventory list` prints it; null stands for nothing. */
export interface InventoryItem {
  readonly pool: string;
  readonly node: string;
  readonly provider: string;
  /** Whether this member looks for addresses by itself. */
  readonly discovery: boolean;
  /** The plugin that is asked. */
  readonly plugin: string | null;
  readonly lastScan: ScanItem | null;
  readonly leaseLeftSeconds: number | null;
  readonly owned: number;
  readonly held: number;
  readonly rejected: number;
}

export interface PoolFacts {
  readonly situation: Situation;
  readonly run: InventoryRun;
  readonly now: Instant;
}

export function inventoryItem(
  { scope: { pool, self, provider }, inventory }: PoolView,
  { situation, run, now }: PoolFacts,
): InventoryItem {
  const { pluginRef, enabled } = self.discovery;
  const chosen = chooseInventoryPlugin({ pluginRef, provider }, situation.plugins);
  const count = (state: string) => (inventory?.entries ?? []).filter(entry => entry.state === state).length;
  return {
    pool: pool.name,
    node: self.nodeRef,
    provider,
    discovery: enabled,
    plugin: enabled && chosen.ok ? chosen.value.name : null,
    lastScan: lastScan(run, scanKey(pool.name, self.nodeRef)),
    leaseLeftSeconds: inventory === undefined ? null : secondsLeft(inventory.expiresAt, now),
    owned: count('owned'),
    held: count('held'),
    rejected: count('rejected'),
  };
}

/** All that is known about a pool: what `inventory show` prints. */
export function inventoryDocument(view: PoolView, facts: PoolFacts, showSecrets: boolean): Document {
  const { inventory, facts: homes } = view;
  const { owned, held, rejected, ...item } = inventoryItem(view, facts);
  const status = inventory === undefined ? {} : mapOf(mapOf(encodeInventory(inventory))['status']);
  const shown = showSecrets ? status : redactValueForDisplay(status);
  return {
    kind: 'Inventory',
    ...item,
    counts: { owned, held, rejected },
    self: null,
    localInventory: [],
    candidates: [],
    ...mapOf(shown),
    remoteHomes: homes.map(({ observedAt, expiresAt, ...home }): ValueMap => ({
      ...mapOf(asValue(home)),
      observedAt: formatTime(observedAt),
      expiresAt: formatTime(expiresAt),
      leaseLeftSeconds: secondsLeft(expiresAt, facts.now),
    })),
  };
}

function lastScan({ scans }: InventoryRun, key: string): ScanItem | null {
  const scan = scans.get(key);
  if (scan === undefined) return null;
  const { startedAt, outcome, message, failures } = scan;
  return { startedAt: formatTime(startedAt), outcome, message, failures };
}

function secondsLeft(expiresAt: Instant, now: Instant): number {
  return Math.max(0, Math.round((expiresAt - now) / 1_000));
}
