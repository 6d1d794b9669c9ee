import { setTimeout as moment } from 'node:timers/promises';
import { randomFrom } from './figures.js';
import type { Tally } from './figures.js';
import { commitIn, commitInLog, killHard, reconcile, start, visibleCount } from './programs.js';
import type { Started, Victim } from './programs.js';
import { judge } from './verdict.js';
import { createYard } from './yard.js';
import type { Yard } from './yard.js';

export interface KillPlan {
  readonly kills: number;
  readonly seed: number;
}

/** How long a start may take until the next change is committed: RELIABILITY G1 asks for 2 s. */
const patienceMs = 30_000;

/** git fsck reads everything, so it runs after every so many kills only. */
const fsckEvery = 25;

/** Between the daemons a pass in peace shows after every so many kills that the work tree is clean again. */
const passEvery = 10;

/** Kills `routerctl reconcile` at random moments; every other time with all that it has started. */
export async function killPasses({ kills, seed }: KillPlan, tally: Tally): Promise<void> {
  const random = randomFrom(seed);
  const yard = await createYard();
  let usualMs = 400;
  let count = 0;
  for (let done = 0; done < kills;) {
    await yard.edit(++count);
    const run = start('routerctl', ['reconcile', ...yard.where, '-o', 'json']);
    const victim: Victim = done % 2 === 0 ? 'node' : 'group';
    const ended = await endOrKill(run, random() * usualMs * 1.2, victim);
    if (ended.code !== null) {
      if (ended.code === 0) await yard.acknowledge({ count, commit: commitIn(run.stdout()) });
      else tally.fault('manualRepairs', `a pass that nobody killed: ${run.stderr()}`);
      continue;
    }
    done++;
    tally.count(victim === 'node' ? 'nodeKills' : 'groupKills');
    await yard.edit(++count);
    const next = await reconcile(yard, count);
    usualMs = (usualMs * 9 + Math.min(next.ms, 2_000)) / 10;
    tally.worst('worstReadyMs', next.ms);
    tally.count('sumReadyMs', Math.round(next.ms));
    if (next.code !== 0) tally.fault('manualRepairs', `the pass after a kill: ${next.stderr}`);
    await judge(yard, tally, { objects: done % fsckEvery === 0 });
  }
}

/** Kills `routerd` at random moments between edits; every other time with all that it has started. */
export async function killDaemons({ kills, seed }: KillPlan, tally: Tally): Promise<void> {
  const random = randomFrom(seed);
  const yard = await createYard();
  let count = 0;
  await yard.edit(++count);
  for (let done = 1; done <= kills; done++) {
    const begun = performance.now();
    const { run, written } = startDaemon(yard);
    if (await untilVisible(yard, count)) {
      tally.worst('worstReadyMs', performance.now() - begun);
      tally.count('sumReadyMs', Math.round(performance.now() - begun));
    } else {
      tally.fault(
        'manualRepairs',
        `routerd did not commit the counter ${count}: ${run.stderr().slice(-2_000)}`,
      );
    }
    for (let edits = Math.floor(random() * 3); edits > 0; edits--) {
      await yard.edit(++count);
      await moment(random() * 300);
    }
    await yard.edit(++count);
    const victim: Victim = done % 2 === 0 ? 'node' : 'group';
    await endOrKill(run, random() * 600, victim);
    await written();
    tally.count(victim === 'node' ? 'nodeKills' : 'groupKills');
    await judge(yard, tally, { objects: done % fsckEvery === 0, clean: false });
    await yard.edit(++count);
    if (done % passEvery === 0) await passInPeace(yard, count, tally);
  }
  await passInPeace(yard, count, tally);
}

/** routerd; what its log says it has committed is acknowledged. */
export function startDaemon(yard: Yard): { readonly run: Started; readonly written: () => Promise<void> } {
  let writing: Promise<void> = Promise.resolve();
  const run = start('routerd', [...yard.where, '--log-format', 'json', '--log-level', 'debug'], {
    onLine: line => {
      const commit = commitInLog(line);
      if (commit !== undefined) writing = writing.then(() => yard.acknowledge({ count: undefined, commit }));
    },
  });
  return { run, written: () => writing };
}

/** Whether the visible files come to show the counter. */
export async function untilVisible(yard: Yard, count: number, withinMs = patienceMs): Promise<boolean> {
  const end = performance.now() + withinMs;
  while (performance.now() < end) {
    if ((await visibleCount(yard)) === count) return true;
    await moment(10);
  }
  return false;
}

/** A pass in peace, after which everything must be in order. */
async function passInPeace(yard: Yard, count: number, tally: Tally): Promise<void> {
  const last = await reconcile(yard, count);
  if (last.code !== 0) tally.fault('manualRepairs', `a pass in peace: ${last.stderr}`);
  await judge(yard, tally, { objects: true });
}

async function endOrKill(run: Started, afterMs: number, victim: Victim): Promise<Awaited<Started['ended']>> {
  const cancel = new AbortController();
  const alarm = moment(afterMs, undefined, { signal: cancel.signal }).then(
    () => {
      if (run.child.pid !== undefined) killHard(run.child.pid, victim);
    },
    () => undefined,
  );
  const ended = await run.ended;
  cancel.abort();
  await alarm;
  return ended;
}
