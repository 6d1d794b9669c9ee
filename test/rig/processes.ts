import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Polls until the condition holds; throws, saying what was awaited, when that takes longer than ten seconds. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 1_000; turn++) {
    if (await condition()) return;
    await sleep(10);
  }
  throw new Error(`waited in vain: ${what}`);
}

/** Waits until none of the processes runs any more. */
export async function untilGone(pids: readonly number[]): Promise<void> {
  await until(`processes ${pids.join(', ')} are gone`, () => pids.every(pid => !isRunning(pid)));
}

/** Whether a process runs; one that has ended counts as gone, even where nobody reaps it, as in many containers. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !['Z', 'X'].includes(processState(pid));
}

/** The state letter of proc(5), such as S, T or Z; empty where the system does not say. */
export function processState(pid: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).charAt(0);
  } catch {
    return '';
  }
}

/** The command lines of all processes, as far as they can be seen, with a blank between two arguments. */
export function commandLines(): string[] {
  return readdirSync('/proc').flatMap(name => {
    if (!/^\d+$/.test(name)) return [];
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'utf8').replace(/\0$/, '').replaceAll('\0', ' ');
    } catch {
      return []; // it has ended
    }
  });
}
