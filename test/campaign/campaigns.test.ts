import { expect } from 'chai';
import type { Context } from 'mocha';
import { campaign as clock } from './clock.js';
import { campaign as disk } from './disk.js';
import { Unavailable } from './figures.js';
import type { Tally } from './figures.js';
import { campaign as hostileEnv } from './hostile-env.js';
import { campaign as power } from './power.js';
import { campaign as writers } from './writers.js';

/** The short runs of the campaigns; docs/reliability.md has the figures of the long ones. */
describe('the other campaigns', function () {
  this.timeout(120_000);

  it('power: cuts it under routerctl and routerd', async function () {
    const tally = await orSkip(this, () => power({ cuts: 2, seed: 1 }));
    expect(tally.get('cuts')).to.equal(2);
  });

  it('disk: full by bytes, by inodes, read-only', async function () {
    const tally = await orSkip(this, () => disk({ steps: 2 }));
    expect(tally.get('passesRefused')).to.be.greaterThan(2);
  });

  it('writers: a daemon and commands side by side', async () => {
    const tally = await free(writers({ writers: 4, changes: 4, kills: 0, seed: 1 }));
    expect(tally.get('applied')).to.equal(16);
  });

  it('clock: jumps, suspends, restarts', async () => {
    const tally = await free(clock({ rounds: 1, jumps: 5, seed: 3 }));
    expect(tally.get('jumps')).to.equal(5);
  });

  it('hostile-env: the same commit everywhere', async () => {
    const tally = await free(hostileEnv({ stride: 4 }));
    expect(tally.get('environments')).to.be.greaterThan(5);
  });
});

async function free(running: Promise<Tally>): Promise<Tally> {
  const tally = await running;
  expect(tally.problems, tally.line()).to.deep.equal([]);
  return tally;
}

/** Skips, and says so, where the machine does not allow what the campaign needs. */
async function orSkip(context: Context, body: () => Promise<Tally>): Promise<Tally> {
  try {
    return await free(body());
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    process.stderr.write(`SKIPPED, NOTHING WAS TESTED: ${error.message}\n`);
    context.skip();
  }
}
