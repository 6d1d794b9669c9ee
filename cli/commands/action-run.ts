import { setTimeout as pause } from 'node:timers/promises';
import { printable } from '../../protocol/text.js';
import type { Result } from '../../protocol/result.js';
import { stateOf } from '../../reconciler/action/action.js';
import type { Direction } from '../../reconciler/action/action.js';
import { executeAction } from '../../reconciler/action/execute.js';
import type { ExecuteOutcome } from '../../reconciler/action/execute.js';
import { gateFacts } from '../../reconciler/action/facts.js';
import { judgeGates } from '../../reconciler/action/gates.js';
import type { Gate } from '../../reconciler/action/gates.js';
import type { JournalFailure, JournalOptions } from '../../reconciler/action/journal.js';
import { dryRunAction } from '../../reconciler/action/look.js';
import { operatorName } from '../operator.js';
import { doneItem, dryRunItem, executedItem } from '../reports/action-run.js';
import type { RunItem } from '../reports/action-run.js';
import type { Opened } from './action-view.js';
import type { CommandContext } from './context.js';

/** Dry-runs of actions one after the other, on one view. Writes nothing. */
export async function* dryRuns(
  ids: readonly string[],
  direction: Direction,
  { opened, context }: { readonly opened: Opened; readonly context: CommandContext },
): AsyncGenerator<RunItem> {
  const { view, now, settings } = opened;
  let startedInRun = 0;
  for (const id of ids) {
    const action = view.journal.get(id);
    if (action === undefined) throw new Error(`action ${id} was looked for before`);
    if (stateOf(action) === goalOf(direction)) {
      yield doneItem(action);
      continue;
    }
    const run = await dryRunAction(action, view, {
      direction,
      startedInRun,
      now,
      searchPath: settings.state.searchPath,
      signal: context.signal,
    });
    if (run.gates.every(({ open }) => open)) startedInRun++;
    yield dryRunItem(run);
  }
}

function goalOf(direction: Direction): string {
  return direction === 'execute' ? 'succeeded' : 'rolledBack';
}

export interface ExecutionsOptions {
  /** Its signal keeps further actions from being started. */
  readonly journal: JournalOptions & { readonly signal: AbortSignal };
  readonly direction: Direction;
  readonly message: string;
  readonly waitWindow: boolean;
  /** Reads journal and policy anew. */
  readonly reopen: () => Promise<Result<Opened, 'said'>>;
  readonly context: CommandContext;
  /** Told which action is at work now. */
  readonly onStart: (id: string) => void;
}

/** Executes actions one after the other. A refusal stops nothing behind it; a failure to get at the journal ends the run. */
export async function* executions(
  ids: readonly string[],
  options: ExecutionsOptions,
): AsyncGenerator<RunItem | JournalFailure> {
  const { journal, onStart } = options;
  let started = 0;
  for (const id of ids) {
    if (isAborted(journal.signal)) return;
    onStart(id);
    const done = await executeInWindow(id, started, options);
    onStart('');
    if (!done.ok) {
      // A wait for the lock that was called off is no failure of it.
      if (!isAborted(journal.signal)) yield done.failure;
      return;
    }
    if (done.value.kind === 'ended') started++;
    yield executedItem(id, done.value);
  }
}

/** A call, so that nobody takes the answer of a moment ago for that of now. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

const pollMs = 2_000;

async function executeInWindow(
  id: string,
  started: number,
  options: ExecutionsOptions,
): Promise<Result<ExecuteOutcome, JournalFailure>> {
  const { journal, direction, message, waitWindow, context } = options;
  const by = operatorName(context.env);
  let told = false;
  for (;;) {
    const done = await executeAction(
      { ...journal, direction, asked: 'operator', by, message, startedInRun: () => started },
      id,
    );
    if (!waitWindow || !done.ok || done.value.kind !== 'refused' || !windowAlone(done.value.gates))
      return done;
    if (!told)
      context.io.note(
        `${printable(id)}: ${done.value.gates.find(isWindow)?.message ?? ''}; waiting for it\n`,
      );
    told = true;
    if (!(await windowChange(id, started, options))) return done;
  }
}

/** Waits until something else than the window alone is in the way; false where the wait was called off. */
async function windowChange(id: string, startedInRun: number, options: ExecutionsOptions): Promise<boolean> {
  const { journal, direction, reopen } = options;
  for (;;) {
    await pause(pollMs, undefined, { signal: journal.signal }).catch(() => undefined);
    if (isAborted(journal.signal)) return false;
    const opened = await reopen();
    if (!opened.ok) return false;
    const { view, now } = opened.value;
    const action = view.journal.get(id);
    if (action === undefined) return true;
    const facts = gateFacts(action, view, { direction, asked: 'operator', startedInRun, now });
    if (!windowAlone(judgeGates(action, facts))) return true;
  }
}

function windowAlone(gates: readonly Gate[]): boolean {
  const closed = gates.filter(({ open }) => !open);
  return closed.length > 0 && closed.every(isWindow);
}

function isWindow({ gate }: Gate): boolean {
  return gate === 'window';
}
