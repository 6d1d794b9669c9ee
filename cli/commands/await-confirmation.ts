import { setTimeout as pause } from 'node:timers/promises';
import { confirmEdit } from '../../reconciler/control/confirm.js';
import type { PendingConfirmation } from '../../reconciler/control/confirmation.js';
import { controlOf } from '../../reconciler/control/control.js';
import { probeEveryMs, runProbe } from '../../reconciler/control/probe.js';
import { findDaemon } from '../../reconciler/presence.js';
import { viewState } from '../../reconciler/state-dir.js';
import { oneLine } from '../../protocol/text.js';
import { formatTime } from '../../protocol/time.js';
import type { Settings } from '../settings.js';
import { confirmationItem } from '../reports/control.js';
import { confirmationLine } from '../text/control-text.js';
import type { CommandContext } from './context.js';
import { explainFailure } from './failure.js';
import { nudgeDaemon } from './nudge.js';
import { pass } from './pass.js';

const pollMs = 200;

export interface AwaitFacts {
  readonly settings: Settings;
  readonly pending: PendingConfirmation;
  /** Milliseconds to wait for another writer. */
  readonly lockTimeout: number;
}

/**
 * After an edit that is to be confirmed: a daemon looks after it where one runs; else this command waits until somebody
 * has confirmed it, runs its probe, and takes it back when the time is over. Exit codes: 0 confirmed, or in the hands of a
 * daemon; 1 taken back. Whoever interrupts it leaves that to the next pass of anybody.
 */
export async function awaitConfirmation(facts: AwaitFacts, context: CommandContext): Promise<number> {
  const { settings, pending, lockTimeout } = facts;
  const { io, clock, signal } = context;
  io.note(`${confirmationLine(confirmationItem(pending, clock()))}\n  hint: routerctl confirm\n`);
  const { state } = settings;
  if (await nudgeDaemon(state.path)) return 0;
  const stillWaits = async (): Promise<boolean> => {
    const seen = await viewState(state);
    if (!seen.ok) return false;
    const { confirm } = controlOf(seen.value.head);
    return confirm?.digest === pending.digest && confirm.generation === pending.generation;
  };
  let probeAt = clock();
  while (clock() < pending.deadline) {
    if (signal.aborted) {
      io.note('routerctl: the next pass after the deadline takes it back, unless somebody confirms it\n');
      return 1;
    }
    if (pending.probe !== undefined && clock() >= probeAt) {
      if (await probed(facts, context)) return 0;
      probeAt = clock() + probeEveryMs(pending);
    }
    if (!(await stillWaits())) {
      io.note(`generation ${pending.generation} is confirmed\n`);
      return 0;
    }
    if ((await findDaemon(state.path)) !== undefined) return 0;
    await pause(Math.max(1, Math.min(pollMs, pending.deadline - clock())), undefined, { signal }).catch(
      () => undefined,
    );
  }
  const what = { dryRun: false, command: 'routerctl reconcile', lockTimeoutMs: lockTimeout };
  const done = await pass(settings, context, what);
  if (!done.ok) return explainFailure(done.failure, io);
  const { settlement } = done.value;
  io.note(
    `routerctl: generation ${pending.generation} was not confirmed until ${formatTime(pending.deadline)}: the startup-config of generation ${pending.baseline.generation} is in force again, as generation ${settlement?.generation.next ?? 0}\n`,
  );
  return 1;
}

async function probed(
  { settings, pending, lockTimeout }: AwaitFacts,
  context: CommandContext,
): Promise<boolean> {
  const { io, clock, signal } = context;
  const { searchPath } = settings.state;
  const { succeeded, message } = await runProbe(pending, { now: clock(), searchPath, signal });
  if (!succeeded) {
    if (!signal.aborted) io.note(`the probe failed: ${oneLine(message, 400)}\n`);
    return false;
  }
  const done = await confirmEdit({
    ...settings,
    clock,
    signal,
    lockTimeoutMs: lockTimeout,
    command: 'routerctl reconcile',
    by: pending.by,
    message: 'the probe succeeded',
    generation: pending.generation,
  });
  if (!done.ok || !done.value.ok) return false;
  io.note(`the probe succeeded: generation ${pending.generation} is confirmed\n`);
  return true;
}
