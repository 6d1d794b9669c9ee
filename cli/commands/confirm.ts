import { confirmEdit } from '../../reconciler/control/confirm.js';
import { controlOf } from '../../reconciler/control/control.js';
import { emit } from '../output/format.js';
import { confirmationItem } from '../reports/control.js';
import { confirmationLine } from '../text/control-text.js';
import type { Command, OutputOptions } from './context.js';
import { decide } from './decision.js';
import { openView } from './view.js';

export interface ConfirmCommandOptions extends OutputOptions {
  /** Show what waits, change nothing. */
  readonly status?: boolean;
  readonly message?: string;
  /** Milliseconds to wait for another writer. */
  readonly lockTimeout: number;
}

/** Exit codes: 0 confirmed, or with --status something waits; 1 nothing waits, or its time is over. */
export const confirmGeneration: Command<ConfirmCommandOptions> = async (options, context) => {
  if (options.status === true) return showPending(options, context);
  const { io, clock } = context;
  // What was edited meanwhile has waited for this.
  const done = await decide(options, context, {
    command: 'routerctl confirm',
    perform: base => confirmEdit({ ...base, message: options.message ?? '' }),
  });
  if (!done.ok) return done.failure;
  const item = confirmationItem(done.value.value, clock());
  emit(io, options.output, {
    document: { kind: 'Confirmation', state: 'confirmed', ...item },
    table: () => `confirmed generation ${item.generation}\n`,
  });
  return 0;
};

const showPending: Command<ConfirmCommandOptions> = async (options, context) => {
  const { io, clock } = context;
  const view = await openView(options, context);
  if (!view.ok) return 1;
  const { confirm } = controlOf(view.value.head);
  if (confirm === undefined) {
    emit(io, options.output, {
      document: { kind: 'Confirmation', state: 'none' },
      table: () => 'nothing waits to be confirmed\n',
    });
    return 1;
  }
  const item = confirmationItem(confirm, clock());
  emit(io, options.output, {
    document: { kind: 'Confirmation', state: item.leftSeconds === 0 ? 'over' : 'pending', ...item },
    table: () => `${confirmationLine(item)}\n`,
  });
  return 0;
};
