import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fakeGit } from '../rig/fake-git.js';
import { root } from '../rig/root.js';
import type { Tally } from './figures.js';
import { reconcile, visibleCount } from './programs.js';
import type { StartOptions, Victim } from './programs.js';
import { judge } from './verdict.js';
import { createYard } from './yard.js';
import type { Yard } from './yard.js';

export interface EveryPlan {
  /** Take every so many operations; 1 takes each of them. */
  readonly stride: number;
  /** The first one taken, from 1. */
  readonly first: number;
}

/** Gives what a run needs so that it is killed at its n-th operation. */
type Aim = (n: number, yard: Yard) => Promise<StartOptions>;

const preload = pathToFileURL(join(root, 'dist/test/rig/kill-at-operation.js')).href;

/** Kills a pass in place of its n-th change of a file or start of a process, for every n until a pass completes. */
export function killAtEveryFileOperation(plan: EveryPlan, tally: Tally, victim: Victim): Promise<void> {
  return killAtEvery(plan, tally, n =>
    Promise.resolve({
      node: ['--import', preload],
      env: { KILL_AT: String(n), KILL_GROUP: victim === 'group' ? 'yes' : 'no' },
    }),
  );
}

/** What is killed around the n-th call of git, in the words of the fake git's shell. */
export const gitKills = {
  nodeAfterGit: '"$git" "$@" > /dev/null; kill -9 $PPID; exit 1',
  bothMeanwhile: 'exec 3<&0; "$git" "$@" <&3 > /dev/null & kill -9 $PPID $!; exit 1',
  nodeBeforeGit: 'kill -9 $PPID; "$git" "$@" > /dev/null; exit 0',
} as const;

/** Kills a pass around its n-th call of git, for every n until a pass completes. */
export function killAtEveryGitCall(plan: EveryPlan, tally: Tally, script: string): Promise<void> {
  return killAtEvery(plan, tally, async (n, yard) => {
    const path = await fakeGit(yard.top, await onCall(n, yard, script));
    return { path };
  });
}

/** Shell text that runs `script` at the n-th call. A folder can be made only once, so each call gets its number. */
export async function onCall(n: number, yard: Yard, script: string): Promise<string> {
  const calls = join(yard.top, 'calls');
  await rm(calls, { recursive: true, force: true });
  await mkdir(calls);
  return `n=1; while ! mkdir ${calls}/$n 2> /dev/null; do n=$((n + 1)); done\n[ $n = ${n} ] && { ${script}; }`;
}

async function killAtEvery({ stride, first }: EveryPlan, tally: Tally, aim: Aim): Promise<void> {
  const yard = await createYard({ plugin: false });
  let count = 1;
  await yard.edit(count);
  await reconcile(yard, count);
  const base = join(yard.top, 'base');
  await cp(yard.state, base, { recursive: true, preserveTimestamps: true });
  for (let n = first; ; n += stride) {
    // Each n meets the same state: recovery of one must not make the next one easier.
    await rm(yard.state, { recursive: true, force: true });
    await cp(base, yard.state, { recursive: true, preserveTimestamps: true });
    await yard.forget();
    await yard.edit(++count);
    const killed = await reconcile(yard, count, await aim(n, yard));
    if (killed.code !== null) {
      if (killed.code !== 0) tally.fault('manualRepairs', `operation ${n} was not reached: ${killed.stderr}`);
      if ((await visibleCount(yard)) !== count) tally.fault('lost', `the counter ${count}`);
      break;
    }
    tally.count('killsAtN');
    await yard.edit(++count);
    const next = await reconcile(yard, count);
    tally.worst('worstReadyMs', next.ms);
    if (next.code !== 0) tally.fault('manualRepairs', `after a kill at operation ${n}: ${next.stderr}`);
    await judge(yard, tally, { objects: true });
  }
}
