import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setTimeout as moment } from 'node:timers/promises';
import { commandLines } from '../rig/processes.js';
import type { Entry } from './action-journal.js';
import { journalOf } from './action-journal.js';
import { judgeActions, judgeAtRest } from './action-verdict.js';
import type { ActionYard, Reached } from './action-yard.js';
import type { Tally } from './figures.js';
import { killHard, start } from './programs.js';
import type { StartOptions, Started, Victim } from './programs.js';
import type { Thoroughness } from './verdict.js';

/** One `routerctl action`, with the states that it reports as reached by exit code 0. */
export interface Command {
  readonly args: readonly string[];
  readonly reaches: readonly Reached[];
}

export const importing: Command = { args: ['import', '-o', 'json'], reaches: [] };

export function approving(...ids: readonly string[]): Command {
  return { args: ['approve', ...ids, '--by', 'drill'], reaches: ids.map(id => ({ id, state: 'approved' })) };
}

export function executing(...ids: readonly string[]): Command {
  return {
    args: ['execute', ...ids, '--approved'],
    reaches: ids.map(id => ({ id, state: 'succeeded' })),
  };
}

export function rollingBack(id: string): Command {
  return { args: ['rollback', id, '--approved'], reaches: [{ id, state: 'rolledBack' }] };
}

export function startAction(yard: ActionYard, { args }: Command, options: StartOptions = {}): Started {
  return start('routerctl', ['action', ...args, ...yard.where], options);
}

/** A command to its end, or to its death; undefined is the exit code of a killed one. */
export async function perform(
  yard: ActionYard,
  command: Command,
  options: StartOptions = {},
): Promise<{ readonly code: number | undefined; readonly stderr: string }> {
  const run = startAction(yard, command, options);
  const closed = once(run.child, 'close');
  const { code } = await run.ended;
  if (code === null) return { code: undefined, stderr: run.stderr() };
  await closed;
  const reaches = command === importing ? importedIn(run.stdout()) : command.reaches;
  if (code === 0) await yard.acknowledge(reaches);
  return { code, stderr: run.stderr() };
}

function importedIn(stdout: string): Reached[] {
  const { transitions } = JSON.parse(stdout) as {
    readonly transitions: readonly { readonly id: string; readonly to: string }[];
  };
  return transitions.map(({ id, to }) => ({ id, state: to }));
}

/** The planner's next plans, taken in as a part. */
export async function plan(yard: ActionYard, tally: Tally): Promise<void> {
  const run = start('routerctl', ['plugin', 'run', 'planner', ...yard.where]);
  const { code } = await run.ended;
  if (code !== 0) tally.fault('manualRepairs', `plugin run planner: ${run.stderr()}`);
}

/** What the next command finds and mends after a kill; then everything has to be right. */
export async function recover(yard: ActionYard, tally: Tally, how: Thoroughness): Promise<readonly Entry[]> {
  const begun = performance.now();
  const { code, stderr } = await perform(yard, importing);
  tally.worst('worstRecoveryMs', performance.now() - begun);
  if (code !== 0) tally.fault('manualRepairs', `action import after a kill: ${stderr}`);
  const entries = await judgeActions(yard, tally, how);
  judgeAtRest(entries, tally);
  return entries;
}

const settled = ['succeeded', 'rolledBack', 'void'];

/** Every action comes to its end by the commands that there are; unknown ones by having the executor look. */
export async function settleAll(yard: ActionYard, tally: Tally): Promise<void> {
  await executorsEnded(yard);
  const idsIn = (...states: string[]) =>
    journalOf(yard.state)
      .filter(({ state }) => states.includes(state))
      .map(({ id }) => id);
  tally.count('unknown', idsIn('unknown').length);
  for (const id of idsIn('unknown'))
    await expected(yard, tally, { args: ['resolve', id, '--look'], reaches: [] });
  for (let turn = 0; turn < 3; turn++) {
    for (const id of idsIn('failed', 'skipped'))
      await expected(yard, tally, { args: ['retry', id], reaches: [{ id, state: 'pending' }] });
    await expected(yard, tally, importing);
    const pending = idsIn('pending');
    if (pending.length > 0) await expected(yard, tally, approving(...pending));
    // One that is refused at first ends the command with 1, and is asked again in the next turn.
    const approved = idsIn('approved');
    if (approved.length > 0) await perform(yard, executing(...approved));
  }
  const entries = await judgeActions(yard, tally, { objects: true });
  for (const { id, state } of entries)
    if (!settled.includes(state)) tally.fault('stuck', `${id} ends up ${state}`);
  tally.count('actions', entries.length);
  for (const state of settled) tally.count(state, entries.filter(entry => entry.state === state).length);
}

async function expected(yard: ActionYard, tally: Tally, command: Command): Promise<void> {
  const { code, stderr } = await perform(yard, command);
  if (code !== 0) tally.fault('manualRepairs', `action ${command.args.join(' ')}: ${stderr}`);
}

/** Executors whose routerctl was killed go on by themselves. */
export async function executorsEnded({ executor }: ActionYard): Promise<void> {
  while (commandLines().some(line => line.includes(executor))) await moment(10);
}

/** When a process is killed: so long after its start, or after its executor has begun. */
export interface Aim {
  readonly after: 'start' | 'executor';
  readonly ms: number;
  readonly victim: Victim;
}

/** How long an executor is waited for: where there is nothing to execute none begins. */
const patienceMs = 10_000;

/** Kills a process unless it ends before. */
export async function endOrKillAt(
  run: Started,
  { started }: ActionYard,
  { after, ms, victim }: Aim,
): Promise<Awaited<Started['ended']>> {
  const over = new AbortController();
  const alarm = (async () => {
    const latest = performance.now() + patienceMs;
    while (after === 'executor' && !existsSync(started) && performance.now() < latest)
      await moment(2, undefined, { signal: over.signal });
    await moment(ms, undefined, { signal: over.signal });
    if (run.child.pid !== undefined) killHard(run.child.pid, victim);
  })().catch(() => undefined);
  const result = await run.ended;
  over.abort();
  await alarm;
  await rm(started, { force: true });
  return result;
}
