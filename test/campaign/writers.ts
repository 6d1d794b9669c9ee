/**
 * Many writers on one state directory: one edits under a daemon, the others run routerctl, each on a file of its own.
 * Usage: writers [--writers N] [--changes N] [--kills N] [--seed N]; with `--kills 1` a random writer is killed each
 * second.
 */
import { setTimeout as moment } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { reasonsOf } from '../rig/documents.js';
import type { Plan } from '../rig/documents.js';
import { Tally, numbersFrom, randomFrom, runCampaign } from './figures.js';
import { startDaemon } from './kills.js';
import { killHard, reconcile, start, visibleCount } from './programs.js';
import type { StartOptions, Started } from './programs.js';
import { judge, stateFaults } from './verdict.js';
import { counterIn, createYard, steps } from './yard.js';
import type { Yard } from './yard.js';

export interface WriterPlan {
  readonly writers: number;
  readonly changes: number;
  /** 1 kills a running routerctl each second. */
  readonly kills: number;
  readonly seed: number;
}

const nameOf = (writer: number): string => `w${writer}`;

export async function campaign(plan: WriterPlan): Promise<Tally> {
  const tally = new Tally('writers', [...stateFaults, 'refused']);
  // Results wait for the lock, behind all the other writers, and must not be too old by then.
  const yard = await createYard({ ttl: '60s' });
  await yard.edit(1);
  await reconcile(yard, 1);
  const { run, written } = startDaemon(yard);
  const waits: number[] = [];
  const running = new Set<Started>();
  const stop = new AbortController();
  const killer = plan.kills > 0 ? killEachSecond(running, { plan, stop: stop.signal, tally }) : undefined;
  const others = Array.from({ length: plan.writers - 1 }, (_, i) =>
    writeWithCommand(yard, { writer: i + 1, plan, running, waits, tally }),
  );
  await Promise.all([writeUnderDaemon(yard, { plan, waits, tally }), ...others]);
  stop.abort();
  await killer;
  run.child.kill('SIGTERM');
  const { code } = await run.ended;
  if (code !== 0)
    tally.fault('manualRepairs', `routerd ended with ${code ?? 'a signal'}: ${run.stderr().slice(-1_000)}`);
  await written();
  const last = await reconcile(yard, 1);
  if (last.code !== 0) tally.fault('manualRepairs', last.stderr);
  await judge(yard, tally, { objects: true });
  judgeChanges(yard, plan, tally);
  waits.sort((a, b) => a - b);
  tally.worst('p99WaitMs', waits[Math.floor(waits.length * 0.99)] ?? 0);
  tally.worst('worstWaitMs', waits.at(-1) ?? 0);
  return tally;
}

interface CommandWriter {
  readonly writer: number;
  readonly plan: WriterPlan;
  readonly running: Set<Started>;
  readonly waits: number[];
  readonly tally: Tally;
}

/** Edits its own file and runs routerctl until that acknowledges, change by change. */
async function writeWithCommand(
  yard: Yard,
  { writer, plan, running, waits, tally }: CommandWriter,
): Promise<void> {
  for (let change = 1; change <= plan.changes; change++) {
    await yard.edit(change, nameOf(writer));
    const begun = performance.now();
    for (;;) {
      const options: StartOptions = {};
      const run = start('routerctl', ['reconcile', ...yard.where, '-o', 'json'], options);
      running.add(run);
      const { code } = await run.ended;
      running.delete(run);
      if (code === 0) break;
      if (code === null) continue;
      // Two commands ran the plugin, and the later result was taken in first: exit code 1, though the edit is committed.
      if (code === 1 && complaintsIn(run.stdout()) === 'beat rejected StaleObservation') {
        tally.count('overtakenResults');
        break;
      }
      tally.fault('refused', `writer ${writer}: exit ${code}: ${run.stderr()}${complaintsIn(run.stdout())}`);
      break;
    }
    waits.push(performance.now() - begun);
    tally.count('acknowledged');
  }
}

/** What keeps a report from being a success. */
function complaintsIn(stdout: string): string {
  const { problems = [], plugins = [] } = JSON.parse(stdout === '' ? '{}' : stdout) as Partial<Plan>;
  const failed = plugins.map(
    ({ name, outcome, problems: why }) => `${name} ${outcome} ${reasonsOf(why).join(' ')}`,
  );
  return [...reasonsOf(problems), ...failed].join(', ');
}

/** Edits its own file and leaves the rest to the daemon; what the visible files show counts as acknowledged. */
async function writeUnderDaemon(
  yard: Yard,
  { plan, waits, tally }: { readonly plan: WriterPlan; readonly waits: number[]; readonly tally: Tally },
): Promise<void> {
  for (let change = 1; change <= plan.changes; change++) {
    await yard.edit(change, nameOf(0));
    const begun = performance.now();
    while ((await visibleCount(yard, nameOf(0))) !== change) {
      if (performance.now() - begun > 60_000) {
        tally.fault('refused', `the daemon's writer: change ${change} did not appear`);
        return;
      }
      await moment(10);
    }
    waits.push(performance.now() - begun);
    tally.count('acknowledged');
  }
}

async function killEachSecond(
  running: ReadonlySet<Started>,
  { plan, stop, tally }: { readonly plan: WriterPlan; readonly stop: AbortSignal; readonly tally: Tally },
): Promise<void> {
  const random = randomFrom(plan.seed);
  for (;;) {
    await moment(1_000, undefined, { signal: stop }).catch(() => undefined);
    if (stop.aborted) return;
    const all = [...running];
    const victim = all[Math.floor(random() * all.length)];
    if (victim?.child.pid === undefined) continue;
    killHard(victim.child.pid, random() < 0.5 ? 'node' : 'group');
    tally.count('kills');
  }
}

/** Every change of every writer stands in the history, none comes back after a later one, and the last ones are in HEAD. */
function judgeChanges(yard: Yard, plan: WriterPlan, tally: Tally): void {
  const all = steps(yard.state);
  for (let writer = 0; writer < plan.writers; writer++) {
    const seen = new Set<number>();
    let highest = 0;
    for (const { text, commit } of all) {
      const change = counterIn(text, nameOf(writer)) ?? 0;
      seen.add(change);
      if (change < highest) {
        tally.fault(
          'repeated',
          `writer ${writer}: the commit ${commit} goes back from change ${highest} to ${change}`,
        );
      }
      highest = Math.max(highest, change);
    }
    for (let change = 1; change <= plan.changes; change++) {
      if (seen.has(change)) tally.count('applied');
      else tally.fault('lost', `writer ${writer}: change ${change}`);
    }
    const last = counterIn(all.at(-1)?.text ?? '', nameOf(writer));
    if (last !== plan.changes) tally.fault('lost', `writer ${writer}: HEAD holds change ${last ?? 'none'}`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await runCampaign(() =>
    campaign(numbersFrom(process.argv.slice(2), { writers: 8, changes: 50, kills: 0, seed: 1 })),
  );
}
