/**
 * Ends processes of routerd and git in every way and at every moment. Usage: faults [--kills N] [--stride N] [--hangs N]
 * [--seed N]: random kills (half of routerctl, half of routerd; of each half with all that it has started), every so
 * many of all operations, whether to try gits that hang (minutes).
 */
import { pathToFileURL } from 'node:url';
import { gitKills, killAtEveryFileOperation, killAtEveryGitCall } from './every-operation.js';
import { Tally, numbersFrom, runCampaign } from './figures.js';
import { hangs, lieAtEveryCall, lies, plantLocks, plantOwnedLock } from './git-faults.js';
import { killDaemons, killPasses } from './kills.js';
import { stateFaults } from './verdict.js';

export const faultNames = [...stateFaults, 'falseSuccess', 'stackTraces'] as const;

export interface FaultPlan {
  readonly kills: number;
  readonly stride: number;
  readonly hangs: number;
  readonly seed: number;
}

export async function campaign(plan: FaultPlan): Promise<Tally> {
  const tally = new Tally('faults', faultNames);
  const half = Math.ceil(plan.kills / 2);
  if (half > 0) await killPasses({ kills: half, seed: plan.seed }, tally);
  if (half > 0) await killDaemons({ kills: plan.kills - half, seed: plan.seed + 1 }, tally);
  if (plan.stride > 0) await everyOperation(plan, tally);
  return tally;
}

async function everyOperation({ stride, hangs: slow, seed }: FaultPlan, tally: Tally): Promise<void> {
  const plan = { stride, first: 1 + (seed % stride) };
  for (const victim of ['node', 'group'] as const) await killAtEveryFileOperation(plan, tally, victim);
  for (const script of Object.values(gitKills)) await killAtEveryGitCall(plan, tally, script);
  for (const script of Object.values(lies)) await lieAtEveryCall(plan, tally, script);
  await plantLocks(tally, true);
  if (slow === 0) return;
  await plantOwnedLock(tally);
  for (const script of Object.values(hangs)) await lieAtEveryCall(plan, tally, script);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await runCampaign(() =>
    campaign(
      numbersFrom(process.argv.slice(2), { kills: 1_000, stride: 1, hangs: 1, seed: Date.now() % 1_000_000 }),
    ),
  );
}
