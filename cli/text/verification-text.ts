import { oneLine } from '../../protocol/text.js';
import { paintDiff } from '../output/colour.js';
import { diagnostic } from '../output/diagnostics.js';
import type { VerificationDocument } from '../reports/verification.js';

export function verificationText(document: VerificationDocument, colour: boolean): string {
  const { from, to, generations, commits, first } = document;
  const range = from === to ? `generation ${from}` : `generations ${from} to ${to}`;
  const counts = `${counted(generations, 'generation')}, ${counted(commits, 'commit')}`;
  if (first === null) return `${range}: ${counts}, each what its own files merge to\n`;
  const { generation, commit, time, author, problems, diff } = first;
  return [
    `${range}: differs at generation ${generation}, commit ${commit.slice(0, 12)} of ${time} by ${oneLine(author)}\n`,
    ...problems.map(problem => diagnostic(problem, { colour })),
    ...(diff === '' ? [] : [`\n${paintDiff(colour, diff)}`]),
    `\nlooked at ${counts}; those after it were not\n`,
  ].join('');
}

function counted(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
