import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../rig/root.js';
import {
  approving,
  executing,
  executorsEnded,
  importing,
  perform,
  plan,
  recover,
  rollingBack,
} from './action-commands.js';
import type { Command } from './action-commands.js';
import { journalOf } from './action-journal.js';
import { judgeActions, judgeAtRest } from './action-verdict.js';
import { createActionYard, planOf } from './action-yard.js';
import type { ActionYard } from './action-yard.js';
import type { EveryPlan } from './every-operation.js';
import type { Tally } from './figures.js';
import type { Victim } from './programs.js';

const preload = pathToFileURL(join(root, 'dist/test/rig/kill-at-operation.js')).href;

/** A command with the exit code that it has when it is asked again, by the state of its action then. */
interface Case {
  readonly command: Command;
  readonly id?: string;
  readonly again: Readonly<Record<string, number>>;
}

/** Kills each command in place of its n-th change of a file or start of a process, for every n until it completes. */
export async function killActionsAtEveryOperation(
  how: EveryPlan,
  tally: Tally,
  victim: Victim,
): Promise<void> {
  const yard = await createActionYard({ automatic: false });
  const cases = await prepare(yard, tally);
  await yard.keep();
  for (const one of cases) {
    for (let n = how.first; ; n += how.stride) {
      // Each n meets the same state: recovery of one must not make the next one easier.
      await executorsEnded(yard);
      await yard.putBack();
      const killed = await perform(yard, one.command, {
        node: ['--import', preload],
        env: { KILL_AT: String(n), KILL_GROUP: victim === 'group' ? 'yes' : 'no' },
      });
      if (killed.code !== undefined) {
        const words = `action ${one.command.args.join(' ')}: operation ${n} was not reached: ${killed.stderr}`;
        if (killed.code !== 0) tally.fault('manualRepairs', words);
        break;
      }
      tally.count('killsAtN');
      await askAgain(yard, one, tally);
    }
  }
}

async function askAgain(yard: ActionYard, { command, id, again }: Case, tally: Tally): Promise<void> {
  const entries = await recover(yard, tally, { objects: id === undefined });
  if (id === undefined) return;
  const state = entries.find(entry => entry.id === id)?.state ?? 'not there';
  const { code, stderr } = await perform(yard, command);
  if (code !== again[state])
    tally.fault('manualRepairs', `action ${command.args.join(' ')} of ${state}: ${code} ${stderr}`);
  tally.count(state === 'unknown' ? 'unknownAtN' : 'settledAtN');
  judgeAtRest(await judgeActions(yard, tally, { objects: true }), tally);
}

/** An action in each state that a command begins with, and a plan that is not imported yet. */
async function prepare(yard: ActionYard, tally: Tally): Promise<Case[]> {
  await yard.propose([planOf(2), planOf(4), planOf(6)]);
  await plan(yard, tally);
  await perform(yard, importing);
  const ids = new Map(journalOf(yard.state).map(({ key, id }) => [key, id]));
  const [fresh = '', approved = '', done = ''] = [2, 4, 6].map(n => ids.get(`key-${n}`));
  await perform(yard, approving(approved, done));
  await perform(yard, executing(done));
  await yard.propose([planOf(2), planOf(4), planOf(6), planOf(8), planOf(9)]);
  await plan(yard, tally);
  return [
    { command: importing, again: {} },
    { command: approving(fresh), id: fresh, again: { pending: 0, approved: 1 } },
    { command: executing(approved), id: approved, again: { approved: 0, succeeded: 0, unknown: 2 } },
    { command: rollingBack(done), id: done, again: { succeeded: 0, rolledBack: 0, unknown: 2 } },
  ];
}
