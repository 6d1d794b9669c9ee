import { expect } from 'chai';
import { delay } from '../../watch/delay.js';

const day = 86_400_000;
const longestTimeout = 2 ** 31 - 1;

describe('delay', () => {
  it('calls back once, and not when it was called off', async () => {
    let wrong = 0;
    const callOff = delay(1, () => wrong++);
    callOff();
    callOff();
    await new Promise<void>(resolve => {
      delay(5, resolve);
    });
    expect(wrong).to.equal(0);
  });

  it('throws for NaN', () => {
    expect(() => delay(Number.NaN, () => undefined)).to.throw(RangeError, 'not a number');
  });

  describe('on a timer that is driven by hand', () => {
    const real = globalThis.setTimeout;
    let steps: number[] = [];
    let fire: () => void = () => undefined;
    beforeEach(() => {
      steps = [];
      const recorded = (callback: () => void, ms: number) => {
        steps.push(ms);
        fire = callback;
        return real(() => undefined, 0);
      };
      globalThis.setTimeout = recorded as typeof setTimeout;
    });
    afterEach(() => {
      globalThis.setTimeout = real;
    });

    for (const ms of [0, 1, longestTimeout, longestTimeout + 1, 30 * day, 10 * 365 * day]) {
      it(`waits ${ms} ms in steps that a timer can take`, async () => {
        const called = new Promise<void>(resolve => {
          delay(ms, resolve);
        });
        for (let waited = 0; waited < ms;) {
          const before = steps.length;
          waited += steps[before - 1] ?? Number.NaN;
          if (waited < ms) fire();
        }
        expect(steps.reduce((sum, step) => sum + step, 0)).to.equal(ms);
        expect(Math.max(...steps)).to.be.at.most(longestTimeout);
        fire();
        await called;
      });
    }

    it('can be called off between its timer and the callback', async () => {
      let called = false;
      const callOff = delay(5, () => (called = true));
      fire();
      callOff();
      await new Promise(resolve => setImmediate(resolve));
      expect(called).to.equal(false);
    });

    it('never ends for Infinity', () => {
      let called = false;
      const callOff = delay(Infinity, () => (called = true));
      for (let turn = 0; turn < 100; turn++) fire();
      callOff();
      expect(called).to.equal(false);
      expect(new Set(steps)).to.deep.equal(new Set([longestTimeout]));
    });
  });
});
