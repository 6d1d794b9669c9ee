/**
 * Cuts the power under routerctl and routerd: their state directory is on an ext4 whose unwritten data is dropped at a
 * random moment. Needs root, loop devices, and xfs_io or perl. Usage: power [--cuts N] [--seed N].
 */
import { join } from 'node:path';
import { setTimeout as moment } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Tally, numbersFrom, randomFrom, runCampaign } from './figures.js';
import { startDaemon } from './kills.js';
import { cutPower, mountExt4 } from './mounts.js';

import { killHard, reconcile } from './programs.js';
import { judge, judgeObjects, stateFaults } from './verdict.js';
import { createYard } from './yard.js';
import type { Yard } from './yard.js';

export interface PowerPlan {
  readonly cuts: number;
  readonly seed: number;
}

export async function campaign({ cuts, seed }: PowerPlan): Promise<Tally> {
  const tally = new Tally('power', stateFaults);
  const random = randomFrom(seed);
  const disk = await mountExt4(96);
  try {
    const yard = await createYard({ state: join(disk.path, 'state') });
    let count = 0;
    for (let cut = 1; cut <= cuts; cut++) {
      const busy = new AbortController();
      const work = cut % 2 === 0 ? workWithDaemon : workWithCommand;
      const worked = work(yard, { first: count + 1, signal: busy.signal });
      await moment(300 + random() * 1_200);
      await cutPower(disk);
      busy.abort();
      count = await worked;
      await disk.unmount();
      await disk.mountAgain();
      tally.count('cuts');
      await afterCut(yard, ++count, tally);
    }
  } finally {
    await disk.unmount();
  }
  return tally;
}

/** What a person finds who does nothing but switch the machine on again. */
async function afterCut(yard: Yard, count: number, tally: Tally): Promise<void> {
  try {
    if ((await yard.acknowledged()).length > 0) judgeObjects(yard.state, tally);
  } catch (error) {
    tally.fault('damaged', error instanceof Error ? error.message : String(error));
  }
  await yard.edit(count);
  const done = await reconcile(yard, count);
  tally.worst('worstReadyMs', done.ms);
  if (done.code !== 0) tally.fault('manualRepairs', `the pass after a cut: ${done.stderr}`);
  await judge(yard, tally, { objects: true });
  tally.worst('acknowledged', (await yard.acknowledged()).length);
}

interface Work {
  readonly first: number;
  /** Aborted once the power is off. */
  readonly signal: AbortSignal;
}

/** Edits and passes until the power is off; returns the last counter. */
async function workWithCommand(yard: Yard, { first, signal }: Work): Promise<number> {
  let count = first - 1;
  while (!signal.aborted) {
    await yard.edit(++count);
    // What it reports although the power is off has to be there as well: it says so only after the disk did.
    await reconcile(yard, count);
  }
  return count;
}

async function workWithDaemon(yard: Yard, { first, signal }: Work): Promise<number> {
  let count = first - 1;
  const { run, written } = startDaemon(yard);
  while (!signal.aborted) {
    await yard.edit(++count);
    await moment(100);
  }
  if (run.child.pid !== undefined) killHard(run.child.pid, 'group');
  await run.ended;
  await written();
  return count;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await runCampaign(() =>
    campaign(numbersFrom(process.argv.slice(2), { cuts: 100, seed: Date.now() % 1_000_000 })),
  );
}
