import type { Place, Problem, Severity } from '../../protocol/problem.js';
import { printable } from '../../protocol/text.js';
import { paint } from './colour.js';
import type { Style } from './colour.js';
import { excerpt } from './excerpt.js';

const styles: Readonly<Record<Severity, Style>> = { error: 'red', warning: 'yellow', note: 'cyan' };

export interface DiagnosticOptions {
  readonly colour: boolean;
  /** Texts of the files that places speak about. */
  readonly texts?: ReadonlyMap<string, string>;
}

/** `router.yaml:17:7` */
export function placeText({ file, line, column }: Place): string {
  return printable([file, line, column].filter(part => part !== undefined).join(':'));
}

/** A problem for people: place, sentence and code, the line with a marker, what to do, the other ends. */
export function diagnostic(problem: Problem, options: DiagnosticOptions): string {
  const { place, source, severity, reason, message, hint, related = [] } = problem;
  const where = [
    place === undefined ? undefined : placeText(place),
    source === undefined ? undefined : printable(source),
  ]
    .filter(text => text !== undefined)
    .map(text => `${paint(options.colour, 'bold', text)}: `);
  const head = `${where.join('')}${paint(options.colour, styles[severity], severity)}: ${printable(message)} [${reason}]`;
  const lines = place === undefined ? undefined : excerpt(options.texts?.get(place.file), place);
  const [code = '', marker = ''] = lines ?? [];
  return [
    head,
    ...(lines === undefined ? [] : [`  ${code}`, `  ${paint(options.colour, styles[severity], marker)}`]),
    ...(hint === undefined ? [] : [`  hint: ${printable(hint)}`]),
    ...related.map(other => `  ${printable(other.message)}: ${placeText(other.place)}`),
    '',
  ].join('\n');
}

/** `2 errors, 1 warning` */
export function countProblems(problems: readonly Problem[]): string {
  const counts = (['error', 'warning', 'note'] as const).map(severity => {
    const number = problems.filter(problem => problem.severity === severity).length;
    return number === 0 ? '' : `${number} ${severity}${number === 1 ? '' : 's'}`;
  });
  return counts.filter(text => text !== '').join(', ');
}
