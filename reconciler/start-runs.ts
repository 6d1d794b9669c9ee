import { availableParallelism } from 'node:os';
import { isLocked } from '../state/lock-helper.js';
import { tryLock, acquireLock } from '../state/lock.js';
import { mapBounded } from './bounded.js';
import type { Attempt } from './outcomes.js';
import { runPlugin } from './run-plugin.js';
import type { RunContext, RunOrder } from './run-plugin.js';
import { pluginLockPath } from './state-dir.js';
import type { StateDir } from './state-dir.js';

export interface StartOptions extends Pick<RunContext, 'checker' | 'clock' | 'signal'> {
  readonly state: StateDir;
  readonly dryRun: boolean;
  readonly only?: string;
  readonly command: string;
}

/** `plugin run` waits for a run that is under way: longer than any sensible timeout, so that only a stuck one ends it. */
const waitForRunMs = 10 * 60_000;

/**
 * Runs plugins side by side. The same plugin never runs twice at once, over processes too: a lock a plugin sees to it.
 * A pass leaves out one that is running; whoever asked for one plugin waits. A dry-run looks at the lock and makes none.
 */
export function startRuns(orders: readonly RunOrder[], options: StartOptions): Promise<Attempt[]> {
  return mapBounded(orders, 2 * availableParallelism(), order => attempt(order, options));
}

async function attempt(order: RunOrder, options: StartOptions): Promise<Attempt> {
  const { name } = order;
  const run = async (): Promise<Attempt> => ({
    name,
    state: 'finished',
    run: await runPlugin(order, { ...options, searchPath: options.state.searchPath }),
  });
  const path = pluginLockPath(options.state.path, name);
  if (options.dryRun) return (await isLocked(path)) ? { name, state: 'running' } : run();
  const holder = { command: options.command };
  const lock =
    options.only === name
      ? await acquireLock(path, {
          timeoutMs: waitForRunMs,
          holder,
          ...(options.signal ? { signal: options.signal } : {}),
        })
      : await tryLock(path, holder);
  if (!lock.ok) return { name, state: 'running' };
  try {
    return await run();
  } finally {
    await lock.value.release();
  }
}
