import { ok } from '../../protocol/result.js';
import type { Result } from '../../protocol/result.js';
import type { JournalFailure } from '../../reconciler/action/journal.js';
import { importOf, importPlans } from '../../reconciler/action/operate.js';
import type { Imported } from '../../reconciler/action/operate.js';
import { operatorName } from '../operator.js';
import { diagnostic } from '../output/diagnostics.js';
import { emit } from '../output/format.js';
import { importedItem } from '../reports/action-moves.js';
import { importText } from '../text/action-text.js';
import { journalOptions, openActions } from './action-view.js';
import type { WritingOptions } from './action-view.js';
import type { Command, CommandContext } from './context.js';
import { explainFailure } from './failure.js';

export interface ActionImportOptions extends WritingOptions {
  readonly dryRun?: boolean;
}

/** Takes the plans of the live parts into the journal. Findings never fail it. */
export const actionImport: Command<ActionImportOptions> = async (options, context) => {
  const { io } = context;
  const dryRun = options.dryRun === true;
  const who = { by: operatorName(context.env), asked: true };
  const done = dryRun ? await preview(options, context, who) : await write(options, context, who);
  if (done === 'said') return 1;
  if (!done.ok) return explainFailure(done.failure, io);
  const { steps, known, problems, repairs } = done.value;
  const items = steps.map(importedItem);
  const findings = [...repairs, ...problems];
  emit(io, options.output, {
    document: { kind: 'ActionImport', dryRun, transitions: items, known, problems: findings },
    table: () => importText(items, { dryRun, known }),
  });
  if (options.output === 'table')
    io.note(findings.map(finding => diagnostic(finding, { colour: io.colour.note })).join(''));
  return 0;
};

type Who = Parameters<typeof importPlans>[1];

async function preview(
  options: ActionImportOptions,
  context: CommandContext,
  who: Who,
): Promise<Result<Imported, JournalFailure> | 'said'> {
  const opened = await openActions(options, context);
  if (!opened.ok) return opened.failure;
  const { view, now } = opened.value;
  return ok({ ...importOf(view, who, now), repairs: [] });
}

async function write(
  options: ActionImportOptions,
  context: CommandContext,
  who: Who,
): Promise<Result<Imported, JournalFailure> | 'said'> {
  const journal = await journalOptions(options, context, 'import');
  return journal.ok ? importPlans(journal.value, who) : journal.failure;
}
