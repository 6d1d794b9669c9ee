import type { Result } from '../../protocol/result.js';
import { oneLine, printable } from '../../protocol/text.js';
import type { Action } from '../../reconciler/action/action.js';
import type { JournalFailure, JournalOptions } from '../../reconciler/action/journal.js';
import { lookAtAction } from '../../reconciler/action/look.js';
import { operate } from '../../reconciler/action/operate.js';
import { personProblem } from '../../state/git/person.js';
import { operatorName } from '../operator.js';
import { emit, listDocument } from '../output/format.js';
import { movedItem } from '../reports/action-moves.js';
import type { MovedItem } from '../reports/action-moves.js';
import { movedText } from '../text/action-text.js';
import { journalOptions } from './action-view.js';
import type { WritingOptions } from './action-view.js';
import type { Command, CommandContext } from './context.js';
import { explainFailure } from './failure.js';

export interface OperateOptions extends WritingOptions {
  readonly ids: readonly string[];
  readonly message?: string;
}

export const actionApprove: Command<OperateOptions & { readonly by?: string }> = async (options, context) => {
  const by = options.by ?? operatorName(context.env);
  const wrong = nameProblem(by);
  if (wrong !== undefined) {
    context.io.note(`routerctl: --by ${JSON.stringify(oneLine(by))} cannot stand in the journal: ${wrong}\n`);
    return 1;
  }
  return each({ ...options, by, command: 'approve' }, context, (journal, id, message) =>
    operate(journal, id, { type: 'approve', by, message }),
  );
};

export const actionReject: Command<OperateOptions> = async (options, context) => {
  const by = operatorName(context.env);
  if (isMissing(options.message)) return needsMessage(context, 'a rejection says why');
  return each({ ...options, by, command: 'reject' }, context, (journal, id, message) =>
    operate(journal, id, { type: 'reject', by, message }),
  );
};

export const actionRetry: Command<OperateOptions> = async (options, context) => {
  const by = operatorName(context.env);
  return each({ ...options, by, command: 'retry' }, context, (journal, id, message) =>
    operate(journal, id, { type: 'retry', by, message }),
  );
};

export interface ResolveOptions extends WritingOptions {
  readonly id: string;
  readonly succeeded?: boolean;
  readonly failed?: boolean;
  readonly look?: boolean;
  readonly message?: string;
}

/** Settles an unknown action, by the word of the operator or of its executor. */
export const actionResolve: Command<ResolveOptions> = async (options, context) => {
  const { id, succeeded = false, failed = false, look = false } = options;
  const by = operatorName(context.env);
  if (!succeeded && !failed && !look) {
    context.io.note(
      'routerctl: say what is known: --succeeded, --failed, or --look to have the executor look\n',
    );
    return 1;
  }
  if (!look && isMissing(options.message)) return needsMessage(context, 'say how that is known');
  return each({ ...options, ids: [id], by, command: 'resolve' }, context, (journal, _, message) =>
    look
      ? lookAtAction(journal, { id, by, message })
      : operate(journal, id, { type: 'resolve', succeeded, by, message }),
  );
};

type Operation = (
  journal: JournalOptions,
  id: string,
  message: string,
) => Promise<Result<Result<Action, string>, JournalFailure>>;

/** Asks for the same about several actions, each by itself. Exit codes: 0 all moved, 1 one did not, 75 locked. */
async function each(
  options: OperateOptions & { readonly by: string; readonly command: string },
  context: CommandContext,
  operation: Operation,
): Promise<number> {
  const { io } = context;
  const { by, command, message = '' } = options;
  const journal = await journalOptions(options, context, command);
  if (!journal.ok) return 1;
  const items: MovedItem[] = [];
  let locked: JournalFailure | undefined;
  for (const id of new Set(options.ids)) {
    const asked = await operation(journal.value, id, message);
    if (!asked.ok) {
      locked = asked.failure;
      break;
    }
    items.push(movedItem(id, by, asked.value));
  }
  emit(io, options.output, {
    document: listDocument('ActionMove', items),
    table: () => movedText(items.filter(({ moved }) => moved)),
  });
  for (const { id, message: why } of items.filter(({ moved }) => !moved))
    io.note(`routerctl: action ${printable(id)}: ${oneLine(why, 1_000)}\n`);
  if (locked !== undefined) return explainFailure(locked, io);
  return items.every(({ moved }) => moved) ? 0 : 1;
}

/** Why a name cannot be that of a person in the journal; undefined where it can. */
function nameProblem(name: string): string | undefined {
  if (printable(name) !== name || Array.from(name).length > 100)
    return 'it holds characters that cannot be printed, or more than 100';
  if (name.toLowerCase().trim() === 'routerd' || name.startsWith('Plugin/'))
    return 'it is not that of a person';
  return personProblem({ name, email: name });
}

function isMissing(message: string | undefined): boolean {
  return (message ?? '').trim() === '';
}

function needsMessage({ io }: CommandContext, why: string): number {
  io.note(`routerctl: -m is missing: ${why}\n`);
  return 1;
}
