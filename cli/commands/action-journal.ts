import { oneLine } from '../../protocol/text.js';
import { noSuchAction } from '../../reconciler/action/operate.js';
import { actionPath, actionsFolder } from '../../reconciler/action/record.js';
import { emit, listDocument } from '../output/format.js';
import { shown } from '../reports/action.js';
import { journalItems } from '../reports/action-journal.js';
import { journalText } from '../text/action-text.js';
import { openActions } from './action-view.js';
import type { Command, OutputOptions } from './context.js';

export interface ActionJournalOptions extends OutputOptions {
  readonly id?: string;
  readonly limit?: number;
}

/** Every step of all actions, or of one, in the order of their commits, the newest last. */
export const actionJournal: Command<ActionJournalOptions> = async (options, context) => {
  const { io } = context;
  const { id, limit, showSecrets } = options;
  const opened = await openActions(options, context);
  if (!opened.ok) return 1;
  const { view, store } = opened.value;
  if (id !== undefined && !view.journal.has(id)) {
    io.note(`routerctl: ${oneLine(noSuchAction(id))}\n`);
    return 1;
  }
  const commits = await store.commits({
    ...(view.head.commit === undefined ? {} : { from: view.head.commit }),
    path: id === undefined ? actionsFolder : actionPath(id),
  });
  const told = journalItems(view.journal, commits).filter(item => id === undefined || item.id === id);
  const items = told.slice(limit === undefined ? 0 : -limit);
  emit(io, options.output, {
    document: listDocument('ActionTransition', shown(items, showSecrets === true)),
    table: () => journalText(items),
  });
  return 0;
};
