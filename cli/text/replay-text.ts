import { durationText } from '../../protocol/duration.js';
import { paintDiff } from '../output/colour.js';
import { diagnostic } from '../output/diagnostics.js';
import { table } from '../output/format.js';
import type { ReplayDocument, ReplayEntry } from '../reports/replay.js';

/** A line for each run, what differs, and how many did. */
export function replayText(document: ReplayDocument, { colour }: { readonly colour: boolean }): string {
  const { runs, summary, executable } = document;
  const rows = runs.map(({ time, part, outcome, durationMs, why }) => [
    time,
    part,
    outcome,
    durationText(durationMs),
    why,
  ]);
  const counts = Object.entries(summary).flatMap(([outcome, count]) =>
    count === 0 ? [] : [`${count} ${outcome}`],
  );
  return [
    table(['RUN', 'PART', 'OUTCOME', 'TOOK', 'WHY IT RAN'], rows),
    ...runs.map(entry => differenceText(entry, colour)),
    `${counts.join(', ')}, by ${executable.path}\n`,
  ].join('');
}

function differenceText({ outcome, time, diff, recorded, problems }: ReplayEntry, colour: boolean): string {
  if (outcome === 'same') return '';
  const what =
    outcome !== 'different'
      ? problems.map(problem => diagnostic(problem, { colour, texts: new Map() })).join('')
      : recorded
        ? paintDiff(colour, diff)
        : 'what it said then is not recorded: set record: true in the spec of the plugin to have it kept\n';
  return `\nrun of ${time}: ${outcome}\n${what}\n`;
}
