import { durationText } from '../../protocol/duration.js';
import { table } from '../output/format.js';
import { controlLines } from './control-text.js';
import type { StatusDocument } from '../reports/status.js';

/** The status as tables. */
export function statusText(status: StatusDocument): string {
  const { generation, commit, daemon, watch, lockHolder } = status;
  const head = [
    `generation ${generation}${commit === null ? '' : ` (${commit.slice(0, 12)})`}`,
    daemon === null ? 'daemon: not running' : `daemon: process ${daemon.pid} since ${daemon.startedAt}`,
    ...(watch === null ? [] : [`watch: ${watch.status} (${watch.reason}) — ${watch.message}`]),
    ...(status.refusal === null
      ? []
      : [`history: ${status.refusal.message}`, `  hint: ${status.refusal.hint}`]),
    ...controlLines(status),
    ...(lockHolder === null ? [] : [`writing now: ${lockHolder.command} (process ${lockHolder.pid})`]),
  ];
  return [
    head.map(line => `${line}\n`).join(''),
    table(
      ['CONDITION', 'STATUS', 'REASON', 'SINCE', 'MESSAGE'],
      status.conditions.map(({ type, status: value, reason, lastTransitionTime, message }) => [
        type,
        value,
        reason,
        lastTransitionTime,
        message,
      ]),
    ),
    table(
      ['PLUGIN', 'LAST RUN', 'OUTCOME', 'FAILURES', 'EVENTS', 'NEXT'],
      status.plugins.map(({ name, lastRun, outcome, failures, waitingEvents, next }) => [
        name,
        lastRun ?? '-',
        outcome ?? '-',
        String(failures),
        String(waitingEvents),
        next,
      ]),
    ),
    table(
      ['PART', 'EXPIRES', 'LEASE LEFT'],
      status.parts.map(({ source, generation: number, expiresAt, leaseLeftSeconds }) => [
        `${source}#${number}`,
        expiresAt,
        durationText(leaseLeftSeconds * 1000),
      ]),
    ),
  ].join('\n');
}
