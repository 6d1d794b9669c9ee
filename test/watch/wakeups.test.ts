import { expect } from 'chai';
import fc from 'fast-check';
import { stableJitter } from '../../watch/jitter.js';
import { earliest } from '../../watch/wakeups.js';

describe('the earliest wake-up', () => {
  const a = { at: 5, reason: 'interval', name: 'a' };
  const b = { at: 5, reason: 'interval', name: 'b' };
  const lease = { at: 5, reason: 'lease', name: 'a' };
  const never = { at: Infinity, reason: 'interval', name: 'never' };
  for (const [name, wakeups, expected] of [
    ['of none', [], undefined],
    ['of what never comes', [never], undefined],
    ['of one', [a], a],
    ['of one that is long past', [{ ...a, at: -1 }, b], { ...a, at: -1 }],
    ['by name where the moment is the same', [b, a], a],
    ['by reason before name', [lease, b], b],
    ['of some that never come', [never, lease], lease],
  ] as const) {
    it(name, () => {
      expect(earliest(wakeups)).to.deep.equal(expected);
    });
  }

  it('does not depend on the order', () => {
    const wakeup = fc.record({
      at: fc.integer({ min: 0, max: 5 }),
      reason: fc.constantFrom('interval', 'lease', 'backOff'),
      name: fc.constantFrom('a', 'b', '｡', '😀'),
    });
    fc.assert(
      fc.property(fc.array(wakeup), wakeups => {
        const first = earliest(wakeups);
        expect(earliest(wakeups.toReversed())).to.deep.equal(first);
        for (const { at } of wakeups) expect(at).to.be.at.least(first?.at ?? Infinity);
      }),
    );
  });

  it('throws, naming it, for a moment that is not a number', () => {
    expect(() => earliest([a, { at: Number.NaN, reason: 'lease', name: 'Plugin/x' }])).to.throw(
      RangeError,
      'lease Plugin/x',
    );
  });
});

describe('the jitter of a name', () => {
  it('is a whole number below the spread, and always the same', () => {
    fc.assert(
      fc.property(fc.string(), fc.double({ min: 0, max: 1e9, noNaN: true }), (name, spread) => {
        const jitter = stableJitter(name, spread);
        expect(jitter).to.equal(stableJitter(name, spread));
        expect(Number.isInteger(jitter) && jitter >= 0 && (jitter < spread || jitter === 0)).to.equal(true);
      }),
    );
  });

  it('is the one it was in earlier versions: a restart moves nobody', () => {
    expect(stableJitter('oci-inventory', 30_000)).to.equal(13615);
  });

  it('spreads names that differ in one digit over the whole of it', () => {
    const tenths = new Set<number>();
    for (let index = 0; index < 200; index++) tenths.add(Math.floor(stableJitter(`p-${index}`, 1_000) / 100));
    expect(tenths.size).to.equal(10);
  });

  for (const spread of [Number.NaN, Infinity, -Infinity]) {
    it(`throws for a spread of ${spread}`, () => {
      expect(() => stableJitter('x', spread)).to.throw(RangeError);
    });
  }
});
