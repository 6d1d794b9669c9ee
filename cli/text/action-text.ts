import { oneLine, printable } from '../../protocol/text.js';
import type { Gate } from '../../reconciler/action/gates.js';
import { table } from '../output/format.js';
import type { ActionItem } from '../reports/action.js';
import type { JournalItem } from '../reports/action-journal.js';
import type { ImportedItem, MovedItem } from '../reports/action-moves.js';

export function listText(items: readonly ActionItem[]): string {
  return table(
    ['ID', 'STATE', 'PROVIDER', 'ACTION', 'TARGET', 'SOURCE', 'RISK', 'APPROVED BY'],
    items.map(item => [
      item.id,
      item.status,
      item.provider,
      item.action,
      item.target['address'] ?? '-',
      item.part,
      item.riskLevel || '-',
      item.approvedBy ?? '-',
    ]),
  );
}

export function importText(
  items: readonly ImportedItem[],
  { dryRun, known }: { readonly dryRun: boolean; readonly known: number },
): string {
  const would = dryRun ? 'would be ' : '';
  const lines = items.map(({ id, to, message, name, part }) =>
    to === 'void'
      ? `${id}: ${would}voided: ${oneLine(message, 400)}`
      : `${id}: ${would}imported from ${part}, plan ${name}`,
  );
  return [...lines, `${known} known`, ''].join('\n');
}

export function movedText(items: readonly MovedItem[]): string {
  return items
    .map(({ id, from, to, message }) => {
      const why = message === '' ? '' : ` (${oneLine(message, 400)})`;
      return `${id}: ${from ?? '-'} -> ${to ?? '-'}${why}\n`;
    })
    .join('');
}

export function journalText(items: readonly JournalItem[]): string {
  return table(
    ['TIME', 'ID', 'STEP', 'BY', 'COMMIT', 'WHY'],
    items.map(({ time, id, from, to, by, commit, message, cause }) => [
      time,
      id,
      stepText(from, to),
      by,
      commit?.slice(0, 12) ?? '-',
      oneLine(message, 400) || cause,
    ]),
  );
}

function stepText(from: string | null, to: string): string {
  return from === null ? to : `${from}→${to}`;
}

/** Gates, one a line, the closed ones in capitals. */
export function gateLines(gates: readonly Gate[]): string[] {
  return gates.map(
    ({ gate, open, message }) =>
      `  ${open ? 'open  ' : 'CLOSED'}  ${gate.padEnd(11)}  ${oneLine(message, 400)}`,
  );
}

export interface ShownAction extends ActionItem {
  readonly direction: 'execute' | 'undo';
  readonly gates: readonly Gate[];
  readonly interrupted: boolean;
}

/** Everything about one action. */
export function showText(item: ShownAction): string {
  const { transitions, interrupted, direction, gates } = item;
  return [
    `${item.id}: ${item.status}${interrupted ? ', but the process that ran its executor is gone: the next command that writes makes it unknown' : ''}`,
    ...facts(item).map(([name, value]) => `  ${name.padEnd(13)}${oneLine(value, 2_000)}`),
    `gates of ${direction === 'undo' ? 'a rollback' : 'an execution'}, as they stand now:`,
    ...gateLines(gates),
    'transitions:',
    table(
      ['TIME', 'STEP', 'BY', 'WHY'],
      transitions.map(step => [
        text(step['at']),
        stepText(step['from'] === undefined ? null : text(step['from']), text(step['to'])),
        text(step['by']),
        oneLine(text(step['message']), 400) || text(step['cause']),
      ]),
    )
      .trimEnd()
      .replaceAll(/^/gm, '  '),
    '',
  ].join('\n');
}

/** What there is to say, one line each; empty things are left out. */
function facts(item: ActionItem): [name: string, value: string][] {
  const lines: readonly [string, string | null][] = [
    ['plan', `${item.name} of ${item.part}`],
    ['description', item.description],
    ['provider', `${item.provider}${item.providerRef === '' ? '' : ` (${item.providerRef})`}`],
    ['action', item.action],
    ['target', mapText(item.target)],
    ['parameters', mapText(item.parameters)],
    ['undo', item.undo === null ? null : JSON.stringify(item.undo)],
    ['risk', item.riskLevel],
    ['before', item.preconditions.map(condition => JSON.stringify(condition)).join(', ')],
    ['effects', item.expectedEffects.join('; ')],
    ['key', item.idempotencyKey],
    ['plan digest', item.planDigest],
    ['revision', String(item.revision)],
    ['imported', item.importedAt],
    ['approved', item.approvedBy === null ? null : `${item.approvedBy}, ${item.approvedAt ?? ''}`],
    ['executed', item.executedAt],
    ['observed', mapText(item.observed)],
    ['message', item.message],
    ['error', item.error],
  ];
  return lines.flatMap(([name, value]): [string, string][] =>
    value === null || value === '' ? [] : [[name, value]],
  );
}

function mapText(map: Readonly<Record<string, unknown>>): string {
  return Object.entries(map)
    .map(([key, value]) => `${printable(key)}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
