import { readFile, readdir } from 'node:fs/promises';
import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { setTimeout as delay } from 'node:timers/promises';

let newest: ChildProcess | undefined;
let listening = false;

/**
 * simple-git spawns git itself, keeps the ChildProcess to itself and passes no `detached`, so there is neither a pid nor
 * a process group to kill. Node announces each ChildProcess on the channel `child_process`
 * (https://nodejs.org/api/diagnostics_channel.html), and simple-git hands its streams out in the same turn of the event
 * loop: the newest child that owns this very stream is the one.
 */
export function listenForChildren(): void {
  if (listening) return;
  listening = true;
  subscribe('child_process', message => {
    newest = (message as { process?: ChildProcess }).process;
  });
}

/** The child that was spawned just now and whose output is `stdout`. */
export function childOf(stdout: NodeJS.ReadableStream): ChildProcess | undefined {
  return newest?.stdout === stdout ? newest : undefined;
}

/**
 * Ends a child and all that it started: SIGTERM, which lets git remove its lock files, and SIGKILL after `graceMs`. The
 * descendants are looked up in /proc; where there is none, only the child itself is ended, which is enough for git as
 * it is called here: no hook, filter or helper program can run.
 */
export async function endTree(child: ChildProcess, graceMs: number): Promise<void> {
  const cancel = new AbortController();
  const closed = new Promise<void>(resolve => {
    child.once('close', () => {
      resolve();
    });
  });
  const below = child.pid === undefined ? [] : await descendants(child.pid);
  child.kill('SIGTERM');
  for (const { pid } of below) kill(pid, 'SIGTERM');
  const grace = delay(graceMs, undefined, { signal: cancel.signal }).catch(() => undefined);
  await Promise.race([closed, grace]);
  cancel.abort();
  child.kill('SIGKILL');
  for (const { pid, started } of below) {
    // By now the number may belong to somebody else, who started at another time.
    if ((await startTime(pid)) === started) kill(pid, 'SIGKILL');
  }
}

interface Descendant {
  readonly pid: number;
  readonly started: string | undefined;
}

async function descendants(pid: number): Promise<Descendant[]> {
  const found: Descendant[] = [];
  const tasks = await readdir(`/proc/${pid}/task`).catch(() => []);
  for (const task of tasks) {
    const text = await readFile(`/proc/${pid}/task/${task}/children`, 'utf8').catch(() => '');
    for (const word of text.split(' ')) {
      const child = Number(word);
      if (child > 0)
        found.push({ pid: child, started: await startTime(child) }, ...(await descendants(child)));
    }
  }
  return found;
}

/** Field 22 of `/proc/PID/stat` (`proc_pid_stat(5)`); the name in field 2 may hold spaces and brackets. */
async function startTime(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended already.
  }
}
