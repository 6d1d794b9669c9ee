import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fakeGit } from '../rig/fake-git.js';
import { onCall } from './every-operation.js';
import type { Tally } from './figures.js';
import { reconcile } from './programs.js';
import { judge } from './verdict.js';
import { createYard, counterIn, steps } from './yard.js';
import type { Yard } from './yard.js';

/** What a git that is not to be trusted does at one of its calls, in the words of the fake git's shell. */
export const lies = {
  dies: 'kill -9 $$',
  diesWhenDone: '"$git" "$@"; kill -9 $$',
  failsSilently: 'exit 1',
  saysNothing: 'cat > /dev/null; exit 0',
  saysAnotherId: 'cat > /dev/null; echo 0123456789abcdef0123456789abcdef01234567; exit 0',
  doesItAndFails: '"$git" "$@"; exit 1',
  saysHalf: '"$git" "$@" | head -c 20; exit 0',
} as const;

/** Takes longer than the timeout of a call, which is 10 s. */
export const hangs = {
  hangs: 'exec sleep 60',
  hangsAndIgnoresTerm: "trap '' TERM; while :; do sleep 1; done",
} as const;

export interface LiePlan {
  /** Take every so many calls; 1 takes each of them. */
  readonly stride: number;
  readonly first: number;
}

/** Runs a pass whose n-th git misbehaves, for every n until one is not reached; then one with the real git. */
export async function lieAtEveryCall(
  { stride, first }: LiePlan,
  tally: Tally,
  script: string,
): Promise<void> {
  const yard = await createYard({ plugin: false });
  let count = 1;
  await yard.edit(count);
  await reconcile(yard, count);
  for (let n = first; ; n += stride) {
    await yard.edit(++count);
    const marked = `: > ${yard.top}/reached-${count}; ${script}`;
    const lied = await reconcile(yard, count, {
      path: await fakeGit(yard.top, await onCall(n, yard, marked)),
    });
    if (!(await exists(join(yard.top, `reached-${count}`)))) break;
    tally.count('lies');
    if (lied.code === 0 && !isIn(yard, count)) tally.fault('falseSuccess', `call ${n}, ${script}`);
    if (/\n\s+at .*:\d+:\d+/.test(lied.stderr)) tally.fault('stackTraces', lied.stderr);
    await yard.edit(++count);
    const next = await reconcile(yard, count);
    if (next.code !== 0) tally.fault('manualRepairs', `after call ${n}, ${script}: ${next.stderr}`);
    await judge(yard, tally, { objects: true });
  }
}

function isIn(yard: Yard, count: number): boolean {
  return counterIn(steps(yard.state).at(-1)?.text ?? '') === count;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** What git and routerd leave when they are killed, at its place in `.git`. */
const litter = [
  'index.lock',
  'HEAD.lock',
  'refs/heads/main.lock',
  'refs/tags/gen/1.lock',
  'packed-refs.lock',
  'config.lock',
  'shallow.lock',
  'gc.pid',
  'objects/17/tmp_obj_Ab3dEf',
  'objects/pack/tmp_pack_Ab3dEf',
  'objects/pack/.tmp-123-pack-0.pack',
  'routerd/0123456789ab/index',
] as const;

/** Plants each leftover, then all of them together, and runs a pass: nothing may be in its way. */
export async function plantLocks(tally: Tally, each: boolean): Promise<void> {
  const yard = await createYard({ plugin: false });
  let count = 1;
  await yard.edit(count);
  await reconcile(yard, count);
  const rounds = [...(each ? litter.map(name => [name]) : []), litter];
  for (const names of rounds) {
    for (const name of names) await plant(yard, name);
    tally.count('plantedLocks', names.length);
    await yard.edit(++count);
    const done = await reconcile(yard, count);
    if (done.code !== 0) tally.fault('manualRepairs', `with ${names.join(' ')}: ${done.stderr}`);
    // Leftovers among the objects are in nobody's way; they go once a lock or scratch file tells of a kill.
    for (const name of names.filter(name => !name.startsWith('objects/') || names.length > 1)) {
      if (await exists(join(yard.state, '.git', name)))
        tally.fault('manualRepairs', `${name} is still there`);
    }
    await judge(yard, tally, { objects: true });
  }
}

/** A lock whose owner lives is left alone: the pass gives up, and the next one after the owner's end goes on. */
export async function plantOwnedLock(tally: Tally): Promise<void> {
  const yard = await createYard({ plugin: false });
  await yard.edit(1);
  await reconcile(yard, 1);
  await plant(yard, 'refs/heads/main.lock');
  const owner = spawn('sleep', ['60'], {
    env: { ...process.env, GIT_DIR: join(yard.state, '.git') },
    stdio: 'ignore',
  });
  await yard.edit(2);
  const refused = await reconcile(yard, 2);
  if (refused.code === 0) tally.fault('falseSuccess', 'a pass went past the lock of a living git');
  if (!refused.stderr.includes(String(owner.pid)))
    tally.fault('manualRepairs', `the owner is not named: ${refused.stderr}`);
  if (!(await exists(join(yard.state, '.git/refs/heads/main.lock'))))
    tally.fault('damaged', 'a lock was taken from its owner');
  owner.kill('SIGKILL');
  await once(owner, 'exit');
  const done = await reconcile(yard, 2);
  if (done.code !== 0) tally.fault('manualRepairs', done.stderr);
  tally.count('ownedLocks');
  await judge(yard, tally, { objects: true });
}

async function plant(yard: Yard, name: string): Promise<void> {
  const path = join(yard.state, '.git', name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, '');
}
