import { oneLine } from '../../protocol/text.js';
import { directionOf, stateOf } from '../../reconciler/action/action.js';
import type { Action, ActionState, Direction } from '../../reconciler/action/action.js';
import { gateFacts } from '../../reconciler/action/facts.js';
import { judgeGates } from '../../reconciler/action/gates.js';
import { isInterrupted } from '../../reconciler/action/journal.js';
import { noSuchAction } from '../../reconciler/action/operate.js';
import { emit, listDocument } from '../output/format.js';
import { actionItem } from '../reports/action.js';
import { listText, showText } from '../text/action-text.js';
import { openActions } from './action-view.js';
import type { Command, OutputOptions } from './context.js';

export interface ActionListOptions extends OutputOptions {
  readonly status?: ActionState;
  readonly provider?: string;
}

/** The actions of the journal, the one that moved last first. */
export const actionList: Command<ActionListOptions> = async (options, context) => {
  const opened = await openActions(options, context);
  if (!opened.ok) return 1;
  const items = [...opened.value.view.journal.values()]
    .sort((a, b) => movedAt(b) - movedAt(a) || (a.id < b.id ? -1 : 1))
    .map(action => actionItem(action, options.showSecrets === true))
    .filter(({ status }) => options.status === undefined || status === options.status)
    .filter(({ provider }) => options.provider === undefined || provider === options.provider);
  emit(context.io, options.output, {
    document: listDocument('Action', items),
    table: () => listText(items),
  });
  return 0;
};

function movedAt({ transitions }: Action): number {
  return transitions.at(-1)?.at ?? 0;
}

export interface ActionShowOptions extends OutputOptions {
  readonly id: string;
}

/** One action, with the gates of what could be done with it next. */
export const actionShow: Command<ActionShowOptions> = async (options, context) => {
  const { io } = context;
  const opened = await openActions(options, context);
  if (!opened.ok) return 1;
  const { view, now, settings } = opened.value;
  const action = view.journal.get(options.id);
  if (action === undefined) {
    io.note(`routerctl: ${oneLine(noSuchAction(options.id))}\n`);
    return 1;
  }
  const direction = nextDirection(action);
  const gates = judgeGates(
    action,
    gateFacts(action, view, { direction, asked: 'operator', startedInRun: 0, now }),
  );
  const item = {
    ...actionItem(action, options.showSecrets === true),
    direction,
    gates,
    interrupted: await isInterrupted(action, settings.state.path),
  };
  emit(io, options.output, { document: { kind: 'Action', ...item }, table: () => showText(item) });
  return 0;
};

/** Whether an executor would next carry the action out or take it back. */
function nextDirection(action: Action): Direction {
  const state = stateOf(action);
  if (state === 'succeeded') return 'undo';
  return ['rollingBack', 'rolledBack', 'unknown'].includes(state) ? directionOf(action) : 'execute';
}
