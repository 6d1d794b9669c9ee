import { fail, ok } from '../../protocol/result.js';
import type { Result } from '../../protocol/result.js';
import type { Instant } from '../../protocol/time.js';
import { viewActions } from '../../reconciler/action/journal.js';
import type { ActionView, JournalOptions } from '../../reconciler/action/journal.js';
import { browseConfig } from '../../reconciler/config-cache.js';
import type { Store } from '../../state/git/store.js';
import { settingsOf } from '../settings.js';
import type { Settings } from '../settings.js';
import type { CommandContext, OutputOptions } from './context.js';
import { openHistory } from './view.js';

export interface WritingOptions extends OutputOptions {
  /** Milliseconds to wait for another writer. */
  readonly lockTimeout: number;
}

/** What decisions about actions rest on, read without a lock. */
export interface Opened {
  readonly settings: Settings;
  readonly store: Store;
  readonly view: ActionView;
  readonly now: Instant;
}

/** Reads journal and config directory of a command about actions; what keeps it from that has been said when it fails. */
export async function openActions(
  options: OutputOptions,
  context: CommandContext,
): Promise<Result<Opened, 'said'>> {
  const history = await openHistory(options, context);
  if (!history.ok) return fail('said');
  const { head, store } = history.value;
  const settings = await settingsOf(options, context.env);
  const view = await viewActions(settings.state.path, head, {
    config: await browseConfig(settings.config),
    now: context.clock(),
  });
  return ok({ settings, store, view, now: context.clock() });
}

/**
 * How a command writes to the journal. To be had only where there is a generation already, as there is nothing about
 * actions before it, and a directory that is not routerd's must stay as it is.
 */
export async function journalOptions(
  options: WritingOptions,
  context: CommandContext,
  command: string,
): Promise<Result<JournalOptions, 'said'>> {
  const history = await openHistory(options, context);
  if (!history.ok) return fail('said');
  const { clock, signal } = context;
  const settings = await settingsOf(options, context.env);
  return ok({
    ...settings,
    clock,
    signal,
    lockTimeoutMs: options.lockTimeout,
    command: `routerctl action ${command}`,
  });
}
