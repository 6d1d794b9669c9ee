import { checkClean, checkHead } from '../rig/invariants.js';
import { userGit } from '../rig/store.js';
import type { Tally } from './figures.js';
import { counterIn, steps } from './yard.js';
import type { Step, Yard } from './yard.js';

/** The faults that every campaign on a state directory counts. */
export const stateFaults = ['lost', 'repeated', 'damaged', 'manualRepairs'] as const;

export interface Thoroughness {
  /** Whether git fsck reads everything. */
  readonly objects: boolean;
  /** Whether a pass has ended since the last fault, so that `git status` must be clean; default true. */
  readonly clean?: boolean;
}

/**
 * Compares the history with the record: what was acknowledged is there, nothing is there twice, numbers have no gap,
 * HEAD replays, the work tree is clean.
 */
export async function judge(yard: Yard, tally: Tally, how: Thoroughness): Promise<void> {
  try {
    const all = steps(yard.state);
    await judgeLosses(yard, all, tally);
    judgeRepeats(all, tally);
    checkHead(yard.state);
    if (how.clean !== false) checkClean(yard.state);
    if (how.objects) judgeObjects(yard.state, tally);
  } catch (error) {
    tally.fault('damaged', error instanceof Error ? error.message : String(error));
  }
}

/** What `git fsck` has to say counts as damage. */
export function judgeObjects(state: string, tally: Tally): void {
  const words = userGit(state, 'fsck', '--full', '--strict', '--no-dangling');
  tally.count('fscks');
  if (words.trim() !== '') tally.fault('damaged', words.trim());
}

async function judgeLosses(yard: Yard, all: readonly Step[], tally: Tally): Promise<void> {
  const commits = new Set(all.map(({ commit }) => commit));
  const counts = new Set(all.map(({ text }) => counterIn(text)));
  for (const { count, commit } of await yard.acknowledged()) {
    if (count !== undefined && !counts.has(count)) tally.fault('lost', `the counter ${count}`);
    if (commit !== undefined && !commits.has(commit)) tally.fault('lost', `the commit ${commit}`);
  }
}

/** A counter that comes back, a generation number that is there twice or missing, a part number with two contents. */
export function judgeRepeats(all: readonly Step[], tally: Tally): void {
  const numbers = all.flatMap(({ generation }) => generation ?? []);
  numbers.forEach((number, i) => {
    if (number !== i + 1) tally.fault('repeated', `generation ${number} stands at place ${i + 1}`);
  });
  let highest = -1;
  for (const { text, commit } of all) {
    const count = counterIn(text) ?? -1;
    if (count < highest) tally.fault('repeated', `the counter fell from ${highest} to ${count} in ${commit}`);
    highest = Math.max(highest, count);
  }
  const digests = new Map<string, string>();
  for (const part of all.flatMap(({ parts }) => parts)) {
    const [number = '', digest = ''] = part.split(' ');
    const before = digests.get(number);
    if (before !== undefined && before !== digest) tally.fault('repeated', `${number} with another content`);
    digests.set(number, digest);
  }
}
