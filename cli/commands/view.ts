import { fail, ok } from '../../protocol/result.js';
import type { Result } from '../../protocol/result.js';
import { printable } from '../../protocol/text.js';
import type { Store } from '../../state/git/store.js';
import { browseState, viewState } from '../../reconciler/state-dir.js';
import type { StateView } from '../../reconciler/state-dir.js';
import { settingsOf } from '../settings.js';
import type { CommonOptions } from '../settings.js';
import type { CommandContext } from './context.js';
import { say } from './failure.js';

/** Where a command takes what was parsed before from: `files` for who writes something that follows from it. */
export type ReadFrom = 'cache' | 'files';

/** Reads the state directory; what keeps a command from that has been said when it fails. */
export async function openView(
  options: CommonOptions,
  context: CommandContext,
  from: ReadFrom = 'cache',
): Promise<Result<StateView, 'said'>> {
  const settings = await settingsOf(options, context.env);
  const view = await (from === 'cache' ? browseState(settings.state) : viewState(settings.state));
  if (view.ok) return ok(view.value);
  say(context.io, view.failure);
  return fail('said');
}

/** The same for commands that have nothing to show before the first generation. */
export async function openHistory(
  options: CommonOptions,
  context: CommandContext,
  from: ReadFrom = 'cache',
): Promise<Result<StateView & { readonly store: Store }, 'said'>> {
  const view = await openView(options, context, from);
  if (!view.ok) return view;
  const { store } = view.value;
  if (store !== undefined && view.value.head.commit !== undefined) return ok({ ...view.value, store });
  const { state } = await settingsOf(options, context.env);
  context.io.note(
    `routerctl: there is no generation yet in ${printable(state.path)}: run routerctl reconcile\n`,
  );
  return fail('said');
}
