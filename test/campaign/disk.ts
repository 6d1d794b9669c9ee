/**
 * Takes the disk away from routerd: full by bytes, out of inodes, read-only. Needs root and leave to mount.
 * Usage: disk [--steps N]: how many sizes of free space are tried between none and enough for a pass.
 */
import { readFile, readdir, rm, stat, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { userGit } from '../rig/store.js';
import { Tally, numbersFrom, runCampaign } from './figures.js';
import { killHard, reconcile, start } from './programs.js';
import { startDaemon, untilVisible } from './kills.js';
import { mountExt4, mountTmpfs } from './mounts.js';
import type { Mount } from './mounts.js';
import { judge, stateFaults } from './verdict.js';
import { counterIn, createYard, steps } from './yard.js';
import type { Yard } from './yard.js';

export interface DiskPlan {
  readonly steps: number;
}

/** What a pass needs at most: with that much left, it completes. */
const enoughKilobytes = 240;
const enoughInodes = 40;

export async function campaign({ steps: count }: DiskPlan): Promise<Tally> {
  const tally = new Tally('disk', [...stateFaults, 'tornFiles', 'falseSuccess', 'stackTraces']);
  await withDisk(await mountTmpfs(24 * 1_024), disk =>
    fillUp(disk, tally, spread(count, enoughKilobytes, fillBytes)),
  );
  await withDisk(await mountTmpfs(24 * 1_024, 3_000), disk =>
    fillUp(disk, tally, spread(count, enoughInodes, fillInodes)),
  );
  const ext4 = await mountExt4(24, ['-N', '1500']);
  await withDisk(ext4, async disk => {
    await fillUp(disk, tally, spread(Math.ceil(count / 4), enoughInodes, fillInodes));
    await makeReadOnly(disk, tally);
    await healUnderDaemon(disk, tally);
  });
  return tally;
}

async function withDisk(disk: Mount, body: (disk: Mount) => Promise<void>): Promise<void> {
  try {
    await body(disk);
  } finally {
    await disk.unmount();
  }
}

/** Leaves so much free on a mount. */
type Ballast = (disk: Mount) => Promise<void>;

function spread(count: number, most: number, fill: (disk: Mount, left: number) => Promise<void>): Ballast[] {
  return Array.from(
    { length: count },
    (_, i) => disk => fill(disk, Math.floor((i * most) / Math.max(1, count - 1))),
  );
}

const ballastName = 'ballast';

/** In kilobytes. */
async function fillBytes({ path }: Mount, left: number): Promise<void> {
  const file = join(path, ballastName);
  for (const chunk of [Buffer.alloc(65_536, 1), Buffer.alloc(4_096, 1)]) {
    try {
      for (;;) await writeFile(file, chunk, { flag: 'a' });
    } catch (error) {
      if (!isFull(error)) throw error;
    }
  }
  const { size } = await stat(file);
  await truncate(file, Math.max(0, size - left * 1_024));
}

async function fillInodes({ path }: Mount, left: number): Promise<void> {
  const made: string[] = [];
  try {
    for (let i = 0; ; i++) {
      const file = join(path, `${ballastName}-${i}`);
      await writeFile(file, '');
      made.push(file);
    }
  } catch (error) {
    if (!isFull(error)) throw error;
  }
  for (const file of made.slice(0, left)) await unlink(file);
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOSPC';
}

async function freeAgain({ path }: Mount): Promise<void> {
  for (const name of await readdir(path)) if (name.startsWith(ballastName)) await rm(join(path, name));
}

/** A pass with little space, then one with enough, for each amount. */
async function fillUp(disk: Mount, tally: Tally, ballasts: readonly Ballast[]): Promise<void> {
  const yard = await createYard({ state: join(disk.path, 'state'), plugin: false });
  let count = 1;
  await yard.edit(count);
  await reconcile(yard, count);
  for (const fill of ballasts) {
    await fill(disk);
    await tryPass(yard, ++count, tally);
    await freeAgain(disk);
    await yard.edit(++count);
    const healed = await reconcile(yard, count);
    if (healed.code !== 0) tally.fault('manualRepairs', `with space again: ${healed.stderr}`);
    await judge(yard, tally, { objects: true });
  }
}

/** A pass that may fail, but may neither claim what is not so nor leave a half file. */
async function tryPass(yard: Yard, count: number, tally: Tally): Promise<void> {
  await yard.edit(count);
  const { code, stderr } = await reconcile(yard, count);
  tally.count(code === 0 ? 'passesThatFitted' : 'passesRefused');
  if (code === 0 && counterIn(steps(yard.state).at(-1)?.text ?? '') !== count) {
    tally.fault('falseSuccess', `the counter ${count} is not in HEAD`);
  }
  if (code !== 0 && stderr.trim() === '') tally.fault('falseSuccess', 'a pass failed without a word');
  if (/\n\s+at .*:\d+:\d+/.test(stderr) || stderr.includes('internal error'))
    tally.fault('stackTraces', stderr);
  for (const path of await tornFiles(yard)) tally.fault('tornFiles', path);
}

/** Visible files that are of neither of the last two commits. */
async function tornFiles({ state }: Yard): Promise<string[]> {
  const torn: string[] = [];
  const [head = '', before = head] = userGit(state, 'rev-list', '-2', 'HEAD').split('\n');
  for (const name of ['startup-config.yaml', 'effective-config.yaml', 'generation.yaml']) {
    const text = await readFile(join(state, name), 'utf8');
    const whole = [head, before].filter(id => id !== '').map(id => userGit(state, 'show', `${id}:${name}`));
    if (!whole.includes(text)) torn.push(name);
  }
  return torn;
}

/** Reading goes on, writing fails in words, and nothing is left to repair. */
async function makeReadOnly(disk: Mount, tally: Tally): Promise<void> {
  const yard = await createYard({ state: join(disk.path, 'read-only'), plugin: false });
  await yard.edit(1);
  await reconcile(yard, 1);
  await disk.remount('remount,ro');
  for (const args of [['status'], ['generation', 'list'], ['reconcile', '--dry-run']]) {
    const run = start('routerctl', [...args, ...yard.where]);
    const { code } = await run.ended;
    if (code !== 0) tally.fault('manualRepairs', `${args.join(' ')} on a read-only disk: ${run.stderr()}`);
  }
  await tryPass(yard, 2, tally);
  await disk.remount('remount,rw');
  const healed = await reconcile(yard, 2);
  if (healed.code !== 0) tally.fault('manualRepairs', `writable again: ${healed.stderr}`);
  tally.count('readOnly');
  await judge(yard, tally, { objects: true });
}

/** A daemon meets a full disk and commits by itself once there is space. */
async function healUnderDaemon(disk: Mount, tally: Tally): Promise<void> {
  const yard = await createYard({ state: join(disk.path, 'daemon'), plugin: false });
  await yard.edit(1);
  const { run, written } = startDaemon(yard);
  if (!(await untilVisible(yard, 1))) tally.fault('manualRepairs', `routerd did not start: ${run.stderr()}`);
  await fillInodes(disk, 0);
  await yard.edit(2);
  if (await untilVisible(yard, 2, 2_000))
    tally.fault('falseSuccess', 'a change was committed on a full disk');
  await freeAgain(disk);
  const begun = performance.now();
  if (!(await untilVisible(yard, 2, 60_000)))
    tally.fault('manualRepairs', `the daemon did not heal by itself: ${run.stderr().slice(-3_000)}`);
  tally.worst('daemonHealedMs', performance.now() - begun);
  if (run.child.pid !== undefined) killHard(run.child.pid, 'group');
  await run.ended;
  await written();
  const last = await reconcile(yard, 2);
  if (last.code !== 0) tally.fault('manualRepairs', last.stderr);
  await judge(yard, tally, { objects: true });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await runCampaign(() => campaign(numbersFrom(process.argv.slice(2), { steps: 60 })));
}
