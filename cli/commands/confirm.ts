import { confirmEdit } from '../../reconciler/control/confirm.js';
import { controlOf } from '../../reconciler/control/control.js';
import { operatorName } from '../operator.js';
import { emit } from '../output/format.js';
import { confirmationItem } from '../reports/control.js';
import { settingsOf } from '../settings.js';
import { confirmationLine } from '../text/control-text.js';
import type { Command, OutputOptions } from './context.js';
import { explainFailure } from './failure.js';
import { nudgeDaemon } from './nudge.js';
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
  const { io, env, clock, signal } = context;
  const settings = await settingsOf(options, env);
  const done = await confirmEdit({
    ...settings,
    clock,
    signal,
    lockTimeoutMs: options.lockTimeout,
    command: 'routerctl confirm',
    by: operatorName(env),
    message: options.message ?? '',
  });
  if (!done.ok) return explainFailure(done.failure, io);
  if (!done.value.ok) {
    io.note(`routerctl: ${done.value.failure}\n`);
    return 1;
  }
  const item = confirmationItem(done.value.value, clock());
  // What was edited meanwhile has waited for this.
  await nudgeDaemon(settings.state.path);
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
