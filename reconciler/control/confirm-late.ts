import { fail, ok } from '../../protocol/result.js';
import type { Result } from '../../protocol/result.js';
import { generationAt } from '../generations.js';
import { statePaths } from '../head.js';
import type { OpenOptions } from '../open-state.js';
import type { StateFailure } from '../pass-options.js';
import { viewState } from '../state-dir.js';
import type { StateView } from '../state-dir.js';
import { changeControl } from './change.js';
import type { Baseline, ConfirmOrder, PendingConfirmation } from './confirmation.js';

/** An edit that has been in force for longer is no longer what somebody means who has just typed `--confirm`. */
const freshMs = 60_000;

export interface ConfirmLateOptions extends OpenOptions {
  readonly confirm: ConfirmOrder;
  readonly by: string;
}

/**
 * Lets the edit in force wait for a confirmation that a daemon was quicker to take than the command which asks for it.
 * The inner failure says in words why there is nothing that could wait.
 */
export async function confirmLate(
  options: ConfirmLateOptions,
): Promise<Result<Result<PendingConfirmation, string>, StateFailure>> {
  const seen = await viewState(options.state);
  if (!seen.ok) return fail({ kind: 'state', failure: seen.failure });
  const baseline = await baselineOf(seen.value, options.clock());
  if (!baseline.ok) return ok(baseline);
  const digest = seen.value.head.record?.startupConfigHash ?? '';
  return changeControl(options, (control, { view, now }) => {
    if (view.head.record?.startupConfigHash !== digest || control.confirm !== undefined)
      return fail('somebody else changed what is in force meanwhile');
    const { forMs, probe } = options.confirm;
    const { generation } = view.head;
    const pending: PendingConfirmation = {
      generation,
      digest,
      baseline: baseline.value,
      since: now,
      deadline: now + forMs,
      by: options.by,
      ...(probe === undefined ? {} : { probe }),
    };
    return ok({
      control: { ...control, confirm: pending },
      what: `confirm-begin ${generation}`,
      by: options.by,
      why: '',
      told: pending,
    });
  });
}

/** What was in force before the last edit. */
async function baselineOf({ store }: StateView, now: number): Promise<Result<Baseline, string>> {
  const [last] = store === undefined ? [] : await store.commits({ path: statePaths.startup, limit: 1 });
  if (store === undefined || last === undefined) return fail('nothing is in force yet');
  const [commit] = last.parents;
  if (commit === undefined) return fail('before the first generation there is nothing to go back to');
  if (now - last.at > freshMs)
    return fail('what the config directory holds has been in force for more than a minute');
  const found = await generationAt(store, commit);
  const record = found.ok ? found.value.record : undefined;
  if (record === undefined) return fail('the generation before cannot be read');
  const { generation, startupConfigHash } = record;
  return ok({ generation, startupConfigHash, commit });
}
