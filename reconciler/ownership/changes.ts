import { canonicalJson } from '../../protocol/digest.js';
import { byCodePoint } from '../../protocol/order.js';
import type { Value } from '../../protocol/resource.js';
import { printYaml } from '../../render/canonical-yaml.js';
import type { Inventory } from './inventory.js';
import {
  encodeFacts,
  encodeInventory,
  encodeOwnership,
  factsPath,
  inventoryPath,
  ownershipPath,
} from './record.js';
import type { RemoteFact } from './remote-facts.js';
import type { FinishedScan, PoolView } from './settle.js';

/** A file whose meaning changed, and why. */
export interface OwnershipChange {
  readonly pool: string;
  readonly path: string;
  readonly text: string;
  /** Each as it stands in a `Trigger:` trailer. */
  readonly causes: readonly string[];
}

export interface ChangeFacts {
  /** What was known before. */
  readonly before: Inventory | undefined;
  readonly known: readonly RemoteFact[];
  /** The text of a file of HEAD. */
  readonly texts: (path: string) => string | undefined;
  /** What has come since. */
  readonly scan: FinishedScan | undefined;
  readonly arrived: readonly RemoteFact[];
}

/** The files of a pool that say something else than before; a lease that was renewed is nothing else. Pure. */
export function changesOf(
  { scope: { pool, self }, inventory, facts, ownership, findings }: PoolView,
  { before, known, texts, scan, arrived }: ChangeFacts,
): OwnershipChange[] {
  const byScan = scan === undefined ? [] : [scanCause(scan)];
  const nodes = [...new Set(arrived.map(({ node }) => node))].sort(byCodePoint);
  const byEvents = nodes.length === 0 ? [] : [`event ${pool.name} (${nodes.join(', ')})`];
  const changes: OwnershipChange[] = [];
  const change = (path: string, document: Value, causes: readonly string[]) => {
    // Where nothing came, it was time, the journal, a claim or the configuration.
    const told = causes.length === 0 ? [`ownership ${pool.name}`] : causes;
    changes.push({ pool: pool.name, path, text: printYaml(document), causes: told });
  };
  if (inventory !== undefined && (before === undefined || gistOf(before) !== gistOf(inventory)))
    change(inventoryPath(pool.name, self.nodeRef), encodeInventory(inventory), byScan);
  if (factsGist(known) !== factsGist(facts))
    change(factsPath(pool.name), encodeFacts(pool.name, facts), byEvents);
  const decided = encodeOwnership(pool.name, self.nodeRef, { ...ownership, findings });
  const written = texts(ownershipPath(pool.name));
  const quiet = ownership.decisions.length + findings.length === 0 && written === undefined;
  if (!quiet && written !== printYaml(decided))
    change(ownershipPath(pool.name), decided, [...byScan, ...byEvents]);
  return changes;
}

function scanCause({ pool, plugin, outcome: { status } }: FinishedScan): string {
  return `inventory ${pool} (${plugin === '' ? 'no plugin' : plugin}, ${status})`;
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
