import { expect } from 'chai';
import { gitKills, killAtEveryFileOperation, killAtEveryGitCall } from './every-operation.js';
import { faultNames } from './faults.js';
import { Tally } from './figures.js';
import { lieAtEveryCall, lies, plantLocks } from './git-faults.js';
import { killDaemons, killPasses } from './kills.js';

/** The short runs of test:faults; docs/reliability.md has the figures of the long ones. */
describe('the fault campaign', function () {
  this.timeout(120_000);
  let tally = new Tally('faults', faultNames);
  beforeEach(() => {
    tally = new Tally('faults', faultNames);
  });

  it('kills routerctl and routerd at random moments', async () => {
    await killPasses({ kills: 2, seed: 1 }, tally);
    await killDaemons({ kills: 2, seed: 2 }, tally);
    expect(tally.problems, tally.line()).to.deep.equal([]);
    expect([tally.get('nodeKills'), tally.get('groupKills')]).to.deep.equal([2, 2]);
  });

  it('kills a pass at some of its operations on files, and at some of its calls of git', async () => {
    await killAtEveryFileOperation({ stride: 30, first: 3 }, tally, 'node');
    await killAtEveryGitCall({ stride: 5, first: 5 }, tally, gitKills.bothMeanwhile);
    expect(tally.problems, tally.line()).to.deep.equal([]);
    expect(tally.get('killsAtN')).to.be.greaterThan(3);
  });

  it('gives a pass a git that dies, fails and lies', async () => {
    for (const [i, script] of [lies.diesWhenDone, lies.saysNothing, lies.saysAnotherId].entries()) {
      await lieAtEveryCall({ stride: 100, first: 4 + i }, tally, script);
    }
    expect(tally.problems, tally.line()).to.deep.equal([]);
    expect(tally.get('lies')).to.equal(3);
  });

  it('plants what killed processes leave behind', async () => {
    await plantLocks(tally, false);
    expect(tally.problems, tally.line()).to.deep.equal([]);
    expect(tally.get('plantedLocks')).to.be.greaterThan(10);
  });
});
