import { mapsOf, mapOf, textOf, textsOf } from '../../protocol/pick.js';
import { durationText } from '../../protocol/duration.js';
import { asValue } from '../../protocol/resource.js';
import type { ValueMap } from '../../protocol/resource.js';
import { oneLine } from '../../protocol/text.js';
import { table } from '../output/format.js';
import type { Document } from '../output/format.js';
import type { InventoryItem, ScanItem } from '../reports/inventory.js';

export function inventoryListText(items: readonly InventoryItem[]): string {
  return table(
    ['POOL', 'NODE', 'PROVIDER', 'PLUGIN', 'LAST SCAN', 'LEASE LEFT', 'OWNED', 'HELD', 'REJECTED'],
    items.map(item => [
      item.pool,
      item.node,
      item.provider || '-',
      item.plugin ?? '-',
      scanText(item),
      item.leaseLeftSeconds === null ? '-' : leftText(item.leaseLeftSeconds),
      String(item.owned),
      String(item.held),
      String(item.rejected),
    ]),
  );
}

function scanText({ discovery, lastScan }: Pick<InventoryItem, 'discovery' | 'lastScan'>): string {
  if (lastScan === null) return discovery ? 'never' : 'not enabled';
  const { outcome, startedAt, failures } = lastScan;
  return `${outcome} ${startedAt}${failures > 1 ? ` (${failures} in a row)` : ''}`;
}

function leftText(seconds: number): string {
  return seconds === 0 ? 'over' : durationText(seconds * 1_000);
}

/** Everything about one pool, read from the document that -o json prints. */
export function inventoryText(document: Document): string {
  const all = mapOf(asValue(document));
  const text = (key: string) => textOf(all[key]) || '-';
  const self = mapOf(all['self']);
  const scan = document['lastScan'] as ScanItem | null;
  const left = all['leaseLeftSeconds'];
  const facts: readonly [string, string][] = [
    ['provider', text('provider')],
    ['plugin', text('plugin')],
    ['last scan', scanText({ discovery: all['discovery'] === true, lastScan: scan })],
    ['message', oneLine(scan?.message ?? '', 1_000)],
    ['lease left', typeof left === 'number' ? leftText(left) : '-'],
    ['failing since', textOf(all['failedSince'])],
    ['router NIC', textOf(self['nicRef'])],
    ['router', textOf(self['resourceRef'])],
    ['own addresses', textsOf(self['privateIPs']).join(', ')],
    ['captured', textsOf(self['captured']).join(', ')],
  ];
  return [
    `${text('pool')} on ${text('node')}`,
    ...facts.flatMap(([name, value]) =>
      value === '' ? [] : [`  ${name.padEnd(15)}${oneLine(value, 1_000)}`],
    ),
    '',
    section(all, { key: 'candidates', title: 'Candidates' }, [
      'address',
      'state',
      'reason',
      'since',
      'nicRef',
      'resourceRef',
    ]),
    section(all, { key: 'localInventory', title: 'Local inventory' }, [
      'address',
      'nicRef',
      'resourceRef',
      'resourceType',
      'instanceState',
    ]),
    section(all, { key: 'remoteHomes', title: 'Remote homes' }, [
      'address',
      'node',
      'leaseLeftSeconds',
      'observedAt',
      'withdrawn',
      'nicRef',
    ]),
  ].join('\n');
}

const headers: Readonly<Record<string, string>> = {
  nicRef: 'NIC',
  resourceRef: 'RESOURCE',
  resourceType: 'TYPE',
  instanceState: 'STATE',
  leaseLeftSeconds: 'LEASE LEFT',
  observedAt: 'OBSERVED',
};

function section(
  all: ValueMap,
  { key, title }: { readonly key: string; readonly title: string },
  columns: readonly string[],
): string {
  const rows = mapsOf(all[key]);
  if (rows.length === 0) return `${title}: none\n`;
  const cell = (row: ValueMap, column: string): string => {
    const value = row[column];
    if (column === 'leaseLeftSeconds' && typeof value === 'number') return leftText(value);
    if (typeof value === 'boolean') return value ? 'yes' : 'no';
    return textOf(value) || '-';
  };
  return `${title}:\n${table(
    columns.map(column => headers[column] ?? column.toUpperCase()),
    rows.map(row => columns.map(column => cell(row, column))),
  )}`;
}
