import { fail, ok } from '../../protocol/result.js';
import type { Result } from '../../protocol/result.js';
import type { Instant } from '../../protocol/time.js';
import { controlMessage } from '../../render/control-message.js';
import type { LoadedConfig } from '../../state/config/load.js';
import { withOpenState } from '../open-state.js';
import type { OpenOptions } from '../open-state.js';
import type { StateFailure } from '../pass-options.js';
import { browseState } from '../state-dir.js';
import type { StateView } from '../state-dir.js';
import { controlChanges, controlOf } from './control.js';
import type { Control } from './control.js';

/** What a change of the control files is decided on, under the lock. */
export interface ChangeFacts {
  readonly view: StateView;
  readonly config: LoadedConfig;
  readonly now: Instant;
}

/** What is to stand in `control/`, and what the commit says about it. */
export interface ControlChange<T> {
  readonly control: Control;
  /** As `Trigger:` says it: `suspend plugin/x`. */
  readonly what: string;
  /** A name that git can write. */
  readonly by: string;
  /** Why, in words; '' for nothing. */
  readonly why: string;
  readonly told: T;
}

/** Before there is a generation there is nothing to steer. */
export const nothingInForce = 'nothing is in force yet: run routerctl reconcile';

/**
 * Changes files in `control/` with a commit of their own, which leaves the effective-config as it is. Makes no state
 * directory. The inner failure is the decision's, in words.
 */
export async function changeControl<T>(
  options: OpenOptions,
  decide: (
    control: Control,
    facts: ChangeFacts,
  ) => Result<ControlChange<T>, string> | Promise<Result<ControlChange<T>, string>>,
): Promise<Result<Result<T, string>, StateFailure>> {
  // So that no state directory is made for nothing; what is decided on is read under the lock.
  const seen = await browseState(options.state);
  if (!seen.ok) return fail({ kind: 'state', failure: seen.failure });
  if (seen.value.head.record === undefined) return ok(fail(nothingInForce));
  return withOpenState(options, async (state): Promise<Result<T, string>> => {
    const view = state.view();
    const { record } = view.head;
    if (record === undefined) return fail(nothingInForce);
    const before = controlOf(view.head);
    const now = options.clock();
    const decided = await decide(before, { view, config: state.config, now });
    if (!decided.ok) return decided;
    const { control, what, by, why, told } = decided.value;
    const files = controlChanges(before, control);
    if (files.size > 0) {
      const message = controlMessage({ ...record, what, by, why });
      await state.commit({ files, message, author: by, at: now });
    }
    return ok(told);
  });
}
