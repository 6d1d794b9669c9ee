import { expect } from 'chai';
import fc from 'fast-check';
import { checksLeft, narrowed, nextStep, verdictOf } from '../../reconciler/bisect/search.js';
import type { Search } from '../../reconciler/bisect/search.js';

/** Searches among `high + 1` generations of which `turn` is the first bad one; `untold` cannot be judged. */
function play(high: number, turn: number, untold: ReadonlySet<number> = new Set()) {
  let search: Search = { low: 0, high, skipped: new Set() };
  for (let checks = 0; ; checks++) {
    const step = nextStep(search);
    if (step.kind !== 'check') return { step, checks };
    const { index } = step;
    search = narrowed(search, index, untold.has(index) ? 'skip' : index < turn ? 'good' : 'bad');
  }
}

const game = fc
  .integer({ min: 1, max: 200 })
  .chain(high => fc.record({ high: fc.constant(high), turn: fc.integer({ min: 1, max: high }) }));

describe('bisecting', () => {
  it('finds the first bad one, in as few checks as halving takes', () => {
    fc.assert(
      fc.property(game, ({ high, turn }) => {
        const { step, checks } = play(high, turn);
        expect(step).to.deep.equal({ kind: 'found', index: turn });
        expect(checks).to.be.at.most(checksLeft({ low: 0, high, skipped: new Set() }));
      }),
    );
    for (let turn = 1; turn < 64; turn++) expect(play(63, turn).checks).to.be.at.most(6);
  });

  it('never names a wrong one because of what was skipped, and checks nothing twice', () => {
    fc.assert(
      fc.property(game, fc.uniqueArray(fc.nat(200)), ({ high, turn }, untold) => {
        const { step, checks } = play(high, turn, new Set(untold));
        expect(checks).to.be.at.most(high);
        if (step.kind === 'found') expect(step.index).to.equal(turn);
        else {
          expect(step.indexes).to.include(turn);
          for (const index of step.indexes.slice(0, -1)) expect(untold).to.include(index);
        }
      }),
    );
  });

  it('reads exit codes as git bisect run does', () => {
    expect([0, 1, 124, 125, 126, 127, 128, 130, 255, null, -1].map(verdictOf)).to.deep.equal([
      ...['good', 'bad', 'bad', 'skip', 'bad', 'bad'],
      ...[undefined, undefined, undefined, undefined, undefined],
    ]);
  });
});
