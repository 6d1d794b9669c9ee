import { expect } from 'chai';
import fc from 'fast-check';
import { stateOf } from '../../../reconciler/action/action.js';
import { ActionWorld, deeds } from '../../rig/action-world.js';
import type { Deed } from '../../rig/action-world.js';
import { planValue } from '../../rig/actions.js';

function after(list: readonly Deed[]): ActionWorld {
  const world = new ActionWorld();
  for (const deed of list) world.does(deed);
  return world;
}

describe('sequences of commands, edits and crashes', () => {
  it('start nothing without right, and have no effect twice under a key', () => {
    let starts = 0;
    let effects = 0;
    fc.assert(
      fc.property(deeds, list => {
        const world = after(list);
        starts += world.starts;
        effects += world.effects.size;
      }),
      { numRuns: 1_000 },
    );
    // The property would hold as well if nothing ever happened.
    expect(starts).to.be.greaterThan(700);
    expect(effects).to.be.greaterThan(300);
  });

  it('lead to imports after which there is nothing to import', () => {
    fc.assert(
      fc.property(deeds, fc.boolean(), (list, asked) => {
        const world = after(list);
        world.does({ type: 'import', asked });
        expect(world.importable(asked)).to.deep.equal([]);
      }),
      { numRuns: 400 },
    );
  });

  it('lead to imports that the order of parts, plans and actions does not change', () => {
    fc.assert(
      fc.property(
        deeds,
        fc.boolean(),
        fc.array(fc.nat(1_000), { minLength: 50, maxLength: 50 }),
        (list, asked, ranks) => {
          let drawn = 0;
          const world = after(list);
          const shuffled = <T>(items: readonly T[]): T[] =>
            items
              .map(item => ({ item, rank: ranks[drawn++ % ranks.length] ?? 0 }))
              .sort((a, b) => a.rank - b.rank)
              .map(({ item }) => item);
          const plain = world.importable(asked);
          const byId = (steps: typeof plain) =>
            [...steps].sort(
              (a, b) => a.id.localeCompare(b.id) || a.transitions.length - b.transitions.length,
            );
          expect(byId(world.importable(asked, shuffled))).to.deep.equal(byId(plain));
        },
      ),
      { numRuns: 400 },
    );
  });

  const propose: Deed = { type: 'propose', source: 'one', plans: [planValue()] };
  const importing: Deed = { type: 'import', asked: false };
  const run = {
    type: 'run',
    at: 0,
    direction: 'execute',
    asked: 'operator',
    course: 'succeeded',
    startedInRun: 0,
  } as const;
  const approve: Deed = { type: 'approve', at: 0 };
  const undo = { ...run, direction: 'undo' } as const;
  for (const [title, list, starts, states] of [
    ['approved and executed', [approve, run], 1, ['succeeded']],
    ['executed twice', [approve, run, run], 1, ['succeeded']],
    ['never approved', [run], 0, ['pending']],
    ['rejected', [{ type: 'reject', at: 0 }, importing, run], 0, ['void']],
    ['started by a daemon that may not', [approve, { ...run, asked: 'daemon' }], 0, ['approved']],
    [
      'started by a daemon that may',
      [
        { type: 'policy', changes: { requireApproval: false } },
        { ...run, asked: 'daemon' },
      ],
      1,
      ['succeeded'],
    ],
    ['failed, and not retried', [approve, { ...run, course: 'failed' }, approve, run], 1, ['failed']],
    [
      'failed, retried, not approved',
      [approve, { ...run, course: 'failed' }, { type: 'retry', at: 0 }, run],
      1,
      ['pending'],
    ],
    [
      'failed, retried, approved',
      [approve, { ...run, course: 'failed' }, { type: 'retry', at: 0 }, approve, run],
      2,
      ['succeeded'],
    ],
    [
      'killed',
      [approve, { ...run, course: 'crashWithEffect' }, { type: 'retry', at: 0 }, approve, run],
      1,
      ['unknown'],
    ],
    [
      'killed and resolved',
      [approve, { ...run, course: 'crashWithEffect' }, { type: 'resolve', at: 0 }, run],
      1,
      ['succeeded'],
    ],
    ['taken back', [approve, run, undo], 2, ['rolledBack']],
    [
      'taken back and done again',
      [approve, run, undo, importing, { type: 'approve', at: 1 }, { ...run, at: 1 }],
      3,
      ['rolledBack', 'succeeded'],
    ],
    [
      'taken back, and not done again by itself',
      [
        { type: 'policy', changes: { requireApproval: false } },
        run,
        undo,
        importing,
        { ...run, at: 1, asked: 'daemon' },
      ],
      2,
      ['rolledBack', 'pending'],
    ],
    [
      'set back in history',
      [approve, run, { type: 'setBack', steps: 0 }, { type: 'setBack', steps: 2 }, run],
      1,
      ['approved'],
    ],
    [
      'set back in history behind a start that never came about',
      [
        approve,
        { ...run, course: 'crashBeforeStart' },
        { type: 'resolve', at: 0 },
        { type: 'retry', at: 0 },
        approve,
        run,
        { type: 'setBack', steps: 1 },
        run,
      ],
      2,
      ['approved'],
    ],
    [
      'changed after the approval',
      [approve, { type: 'propose', source: 'one', plans: [planValue({ description: 'x' })] }, run],
      0,
      ['approved'],
    ],
    [
      'changed and imported after the approval',
      [approve, { type: 'propose', source: 'one', plans: [planValue({ description: 'x' })] }, importing, run],
      0,
      ['pending'],
    ],
    ['expired', [approve, { type: 'expire', source: 'one' }, run, importing, run], 0, ['void']],
    [
      'another executor after the approval',
      [approve, { type: 'executor', digest: 'sha256:2' }, run],
      0,
      ['approved'],
    ],
  ] as const satisfies readonly (readonly [string, readonly Deed[], number, readonly string[]])[]) {
    it(`a plan that is ${title}`, () => {
      const world = after([propose, importing, ...list]);
      expect(world.starts).to.equal(starts);
      expect([...world.journal.values()].map(stateOf)).to.deep.equal(states);
    });
  }
});
