import { refText } from '../../protocol/resource.js';
import { oneLine } from '../../protocol/text.js';
import { paintDiff } from '../output/colour.js';
import type { BisectionDocument } from '../reports/bisection.js';
import { commitText } from './explanation-text.js';

export function bisectionText(document: BisectionDocument, colour: boolean): string {
  const { first, candidates, checks, changes, diff } = document;
  const count = `${checks.length} check${checks.length === 1 ? '' : 's'}`;
  if (first === null)
    return `undecided after ${count}: the first bad generation is one of ${candidates.join(', ')}\n`;
  return [
    `generation ${first.generation ?? 0} is the first bad one, found with ${count}\n`,
    `  commit  ${oneLine(commitText(first), 400)}\n\n`,
    ...changes.map(
      ({ action, resource, source, until }) =>
        `${action.padEnd(8)} ${oneLine(`${refText(resource)}  ${source}${until === undefined ? '' : ` until ${until}`}`)}\n`,
    ),
    diff === '' ? '' : `\n${paintDiff(colour, diff)}`,
  ].join('');
}
