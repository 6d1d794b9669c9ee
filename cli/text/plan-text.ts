import { isError } from '../../protocol/problem.js';
import type { Problem } from '../../protocol/problem.js';
import { refText } from '../../protocol/resource.js';
import { oneLine } from '../../protocol/text.js';
import type { Change } from '../../render/changes.js';
import { countText } from '../../render/commit-message.js';
import { paint, paintDiff } from '../output/colour.js';
import type { Style } from '../output/colour.js';
import { countProblems, diagnostic } from '../output/diagnostics.js';
import { withheldText } from './control-text.js';
import { summaryText } from '../reports/part-summary.js';
import type { PlanDocument } from '../reports/plan.js';

export interface PlanTextOptions {
  readonly colour: boolean;
  readonly texts: ReadonlyMap<string, string>;
  /** Print the unified diff as well. */
  readonly diff: boolean;
}

const changeStyles: Readonly<Record<Change['action'], Style>> = {
  added: 'green',
  unmasked: 'green',
  removed: 'red',
  masked: 'yellow',
  changed: 'cyan',
};

/** What `reconcile` says about a pass: to stdout what it did, to stderr what deserves attention. */
export function planText(
  plan: PlanDocument,
  options: PlanTextOptions,
): { readonly out: string; readonly note: string } {
  return {
    out:
      [...pluginLines(plan), ...changeLines(plan, options), headline(plan), ''].join('\n') +
      diffText(plan, options),
    note: notes(plan, options),
  };
}

function headline(plan: PlanDocument): string {
  const { changed, generation, commit } = plan;
  const { current, next } = generation;
  const dry = plan.kind === 'ReconcilePlan';
  if (!changed)
    return current === 0 ? 'nothing to commit' : `nothing changed: generation ${current} stays in force`;
  const at = typeof commit === 'string' ? ` (${commit.slice(0, 12)})` : '';
  if (next === current) {
    const what = plan.withheld?.kind === 'held' ? 'that the edit is held' : 'inputs';
    return dry
      ? `would commit ${what}; generation ${current} stays in force`
      : `committed ${what}${at}; generation ${current} stays in force`;
  }
  return `${dry ? 'would commit' : 'committed'} generation ${next}${at}: ${countText(plan.changes)}`;
}

function pluginLines({ plugins }: PlanDocument): string[] {
  return plugins
    .filter(({ outcome }) => outcome !== 'notDue')
    .map(({ name, outcome, why, part }) => {
      const result = part === undefined ? '' : ` ${summaryText(part)}`;
      return oneLine(`plugin ${name}: ${outcome}${result} (${why})`, 400);
    });
}

function changeLines({ changes }: PlanDocument, { colour }: PlanTextOptions): string[] {
  return changes.map(change => changeLine(change, colour));
}

export function changeLine(change: Change, colour: boolean): string {
  const { action, resource, source, until, reason, fields } = change;
  const by = `${source}${until === undefined ? '' : ` until ${until}`}`;
  const detail = action === 'added' ? '' : `: ${fields === undefined ? reason : fields.join(', ')}`;
  return `${paint(colour, changeStyles[action], action.padEnd(8))} ${oneLine(`${refText(resource)}  ${by}${detail}`, 400)}`;
}

function diffText({ diff }: PlanDocument, options: PlanTextOptions): string {
  return options.diff && diff !== '' ? `\n${paintDiff(options.colour, diff)}` : '';
}

/** Errors in full, of the startup-config and of plugins; findings; how many lesser problems there are. */
function notes(plan: PlanDocument, { colour, texts }: PlanTextOptions): string {
  const show = (problem: Problem) => diagnostic(problem, { colour, texts });
  const errors = plan.problems.filter(isError);
  const rest = plan.problems.filter(problem => !isError(problem) && problem.severity === 'warning');
  const ofPlugins = plan.plugins.flatMap(({ problems }) => problems);
  return [
    ...errors.map(show),
    ...(errors.length > 0 && plan.generation.current > 0
      ? [`the startup-config is broken: the one of generation ${plan.generation.current} stays in force\n`]
      : []),
    ...(plan.withheld === null ? [] : [withheldText(plan.withheld, plan.generation.current)]),
    ...ofPlugins.map(show),
    ...plan.findings.map(show),
    ...(rest.length > 0 ? [`${countProblems(rest)}: see routerctl validate\n`] : []),
  ].join('');
}
