import { expect } from 'chai';
import { killAutomatic, killCommands } from './action-kills.js';
import { killActionsAtEveryOperation } from './action-steps.js';
import { actionFaults } from './action-verdict.js';
import { Tally } from './figures.js';

/** The short run of test:actions; docs/reliability.md has the figures of the long one. */
describe('the drill of provider actions', function () {
  this.timeout(180_000);
  let tally = new Tally('actions', actionFaults);
  beforeEach(() => {
    tally = new Tally('actions', actionFaults);
  });

  it('kills commands at random moments', async () => {
    await killCommands({ kills: 2, seed: 5 }, tally);
    expect(tally.problems, tally.line()).to.deep.equal([]);
    expect([tally.get('nodeKills'), tally.get('groupKills')]).to.deep.equal([1, 1]);
    expect(tally.get('succeeded')).to.be.greaterThan(0);
  });

  it('kills a daemon that executes by itself', async () => {
    await killAutomatic({ kills: 2, seed: 6 }, tally);
    expect(tally.problems, tally.line()).to.deep.equal([]);
    expect(tally.get('succeeded')).to.be.greaterThan(0);
  });

  it('kills commands at some of their operations', async () => {
    await killActionsAtEveryOperation({ stride: 1_000, first: 60 }, tally, 'node');
    expect(tally.problems, tally.line()).to.deep.equal([]);
    expect(tally.get('killsAtN')).to.equal(4);
  });
});
