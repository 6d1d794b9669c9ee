import { oneLine, printable } from '../../protocol/text.js';
import type { Direction } from '../../reconciler/action/action.js';
import type { JournalFailure } from '../../reconciler/action/journal.js';
import { noSuchAction } from '../../reconciler/action/operate.js';
import { waitingActions } from '../../reconciler/action/selection.js';
import { printablePainted } from '../output/colour.js';
import { emit } from '../output/format.js';
import { shown } from '../reports/action.js';
import { runExitCode } from '../reports/action-run.js';
import type { RunDocument, RunItem } from '../reports/action-run.js';
import { stopInTurn } from '../stop.js';
import { runItemText } from '../text/action-run-text.js';
import { dryRuns, executions } from './action-run.js';
import type { WritingOptions } from './action-view.js';
import { journalOptions, openActions } from './action-view.js';
import type { Opened } from './action-view.js';
import type { Command, CommandContext } from './context.js';
import { explainFailure } from './failure.js';

interface RunOptions extends WritingOptions {
  readonly dryRun?: boolean;
  readonly approved?: boolean;
  readonly waitWindow?: boolean;
  readonly message?: string;
}

export interface ActionExecuteOptions extends RunOptions {
  readonly ids: readonly string[];
}

export interface ActionRollbackOptions extends RunOptions {
  readonly id: string;
}

/**
 * Executes actions, or judges and shows what would be. Exit codes: 0 all succeeded, 2 some refused, skipped or running
 * elsewhere, 1 one failed or unknown, 75 the lock was not got.
 */
export const actionExecute: Command<ActionExecuteOptions> = (options, context) =>
  runActions(options, context, { command: 'execute', direction: 'execute', ids: options.ids });

export const actionRollback: Command<ActionRollbackOptions> = (options, context) =>
  runActions(options, context, { command: 'rollback', direction: 'undo', ids: [options.id] });

interface Asked {
  readonly command: 'execute' | 'rollback';
  readonly direction: Direction;
  /** Empty for all that wait. */
  readonly ids: readonly string[];
}

async function runActions(options: RunOptions, context: CommandContext, asked: Asked): Promise<number> {
  const { io } = context;
  const dryRun = options.dryRun === true;
  if (dryRun === (options.approved === true)) {
    io.note(
      `routerctl: action ${asked.command} does nothing by itself: --dry-run shows what would be done, --approved does it\n`,
    );
    return 1;
  }
  const opened = await openActions(options, context);
  if (!opened.ok) return 1;
  const ids = chosenIds(opened.value, asked, dryRun);
  const unknown = ids.filter(id => !opened.value.view.journal.has(id));
  for (const id of unknown) io.note(`routerctl: ${oneLine(noSuchAction(id))}\n`);
  if (unknown.length > 0) return 1;
  if (ids.length === 0 && options.output === 'table') io.note(nothingToDo(dryRun));
  return dryRun
    ? finish(options, context, {
        asked,
        dryRun,
        runs: dryRuns(ids, asked.direction, { opened: opened.value, context }),
      })
    : execute(options, context, { asked, ids });
}

function chosenIds({ view }: Opened, { ids }: Asked, dryRun: boolean): string[] {
  return ids.length > 0 ? [...new Set(ids)] : waitingActions(view, dryRun).map(({ id }) => id);
}

function nothingToDo(dryRun: boolean): string {
  const what = dryRun ? 'no action is pending or approved' : 'no action is approved';
  return `${what}: see routerctl action list\n`;
}

async function execute(
  options: RunOptions,
  context: CommandContext,
  { asked, ids }: { readonly asked: Asked; readonly ids: readonly string[] },
): Promise<number> {
  const { io } = context;
  const journal = await journalOptions(options, context, asked.command);
  if (!journal.ok) return 1;
  let working = '';
  context.takeSignals();
  const stop = stopInTurn(() => {
    if (working !== '')
      io.note(`routerctl: waiting for what comes of ${working}; a second signal leaves it unknown\n`);
  });
  const runs = executions(ids, {
    journal: { ...journal.value, signal: stop.signal },
    direction: asked.direction,
    message: options.message ?? '',
    waitWindow: options.waitWindow === true,
    reopen: () => openActions(options, context),
    context,
    onStart: id => {
      working = printable(id);
    },
  });
  const code = await finish(options, context, { asked, dryRun: false, runs });
  return stop.exitCode() ?? code;
}

/** Prints what comes of each action as soon as it is known, or one document at the end. */
async function finish(
  options: RunOptions,
  context: CommandContext,
  {
    asked,
    dryRun,
    runs,
  }: {
    readonly asked: Asked;
    readonly dryRun: boolean;
    readonly runs: AsyncIterable<RunItem | JournalFailure>;
  },
): Promise<number> {
  const { io } = context;
  const items: RunItem[] = [];
  let failure: JournalFailure | undefined;
  try {
    for await (const run of runs) {
      if ('kind' in run) {
        failure = run;
        continue;
      }
      const item = shown(run, options.showSecrets === true);
      items.push(item);
      if (options.output === 'table')
        io.out(
          printablePainted(io.colour.out, runItemText(item, { ...asked, dryRun, colour: io.colour.out })),
        );
    }
  } finally {
    // What was done so far is told even where the disk refuses the rest.
    const document: RunDocument = { kind: 'ActionRun', direction: asked.direction, dryRun, items };
    if (options.output !== 'table') emit(io, options.output, { document, table: () => '' });
  }
  return failure === undefined ? runExitCode(items) : explainFailure(failure, io);
}
