import { readFile, readdir, readlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { oneLine } from '../../protocol/text.js';
import type { GitContext } from './environment.js';

/** A process that may be writing in the repository. */
export interface LiveGit {
  readonly pid: number;
  readonly command: string;
}

const pollMs = 50;

/**
 * Waits until no git works in the repository, at most `waitMs`, and returns those that are left. A git that its starter
 * did not outlive goes on to its end, and removing its lock file would let a second one in. Where there is no /proc, no
 * process is found; the compare-and-swap of each commit remains.
 */
export async function waitForGits(context: GitContext, waitMs: number): Promise<readonly LiveGit[]> {
  const end = performance.now() + waitMs;
  for (;;) {
    const found = await liveGits(context);
    if (found.length === 0 || performance.now() >= end) return found;
    await delay(Math.min(pollMs, Math.max(1, end - performance.now())));
  }
}

/** Processes called git that stand in the state directory, and any whose GIT_DIR is ours. */
async function liveGits(context: GitContext): Promise<LiveGit[]> {
  const found: LiveGit[] = [];
  for (const name of await readdir('/proc').catch(() => [])) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (command === '') continue; // a kernel thread, a zombie, or gone
    if (await worksIn(context, pid))
      found.push({ pid, command: oneLine(command.replaceAll('\0', ' '), 100) });
  }
  return found;
}

async function worksIn(context: GitContext, pid: number): Promise<boolean> {
  // Unreadable for the processes of other users, who cannot write here either.
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  if (environment.split('\0').includes(`GIT_DIR=${context.gitDir}`)) return true;
  const name = (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim();
  if (name !== 'git' && !name.startsWith('git-')) return false;
  const folder = await readlink(`/proc/${pid}/cwd`).catch(() => '');
  return folder === context.workTree || folder.startsWith(`${context.workTree}/`);
}
