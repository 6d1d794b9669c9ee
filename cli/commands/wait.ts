import { setTimeout as pause } from 'node:timers/promises';
import { durationText, parseDuration } from '../../protocol/duration.js';
import { oneLine } from '../../protocol/text.js';
import { conditionTypes } from '../../reconciler/records/run-status.js';
import { findDaemon } from '../../reconciler/presence.js';
import { settingsOf } from '../settings.js';
import type { Command, CommandContext, OutputOptions } from './context.js';
import { readStatus } from './status.js';

export interface WaitOptions extends OutputOptions {
  /** `condition=TYPE`, or `condition=TYPE=STATUS`; the status is True by default. */
  readonly for: string;
  /** A Go duration. */
  readonly timeout: string;
}

const pollMs = 200;

/** Waits until a condition holds. Exit codes: 0 it does, 1 it did not in time. */
export const waitFor: Command<WaitOptions> = async (options, context) => {
  const { io, signal } = context;
  const match = /^condition=([A-Za-z]+)(?:=(True|False))?$/.exec(options.for);
  const type = conditionTypes.find(name => name.toLowerCase() === match?.[1]?.toLowerCase());
  const timeoutMs = parseDuration(options.timeout);
  if (type === undefined || timeoutMs === undefined || timeoutMs < 0) {
    io.note(
      `routerctl: --for takes condition=${conditionTypes.join('|')}[=True|False], --timeout a duration such as 60s\n`,
    );
    return 1;
  }
  const wanted = match?.[2] ?? 'True';
  const deadline = context.clock() + timeoutMs;
  for (;;) {
    const status = await readStatus(options, context);
    if (!status.ok) return 1;
    const found = status.value.conditions.find(condition => condition.type === type);
    if (found?.status === wanted) {
      io.out(`condition ${type} is ${wanted}\n`);
      return 0;
    }
    if (context.clock() >= deadline || signal.aborted) {
      const state =
        found === undefined ? 'was never reported' : `is ${found.status}: ${oneLine(found.message, 400)}`;
      io.note(`routerctl: after ${options.timeout} the condition ${type} ${state}\n`);
      return 1;
    }
    await pause(pollMs, undefined, { signal }).catch(() => undefined);
  }
};

/** Asks the running daemon to look now, and waits until it has. Says why when it cannot. */
export async function askDaemon(
  options: OutputOptions,
  context: CommandContext,
  timeoutMs: number,
): Promise<boolean> {
  const { io, clock, signal } = context;
  const { state } = await settingsOf(options, context.env);
  const daemon = await findDaemon(state.path);
  if (daemon === undefined) {
    io.note(`routerctl: no routerd runs on ${state.path}: leave --wait out to reconcile by yourself\n`);
    return false;
  }
  const before = daemon.lookedAt ?? 0;
  process.kill(daemon.pid, 'SIGHUP');
  const deadline = clock() + timeoutMs;
  while (clock() < deadline && !signal.aborted) {
    await pause(pollMs, undefined, { signal }).catch(() => undefined);
    const now = await findDaemon(state.path);
    if (now === undefined) {
      io.note('routerctl: routerd has stopped meanwhile\n');
      return false;
    }
    if ((now.lookedAt ?? 0) > before) return true;
  }
  io.note(
    `routerctl: routerd (process ${daemon.pid}) did not finish a pass within ${durationText(timeoutMs)}\n`,
  );
  return false;
}
