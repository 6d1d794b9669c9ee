import { durationText } from '../../protocol/duration.js';
import { refText } from '../../protocol/resource.js';
import { unreachable } from '../../protocol/result.js';
import { oneLine } from '../../protocol/text.js';
import { afterMs } from '../reports/forecast.js';
import type { ForecastDocument, HappeningDocument, StepDocument } from '../reports/forecast.js';
import { changeLine } from './plan-text.js';

type Run = Extract<HappeningDocument, { readonly type: 'pluginRun' }>;

/** A line for each moment, with what changes below it. A plugin that goes on renewing is told of once. */
export function forecastText(document: ForecastDocument, { colour }: { readonly colour: boolean }): string {
  const { from, until, plugins, steps, complete, reached } = document;
  const assumed =
    plugins === 'renew'
      ? 'every plugin that runs says what it said last'
      : 'no plugin runs any more: nothing is renewed';
  const routine = renewals(steps);
  const told = new Set<string>();
  const lines = steps.flatMap((step): string[] => {
    const shown = step.happenings.flatMap((happening): string[] => {
      // The change below says so.
      if (happening.type === 'maskLift') return [];
      if (!isRenewal(happening, step)) return [happeningText(happening)];
      if (told.has(happening.plugin)) return [];
      told.add(happening.plugin);
      const times = routine.get(happening.plugin) ?? 1;
      return [`${happeningText(happening)}${times > 1 ? `, and ${times - 1} more times likewise` : ''}`];
    });
    if (shown.length === 0 && step.generation === null) return [];
    return [
      `${step.at}  ${step.at === from ? 'now' : `in ${durationText(afterMs(document, step.at))}`}`,
      ...shown.map(text => `  ${oneLine(text, 400)}`),
      ...step.changes.map(change => `  ${changeLine(change, colour)}`),
      ...(step.generation === null
        ? []
        : [`  generation ${step.generation}, effective-config ${step.effectiveConfigHash ?? ''}`]),
    ];
  });
  return [
    `from ${from} until ${until}: ${assumed}`,
    ...(lines.length === 0 ? ['nothing changes by itself'] : lines),
    ...(complete ? [] : [`there is more after ${reached}: ask for a shorter time`]),
    finalLine(document),
    '',
  ].join('\n');
}

function finalLine({ current, final, reached }: ForecastDocument): string {
  if (final.generation === current.generation) return `generation ${final.generation} stays in force`;
  const same = final.effectiveConfigHash === current.effectiveConfigHash;
  return `at ${reached}: generation ${final.generation}, effective-config ${final.effectiveConfigHash ?? ''}${same ? ', the same as now' : ''}`;
}

function isRenewal(happening: HappeningDocument, step: StepDocument): happening is Run {
  return happening.type === 'pluginRun' && happening.outcome !== 'again' && step.generation === null;
}

/** How often each plugin runs without changing anything. */
function renewals(steps: readonly StepDocument[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const step of steps) {
    for (const happening of step.happenings) {
      if (isRenewal(happening, step)) counts.set(happening.plugin, (counts.get(happening.plugin) ?? 0) + 1);
    }
  }
  return counts;
}

function happeningText(happening: HappeningDocument): string {
  switch (happening.type) {
    case 'config':
      return `the edit of ${happening.file} is taken in`;
    case 'unbound':
      return `the part of ${happening.source} ends: its plugin is gone or no longer bound`;
    case 'confirmExpired':
      return `generation ${happening.generation} is taken back, unless somebody confirms it`;
    case 'controlEnd':
      return `over: ${happening.what}`;
    case 'leaseEnd':
      return `the lease of ${happening.part} ends`;
    case 'maskLift':
      return `the mask of ${refText(happening.resource)} by ${happening.by} is lifted`;
    case 'windowOpen':
      return `the execution window of ${happening.policy} opens`;
    case 'windowClose':
      return `the execution window of ${happening.policy} closes`;
    case 'pluginRun':
      return `plugin ${happening.plugin} runs (${happening.why}): ${runText(happening)}`;
    default:
      return unreachable(happening);
  }
}

function runText({ outcome, leaseUntil = '' }: Run): string {
  switch (outcome) {
    case 'renews':
      return `renewed until ${leaseUntil}`;
    case 'again':
      return `says the same again, until ${leaseUntil}`;
    case 'unknown':
      return 'what it will say is not known, and counts as nothing here';
    case 'notBound':
      return 'nothing of it is kept';
    case 'held':
      return 'held: what it says goes beyond the guard';
  }
}
