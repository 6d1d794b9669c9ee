import { checkClean, checkHead } from '../rig/invariants.js';
import { journalOf, statesInLog } from './action-journal.js';
import type { Entry } from './action-journal.js';
import type { ActionYard } from './action-yard.js';
import type { Tally } from './figures.js';
import { judgeObjects } from './verdict.js';
import type { Thoroughness } from './verdict.js';

/**
 * `ranTwice`: an executor acted twice under one key. `unannounced`: it acted without an intent in git. `unknownWithoutIntent`:
 * an action is unknown although nothing was started. `stuck`: an action stays under way although nobody is at it, or cannot
 * be settled. `wrongState`: the journal says of an effect what is not so. The others are those of every campaign.
 */
export const actionFaults = [
  'ranTwice',
  'unannounced',
  'unknownWithoutIntent',
  'stuck',
  'wrongState',
  'lost',
  'damaged',
  'manualRepairs',
] as const;

const underWay = ['executing', 'rollingBack'];

/** Compares the journal, the history, the executor's ledger and what was acknowledged, while no command runs. */
export async function judgeActions(
  yard: ActionYard,
  tally: Tally,
  how: Thoroughness,
): Promise<readonly Entry[]> {
  try {
    const entries = journalOf(yard.state);
    judgeHistory(entries, statesInLog(yard.state), tally);
    judgeEffects(entries, await yard.effects(), tally);
    const reached = new Map(entries.map(({ id, reached: states }) => [id, states]));
    for (const { id, state } of await yard.acknowledged()) {
      if (reached.get(id)?.includes(state) !== true) tally.fault('lost', `${id} was reported to be ${state}`);
    }
    if (how.clean !== false) checkClean(yard.state);
    if (how.objects) {
      checkHead(yard.state);
      judgeObjects(yard.state, tally);
    }
    return entries;
  } catch (error) {
    tally.fault('damaged', error instanceof Error ? error.message : String(error));
    return [];
  }
}

/** The file of an action and the commits about it tell the same; unknown is only what an executor may have been started for. */
function judgeHistory(
  entries: readonly Entry[],
  log: ReadonlyMap<string, readonly string[]>,
  tally: Tally,
): void {
  for (const { id, reached } of entries) {
    const told = log.get(id) ?? [];
    if (told.join() !== reached.join())
      tally.fault('damaged', `${id}: the log says ${told.join()}, its file ${reached.join()}`);
    reached.forEach((state, i) => {
      if (state === 'unknown' && !underWay.includes(told[i - 1] ?? ''))
        tally.fault('unknownWithoutIntent', `${id}: ${told.join()}`);
    });
  }
}

function judgeEffects(entries: readonly Entry[], effects: readonly string[], tally: Tally): void {
  const acts = new Set(effects);
  if (acts.size < effects.length) {
    const twice = effects.filter((key, i) => effects.indexOf(key) !== i);
    tally.fault('ranTwice', twice.join());
  }
  const announced = new Set(
    entries.flatMap(({ key, reached }) => [
      ...(reached.includes('executing') ? [key] : []),
      ...(reached.includes('rollingBack') ? [`${key}:undo`] : []),
    ]),
  );
  for (const key of acts) if (!announced.has(key)) tally.fault('unannounced', key);
  for (const { id, key, state } of entries) {
    const [done, undone] = [acts.has(key), acts.has(`${key}:undo`)];
    const so = effectIn(state);
    if (so !== undefined && so !== (done && !undone))
      tally.fault('wrongState', `${id} is ${state}; done: ${done}, undone: ${undone}`);
  }
}

/** Whether an action in this state has its effect; undefined where the journal does not say so. */
function effectIn(state: string): boolean | undefined {
  if (state === 'succeeded') return true;
  return state === 'unknown' || underWay.includes(state) ? undefined : false;
}

/** Nothing is under way: for when no process is at it. */
export function judgeAtRest(entries: readonly Entry[], tally: Tally): void {
  for (const { id, state } of entries) {
    if (underWay.includes(state)) tally.fault('stuck', `${id} is ${state}, and nobody is at it`);
  }
}
