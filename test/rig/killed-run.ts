import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './root.js';
import { searchPath } from './store.js';
import { tempDir } from './temp.js';

const preload = pathToFileURL(join(root, 'dist/test/rig/kill-at-operation.js')).href;
const program = join(root, 'dist/cli/routerctl.js');

/** Runs routerctl and ends it in place of its n-th change of a file or start of a process; whether it was. */
export async function killedAt(n: number, args: readonly string[]): Promise<boolean> {
  const child = spawn(process.execPath, ['--import', preload, program, ...args], {
    env: { PATH: searchPath, HOME: await tempDir(), KILL_AT: String(n) },
    stdio: 'ignore',
  });
  const [, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return signal === 'SIGKILL';
}
