/**
 * Kills commands and daemons that are at provider actions, whose executor acts once more whenever it is asked. Usage:
 * actions [--kills N] [--stride N] [--cuts N] [--seed N]: kills in all, first at every so many of all operations on files (0
 * for none), then at random, a third of them of routerd; then power cuts while an executor runs, which need root.
 */
import { pathToFileURL } from 'node:url';
import { killAutomatic, killCommands } from './action-kills.js';
import { cutDuringActions } from './action-power.js';
import { killActionsAtEveryOperation } from './action-steps.js';
import { actionFaults } from './action-verdict.js';
import { Tally, numbersFrom, runCampaign } from './figures.js';

export interface ActionPlan {
  readonly kills: number;
  readonly stride: number;
  readonly cuts: number;
  readonly seed: number;
}

export async function campaign({ kills, stride, cuts, seed }: ActionPlan): Promise<Tally> {
  const tally = new Tally('actions', actionFaults);
  if (stride > 0) {
    const plan = { stride, first: 1 + (seed % stride) };
    for (const victim of ['node', 'group'] as const) await killActionsAtEveryOperation(plan, tally, victim);
  }
  const left = Math.max(0, kills - tally.get('killsAtN'));
  const daemons = Math.floor(left / 3);
  await killCommands({ kills: left - daemons, seed }, tally);
  await killAutomatic({ kills: daemons, seed: seed + 1 }, tally);
  if (cuts > 0) await cutDuringActions({ cuts, seed: seed + 2 }, tally);
  return tally;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await runCampaign(() =>
    campaign(
      numbersFrom(process.argv.slice(2), { kills: 1_000, stride: 4, cuts: 50, seed: Date.now() % 1_000_000 }),
    ),
  );
}
