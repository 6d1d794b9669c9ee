import { join } from 'node:path';
import { mapOf, textOf, timeOf } from '../../protocol/pick.js';
import { apiVersions, isMap } from '../../protocol/resource.js';
import type { Value, ValueMap } from '../../protocol/resource.js';
import { formatTime } from '../../protocol/time.js';
import type { Instant } from '../../protocol/time.js';
import type { Times } from './record.js';

/** What is remembered of the last scan of a pool, over restarts. */
export interface ScanRecord {
  readonly startedAt: Instant;
  readonly outcome: 'succeeded' | 'failed' | 'skipped';
  readonly message: string;
  /** In a row. */
  readonly failures: number;
  /** Of the last scan that succeeded. */
  readonly lease?: Times;
  /** When all addresses were last told about on the event bus. */
  readonly announcedAt?: Instant;
}

/** What moves without changing what an inventory says, and so stays out of git: `run/inventory.yaml`. */
export interface InventoryRun {
  /** By pool and node. */
  readonly scans: ReadonlyMap<string, ScanRecord>;
  /** Renewed leases of the facts of other nodes, by their keys. */
  readonly facts: ReadonlyMap<string, Times>;
}

export const inventoryRunPath = (dir: string): string => join(dir, 'run', 'inventory.yaml');

export function scanKey(pool: string, node: string): string {
  return `${pool}.${node}`;
}

export function encodeInventoryRun({ scans, facts }: InventoryRun): Value {
  return {
    apiVersion: apiVersions.state,
    kind: 'InventoryRun',
    scans: mapValues(scans, ({ startedAt, outcome, message, failures, lease, announcedAt }) => ({
      startedAt: formatTime(startedAt),
      outcome,
      message,
      failures,
      ...(lease === undefined ? {} : { lease: encodeTimes(lease) }),
      ...(announcedAt === undefined ? {} : { announcedAt: formatTime(announcedAt) }),
    })),
    facts: mapValues(facts, encodeTimes),
  };
}

/** Reads what encodeInventoryRun wrote; what it cannot read never was. */
export function decodeInventoryRun(document: Value): InventoryRun {
  const { scans, facts } = mapOf(document);
  return {
    scans: new Map(entriesOf(scans).flatMap(([key, value]) => present(key, decodeScan(value)))),
    facts: new Map(entriesOf(facts).flatMap(([key, value]) => present(key, decodeTimes(value)))),
  };
}

function entriesOf(value: Value | undefined): [string, ValueMap][] {
  return Object.entries(mapOf(value)).filter((entry): entry is [string, ValueMap] => isMap(entry[1]));
}

function present<T>(key: string, value: T | undefined): [string, T][] {
  return value === undefined ? [] : [[key, value]];
}

function decodeScan(value: ValueMap): ScanRecord | undefined {
  const startedAt = timeOf(value['startedAt']);
  const outcome = (['succeeded', 'failed', 'skipped'] as const).find(word => word === value['outcome']);
  const announcedAt = timeOf(value['announcedAt']);
  const lease = decodeTimes(mapOf(value['lease']));
  const { failures } = value;
  if (startedAt === undefined || outcome === undefined) return undefined;
  return {
    startedAt,
    outcome,
    message: textOf(value['message']),
    failures: typeof failures === 'number' ? failures : 0,
    ...(lease === undefined ? {} : { lease }),
    ...(announcedAt === undefined ? {} : { announcedAt }),
  };
}

function encodeTimes({ observedAt, expiresAt }: Times): Value {
  return { observedAt: formatTime(observedAt), expiresAt: formatTime(expiresAt) };
}

function decodeTimes(value: ValueMap): Times | undefined {
  const [observedAt, expiresAt] = [timeOf(value['observedAt']), timeOf(value['expiresAt'])];
  return observedAt === undefined || expiresAt === undefined ? undefined : { observedAt, expiresAt };
}

function mapValues<T>(map: ReadonlyMap<string, T>, encode: (value: T) => Value): ValueMap {
  return Object.fromEntries([...map].map(([key, value]) => [key, encode(value)]));
}
