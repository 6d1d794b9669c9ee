import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as moment } from 'node:timers/promises';
import { executing, executorsEnded, recover, settleAll, startAction } from './action-commands.js';
import { createPlanner, provide } from './action-kills.js';
import { createActionYard } from './action-yard.js';
import { Unavailable, randomFrom } from './figures.js';
import type { Tally } from './figures.js';
import { cutPower, mountExt4 } from './mounts.js';
import type { Mount } from './mounts.js';
import type { PowerPlan } from './power.js';
import { killHard } from './programs.js';

/** Cuts the power under the state directory while an executor runs. What it did to its cloud stays done. */
export async function cutDuringActions({ cuts, seed }: PowerPlan, tally: Tally): Promise<void> {
  const disk = await mountOrSkip();
  if (disk === undefined) return;
  const random = randomFrom(seed);
  try {
    const yard = await createActionYard({ automatic: false, state: join(disk.path, 'state') });
    const planner = createPlanner(yard, random);
    for (let cut = 1; cut <= cuts; cut++) {
      await planner.next();
      const entries = await provide(yard, tally);
      const ids = entries.filter(({ state }) => state === 'approved').map(({ id }) => id);
      await rm(yard.started, { force: true });
      const run = startAction(yard, executing(...ids));
      while (run.child.exitCode === null && !existsSync(yard.started)) await moment(2);
      await moment(random() * 150);
      await cutPower(disk);
      if (run.child.pid !== undefined) killHard(run.child.pid, 'group');
      await run.ended;
      await executorsEnded(yard);
      await disk.unmount();
      await disk.mountAgain();
      tally.count('cuts');
      await recover(yard, tally, { objects: true });
    }
    await settleAll(yard, tally);
  } finally {
    await disk.unmount();
  }
}

async function mountOrSkip(): Promise<Mount | undefined> {
  try {
    return await mountExt4(192);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    process.stderr.write(`SKIPPED, NO POWER WAS CUT: ${error.message}\n`);
    return undefined;
  }
}
