import { durationText } from '../../protocol/duration.js';
import { refText } from '../../protocol/resource.js';
import { oneLine } from '../../protocol/text.js';
import { fullRefText } from '../../reconciler/explain/target.js';
import { table } from '../output/format.js';
import { diagnostic, placeText } from '../output/diagnostics.js';
import type { CommitItem, ExplanationItem, PartItem } from '../reports/explanation.js';

/** All resources, one line each. */
export function explanationTable(items: readonly ExplanationItem[]): string {
  return table(
    ['RESOURCE', 'STATUS', 'ORIGIN', 'COMMIT', 'CHANGED', 'BY', 'LEASE LEFT'],
    items.map(item => {
      const changed = item.origin?.changed ?? null;
      return [
        refText(item.resource),
        statusWords[item.status],
        originText(item),
        changed?.commit.slice(0, 12) ?? '-',
        changed?.time ?? '-',
        changed?.author ?? '-',
        leaseText(item),
      ];
    }),
  );
}

const statusWords = {
  inForce: 'in force',
  masked: 'masked',
  setAside: 'set aside',
  gone: 'gone',
} as const;

function originText({ origin }: ExplanationItem): string {
  if (origin?.type === 'part') return origin.part;
  const place = origin?.place ?? null;
  return place === null ? 'startup-config' : placeText(place);
}

function leaseText({ origin, mask }: ExplanationItem): string {
  if (mask !== null) return `masked for ${leftText(mask.leaseLeftSeconds)}`;
  return origin?.type === 'part' ? leftText(origin.leaseLeftSeconds) : '-';
}

function leftText(seconds: number): string {
  return seconds === 0 ? 'over: the next pass ends it' : durationText(seconds * 1_000);
}

/** Everything about one resource, or a field of it. */
export function explanationText(item: ExplanationItem, generation: number): string {
  const { resource, field } = item;
  const rows: [string, string][] = [
    ...(field === undefined
      ? []
      : [
          ['value', field.value === null ? 'not set' : JSON.stringify(field.value)] as [string, string],
          ['set', commitText(field.changed)] as [string, string],
        ]),
    ...endingRows(item),
    ...maskRows(item),
    ...originRows(item),
  ];
  const name = `${fullRefText(resource)}${field === undefined ? '' : `, ${field.path}`}`;
  return [
    `${oneLine(name)}: ${headline(item, generation)}\n`,
    ...rows.map(([what, text]) => `  ${what.padEnd(9)} ${oneLine(text, 400)}\n`),
    ...item.setAside.flatMap(({ part, findings }) => [
      `  ${item.status === 'setAside' ? '' : 'also '}proposed by ${oneLine(part)}, which is set aside:\n`,
      ...findings.map(problem => indented(diagnostic(problem, { colour: false }))),
    ]),
  ].join('');
}

function headline({ status, ending }: ExplanationItem, generation: number): string {
  const by = ending?.ended.generation ?? generation;
  if (status === 'gone') return `not in force, since generation ${by}`;
  return `${statusWords[status]}, generation ${generation}`;
}

function endingRows({ ending }: ExplanationItem): [string, string][] {
  if (ending === null) return [];
  const { generation, source, place, last, ended, reason } = ending;
  const from = source === 'startup-config' && place !== null ? placeText(place) : source;
  return [
    ['ended', commitText(ended)],
    ['why', reason],
    ['last in', `generation ${generation}, commit ${last.commit.slice(0, 12)} of ${last.time}, from ${from}`],
  ];
}

function maskRows({ mask }: ExplanationItem): [string, string][] {
  if (mask === null) return [];
  const until = `until ${mask.until} (${leftText(mask.leaseLeftSeconds)})`;
  return [
    ['masked', `by ${mask.by.map(({ part }) => part).join(', ')} ${until}`],
    ...mask.reasons.map((reason): [string, string] => ['why', reason]),
    ...mask.by.flatMap(({ part, accepted }): [string, string][] => [
      ['since', `${part} was taken in, ${commitText(accepted)}`],
    ]),
  ];
}

function originRows({ origin, field }: ExplanationItem): [string, string][] {
  if (origin === null) return [];
  const changed: [string, string][] = field === undefined ? [['changed', commitText(origin.changed)]] : [];
  if (origin.type === 'part') return [['from', origin.part], ...partRows(origin), ...changed];
  return [['from', origin.place === null ? 'startup-config' : placeText(origin.place)], ...changed];
}

function partRows({ accepted, run, renewal, ...part }: PartItem): [string, string][] {
  const { observedAt, expiresAt, leaseLeftSeconds } = part;
  return [
    ['accepted', commitText(accepted)],
    ['run', run === null ? 'no longer in the run log' : `${run.time}, ${run.why}${exitText(run)}`],
    ...(renewal === null
      ? []
      : [['renewed', `${renewal.time}, ${renewal.why}${exitText(renewal)}`] as [string, string]]),
    ['observed', observedAt],
    ['lease', `until ${expiresAt} (${leftText(leaseLeftSeconds)})`],
  ];
}

function exitText({ durationMs, exitCode }: NonNullable<PartItem['run']>): string {
  const took = durationMs === null ? '' : `, took ${durationText(durationMs)}`;
  return `${took}${exitCode === null ? '' : `, exit ${exitCode}`}`;
}

/** `1a2b3c4d5e6f, generation 5, 2026-05-29T12:00:00Z by alice: config router.yaml` */
export function commitText(item: CommitItem | null): string {
  if (item === null) return 'not in the history';
  const { commit, generation, time, author, triggers } = item;
  const number = generation === null ? '' : `, generation ${generation}`;
  return `${commit.slice(0, 12)}${number}, ${time} by ${author}: ${triggers.join(', ')}`;
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, '    ');
}

/** Lines for a shell, each below what it shows. */
export function gitText({ git }: ExplanationItem): string {
  return git.map(({ shows, command }) => `# ${oneLine(shows)}\n${command}\n`).join('');
}
