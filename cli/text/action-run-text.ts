import { oneLine } from '../../protocol/text.js';
import { paint } from '../output/colour.js';
import type { Style } from '../output/colour.js';
import type { RunItem, RunOutcome } from '../reports/action-run.js';
import { gateLines } from './action-text.js';

export interface RunTextOptions {
  readonly command: 'execute' | 'rollback';
  readonly dryRun: boolean;
  readonly colour: boolean;
}

const styles: Readonly<Record<RunOutcome, Style>> = {
  ready: 'green',
  done: 'green',
  succeeded: 'green',
  refused: 'yellow',
  skipped: 'yellow',
  running: 'yellow',
  failed: 'red',
  unknown: 'red',
  missing: 'red',
};

/** What became of one action: a line, and for a dry-run its gates and what the executor says. */
export function runItemText(item: RunItem, options: RunTextOptions): string {
  const { dryRun, colour } = options;
  const head = `${item.id}: ${paint(colour, styles[item.outcome], headline(item, options))}`;
  if (!dryRun || item.gates === undefined) return `${head}${detail(item)}\n`;
  return [head, ...gateLines(item.gates), `  ${answerText(item)}`, ''].join('\n');
}

function headline({ outcome }: RunItem, { command, dryRun }: RunTextOptions): string {
  switch (outcome) {
    case 'ready':
      return command === 'rollback' ? 'would be taken back' : 'would be executed';
    case 'done':
      return 'nothing to do';
    case 'succeeded':
      return command === 'rollback' ? 'rolled back' : 'succeeded';
    case 'refused':
      return dryRun ? 'would be refused' : 'refused';
    case 'running':
      return 'running elsewhere';
    case 'unknown':
      return dryRun ? 'its executor cannot be understood' : 'unknown';
    case 'failed':
      return dryRun
        ? 'its executor says that it would fail'
        : command === 'rollback'
          ? 'the undo failed'
          : 'failed';
    case 'skipped':
      return command === 'rollback' ? 'the undo was skipped' : 'skipped';
    case 'missing':
      return 'not there';
  }
}

function detail({ id, outcome, message }: RunItem): string {
  const settle =
    outcome === 'unknown' ? `; find out what came of it, then: routerctl action resolve ${id}` : '';
  return `${message === '' ? '' : `: ${oneLine(message, 1_000)}`}${settle}`;
}

function answerText({ answer }: RunItem): string {
  if (answer === undefined)
    return 'the executor is not asked: policy, provider, action and addresses come first';
  const { outcome, error, message, observed } = answer;
  const facts = JSON.stringify(observed);
  const said = [error, message, facts === '{}' ? '' : `observed ${facts}`].filter(text => text !== '');
  return `the executor says ${outcome ?? 'nothing that can be read'}${said.length === 0 ? '' : `: ${oneLine(said.join('; '), 1_000)}`}`;
}
