import { setTimeout as moment } from 'node:timers/promises';
import type { ValueMap } from '../../protocol/resource.js';
import {
  approving,
  endOrKillAt,
  executing,
  executorsEnded,
  importing,
  perform,
  plan,
  recover,
  rollingBack,
  settleAll,
  startAction,
} from './action-commands.js';
import type { Aim, Command } from './action-commands.js';
import { journalOf } from './action-journal.js';
import type { Entry } from './action-journal.js';
import { judgeActions } from './action-verdict.js';
import { createActionYard, planOf } from './action-yard.js';
import type { ActionYard } from './action-yard.js';
import { randomFrom } from './figures.js';
import type { Tally } from './figures.js';
import { start } from './programs.js';
import type { Started, Victim } from './programs.js';

export interface KillPlan {
  readonly kills: number;
  readonly seed: number;
}

/** Kills between two times that everything is brought to its end, after which a new state directory is begun. */
const killsAYard = 50;

/** git fsck reads everything, so it runs after every so many kills only. */
const fsckEvery = 25;

/** Kills the commands at random moments, half of them while an executor runs; every other time with all they started. */
export async function killCommands({ kills, seed }: KillPlan, tally: Tally): Promise<void> {
  const random = randomFrom(seed);
  for (let done = 0; done < kills;) {
    const yard = await createActionYard({ automatic: false });
    const planner = createPlanner(yard, random);
    const usualMs = new Map<string, number>();
    let entries: readonly Entry[] = [];
    for (const end = Math.min(kills, done + killsAYard); done < end;) {
      if (count(entries, 'approved') < 2) {
        await planner.next();
        entries = await provide(yard, tally);
      }
      const command = chooseCommand(entries, random);
      const verb = command.args[0] ?? '';
      const victim: Victim = done % 2 === 0 ? 'node' : 'group';
      const usual = usualMs.get(verb) ?? 600;
      const runs = verb === 'execute' || verb === 'rollback';
      const aim: Aim =
        runs && random() < 0.5
          ? { after: 'executor', ms: random() * 120, victim }
          : { after: 'start', ms: random() * usual * 1.1, victim };
      const begun = performance.now();
      const run = startAction(yard, command);
      const { code } = await endOrKillAt(run, yard, aim);
      if (code === null) {
        done++;
        tally.count(victim === 'node' ? 'nodeKills' : 'groupKills');
        if (aim.after === 'executor') tally.count('killsInExecutor');
        entries = await recover(yard, tally, { objects: done % fsckEvery === 0 });
        continue;
      }
      usualMs.set(verb, (usual * 3 + performance.now() - begun) / 4);
      if (code === 0) await yard.acknowledge(command.reaches);
      if (code > 2) tally.fault('manualRepairs', `action ${command.args.join(' ')}: ${run.stderr()}`);
      entries = await judgeActions(yard, tally, { objects: false });
    }
    await settleAll(yard, tally);
  }
}

/** In peace, so that the kills find something in every state: new plans, two of them approved and one executed. */
export async function provide(yard: ActionYard, tally: Tally): Promise<readonly Entry[]> {
  await plan(yard, tally);
  await perform(yard, importing);
  const [one, two, three] = journalOf(yard.state).filter(({ state }) => state === 'pending');
  if (one === undefined || two === undefined || three === undefined)
    throw new Error('plans are new each time');
  await perform(yard, approving(one.id, two.id, three.id));
  await perform(yard, executing(one.id));
  return judgeActions(yard, tally, { objects: false });
}

function chooseCommand(entries: readonly Entry[], random: () => number): Command {
  const some = (state: string, limit: number) =>
    entries.filter(entry => entry.state === state).slice(0, 1 + Math.floor(random() * limit));
  const [pending, approved, succeeded] = [some('pending', 2), some('approved', 2), some('succeeded', 1)];
  const choices: Command[] = [importing];
  if (pending.length > 0) choices.push(approving(...pending.map(({ id }) => id)));
  if (approved.length > 0) {
    const command = executing(...approved.map(({ id }) => id));
    choices.push(command, command, command);
  }
  for (const { id } of succeeded) choices.push(rollingBack(id));
  return choices[Math.floor(random() * choices.length)] ?? importing;
}

function count(entries: readonly Entry[], ...states: string[]): number {
  return entries.filter(({ state }) => states.includes(state)).length;
}

/** Plans that change: each time some are new, some are said otherwise, and some are gone. */
export function createPlanner(
  yard: ActionYard,
  random: () => number,
): { readonly next: () => Promise<void> } {
  let highest = 0;
  let plans: ValueMap[] = [];
  return {
    async next() {
      const kept = plans
        .filter(() => random() < 0.8)
        .map(old => (random() < 0.2 ? { ...old, description: `planned again after ${highest}` } : old));
      const fresh = Array.from({ length: 4 }, () => planOf(++highest));
      plans = [...kept.slice(-8), ...fresh];
      await yard.propose(plans);
    },
  };
}

/** How long a daemon may take to bring everything to its end. */
const patienceMs = 120_000;

/** Kills `routerd` that executes by itself; every other time with all that it has started. */
export async function killAutomatic({ kills, seed }: KillPlan, tally: Tally): Promise<void> {
  const random = randomFrom(seed);
  for (let done = 0; done < kills;) {
    const yard = await createActionYard({ automatic: true });
    const planner = createPlanner(yard, random);
    for (const end = Math.min(kills, done + killsAYard); done < end;) {
      await planner.next();
      const { run, written } = startDaemon(yard);
      const victim: Victim = done % 2 === 0 ? 'node' : 'group';
      const inExecutor = random() < 0.6;
      const { code } = await endOrKillAt(
        run,
        yard,
        inExecutor
          ? { after: 'executor', ms: random() * 400, victim }
          : { after: 'start', ms: random() * 3_000, victim },
      );
      await written();
      if (code !== null) tally.fault('manualRepairs', `routerd ended: ${run.stderr().slice(-2_000)}`);
      done++;
      tally.count('daemonKills');
      const how = { objects: done % fsckEvery === 0 };
      if (done % 5 === 0) await recover(yard, tally, how);
      else await judgeActions(yard, tally, { ...how, clean: false });
    }
    await inPeace(yard, tally);
    await settleAll(yard, tally);
  }
}

/** A daemon that nobody disturbs does what is left to do. */
async function inPeace(yard: ActionYard, tally: Tally): Promise<void> {
  await executorsEnded(yard);
  const { run, up, written } = startDaemon(yard);
  await up;
  const end = performance.now() + patienceMs;
  const open = ['pending', 'approved', 'executing'];
  while (count(journalOf(yard.state), ...open) > 0 && performance.now() < end) await moment(100);
  run.child.kill('SIGTERM');
  const { code } = await run.ended;
  await written();
  if (code !== 0) tally.fault('manualRepairs', `routerd ended with ${code}: ${run.stderr().slice(-2_000)}`);
  for (const { id, state } of await judgeActions(yard, tally, { objects: true }))
    if (open.includes(state)) tally.fault('stuck', `routerd leaves ${id} ${state}`);
}

interface Daemon {
  readonly run: Started;
  /** Resolves when it has said its first word: from then on it can be asked to stop. */
  readonly up: Promise<void>;
  readonly written: () => Promise<void>;
}

/** routerd; the states that its log tells are acknowledged. */
function startDaemon(yard: ActionYard): Daemon {
  let writing: Promise<void> = Promise.resolve();
  let isUp = (): void => undefined;
  const up = new Promise<void>(resolve => (isUp = resolve));
  const run = start('routerd', [...yard.where, '--log-format', 'json'], {
    onLine: line => {
      isUp();
      const { message, action } = JSON.parse(line) as { readonly message?: string; readonly action?: string };
      const state = /^action (\w+)$/.exec(message ?? '')?.[1];
      if (action === undefined || state === undefined || state === 'refused') return;
      writing = writing.then(() => yard.acknowledge([{ id: action, state }]));
    },
  });
  return { run, up, written: () => writing };
}
