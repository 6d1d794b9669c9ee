import { expect } from 'chai';
import fc from 'fast-check';
import { holdReasons } from '../../../reconciler/control/guard.js';
import { decodeHeld, encodeHeld, heldAfter, heldName } from '../../../reconciler/control/held.js';
import type { Held, HoldFacts } from '../../../reconciler/control/held.js';
import {
  confirmationAfter,
  decodeConfirmation,
  encodeConfirmation,
  isOver,
} from '../../../reconciler/control/confirmation.js';
import type { PendingConfirmation } from '../../../reconciler/control/confirmation.js';
import { readOwn } from '../../../reconciler/head.js';
import { printYaml } from '../../../render/canonical-yaml.js';

const held = (source: string, digest: string, since = 0): Held => ({
  source,
  digest,
  since,
  by: 'alice',
  reasons: [{ type: 'maxRemovals', message: 'too many' }],
});
const sources = ['startup-config', 'Plugin/a', 'Plugin/b'] as const;

const instant = fc.integer({ min: 0, max: 4_000_000_000 }).map(seconds => seconds * 1_000);
const anyHeld: fc.Arbitrary<Held> = fc.record({
  source: fc.constantFrom(...sources),
  digest: fc.constantFrom('d1', 'd2', 'd3'),
  since: instant,
  by: fc.string({ minLength: 1 }),
  reasons: fc.array(fc.record({ type: fc.constantFrom(...holdReasons), message: fc.string() })),
});
const oneASource = fc.uniqueArray(anyHeld, { selector: ({ source }) => source });

const anyFacts: fc.Arbitrary<HoldFacts> = fc.record({
  input: fc.constantFrom('d1', 'd2', 'other', undefined).map(digest => () => digest),
  inForce: fc.constantFrom('d1', 'd3', 'other'),
  held: oneASource,
  lost: fc.subarray([...sources]).map(all => new Set<string>(all)),
  admitted: fc.subarray([...sources]).map(all => new Set<string>(all)),
  isBound: fc.subarray([...sources]).map(all => (source: string) => all.some(name => name === source)),
});

describe('what is held after a pass', () => {
  const quiet: HoldFacts = {
    input: () => 'd1',
    inForce: 'other',
    held: [],
    lost: new Set(),
    admitted: new Set(),
    isBound: () => true,
  };
  const cases: readonly (readonly [string, readonly Held[], Partial<HoldFacts>, readonly Held[]])[] = [
    [
      'the same edit again is what it was',
      [held('startup-config', 'd1')],
      { held: [held('startup-config', 'd1', 5)] },
      [held('startup-config', 'd1')],
    ],
    [
      'a newer one takes its place',
      [held('startup-config', 'd1')],
      { input: () => 'd2', held: [held('startup-config', 'd2', 5)] },
      [held('startup-config', 'd2', 5)],
    ],
    ['one that is taken back is over', [held('startup-config', 'd1')], { input: () => 'd3' }, []],
    ['one that is in force is over', [held('startup-config', 'd1')], { inForce: 'd1' }, []],
    [
      'a directory with errors ends nothing',
      [held('startup-config', 'd1')],
      { input: () => undefined },
      [held('startup-config', 'd1')],
    ],
    ['a result stays without a new one', [held('Plugin/a', 'd1')], {}, [held('Plugin/a', 'd1')]],
    [
      'a result is over with one that is taken in',
      [held('Plugin/a', 'd1')],
      { admitted: new Set(['Plugin/a']) },
      [],
    ],
    ['a result is over with its plugin', [held('Plugin/a', 'd1')], { isBound: () => false }, []],
    ['a result without its ref is over', [held('Plugin/a', 'd1')], { lost: new Set(['Plugin/a']) }, []],
  ];
  for (const [title, before, facts, after] of cases) {
    it(title, () => {
      expect(heldAfter(before, { ...quiet, ...facts })).to.deep.equal(after);
    });
  }

  it('holds every candidate that was found, one a source, and settles at once', () => {
    fc.assert(
      fc.property(oneASource, anyFacts, (before, facts) => {
        const after = heldAfter(before, facts);
        expect(new Set(after.map(({ source }) => source)).size).to.equal(after.length);
        for (const { source, digest } of facts.held)
          if (source !== 'startup-config' && !facts.admitted.has(source) && facts.isBound(source))
            expect(after.some(entry => entry.source === source && entry.digest === digest)).to.equal(true);
        const again = {
          ...facts,
          held: facts.held.filter(({ source }) => source === 'none'),
          lost: new Set<string>(),
        };
        const settled = heldAfter(after, again);
        expect(heldAfter(settled, again)).to.equal(settled);
      }),
    );
  });

  it('is read as it was written, and a name that stands for it can be a ref', () => {
    fc.assert(
      fc.property(oneASource, entries => {
        expect(decodeHeld(readOwn('held.yaml', printYaml(encodeHeld(entries))))).to.deep.equal(entries);
      }),
    );
    for (const other of [null, [], {}, { kind: 'Held' }, { kind: 'Held', held: [5, {}, { source: 'x' }] }])
      expect(decodeHeld(other)).to.deep.equal([]);
    expect(sources.map(heldName)).to.deep.equal(['startup', 'Plugin-a', 'Plugin-b']);
  });
});

describe('a confirmation that is awaited', () => {
  const pending: PendingConfirmation = {
    generation: 7,
    digest: 'd1',
    baseline: { generation: 5, startupConfigHash: 'd0', commit: 'a'.repeat(40) },
    since: 10_000,
    deadline: 70_000,
    by: 'alice',
    probe: 'ping -c1 192.0.2.1 # "works"',
  };

  it('is read as it was written', () => {
    const { probe, ...rest } = pending;
    expect(probe).not.to.equal('');
    for (const entry of [pending, rest])
      expect(decodeConfirmation(readOwn('confirm.yaml', printYaml(encodeConfirmation(entry))))).to.deep.equal(
        entry,
      );
    for (const other of [null, [], { kind: 'Confirm' }, { kind: 'Confirm', generation: 7, baseline: {} }])
      expect(decodeConfirmation(other)).to.equal(undefined);
  });

  it('is over at its deadline, not a millisecond before', () => {
    expect(isOver(pending, 69_999)).to.equal(false);
    expect(isOver(pending, 70_000)).to.equal(true);
  });

  it('ends with another startup-config in force, and begins anew where the clock was set back', () => {
    expect(confirmationAfter(pending, { inForce: 'd1', now: 10_000 })).to.equal(pending);
    expect(confirmationAfter(pending, { inForce: 'd2', now: 10_000 })).to.equal(undefined);
    expect(confirmationAfter(undefined, { inForce: 'd1', now: 10_000 })).to.equal(undefined);
    expect(confirmationAfter(pending, { inForce: 'd1', now: 3_000 })).to.deep.equal({
      ...pending,
      since: 3_000,
      deadline: 63_000,
    });
  });
});
