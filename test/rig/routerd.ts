import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { root } from './root.js';
import { searchPath } from './store.js';
import { tempDir } from './temp.js';

const program = join(root, 'dist/bin/routerd.js');
const running = new Set<ChildProcess>();

/** A routerd that runs. */
export interface RunningDaemon {
  readonly child: ChildProcess;
  /** What it has logged so far. */
  readonly log: () => string;
  /** Asks it to stop and gives its exit code. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<number | null>;
}

/** Starts the built routerd with an environment of its own; a hook ends it after the test if nobody has. */
export async function startRouterd(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<RunningDaemon> {
  const child = spawn(process.execPath, [program, '--log-level', 'debug', ...args], {
    env: { PATH: searchPath, HOME: await tempDir(), ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  running.add(child);
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString('utf8')));
  const closed = once(child, 'close').then(([code]) => {
    running.delete(child);
    return code as number | null;
  });
  return {
    child,
    log: () => log,
    stop: (signal = 'SIGTERM') => {
      child.kill(signal);
      return closed;
    },
  };
}

/** Ends what a failed test has left running. */
export function killDaemons(): void {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
}
