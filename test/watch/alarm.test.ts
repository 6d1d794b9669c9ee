import { expect } from 'chai';
import fc from 'fast-check';
import type { Instant } from '../../protocol/time.js';
import { createAlarm } from '../../watch/alarm.js';
import type { Alarm, Ring } from '../../watch/alarm.js';
import { ManualClock } from '../rig/manual-clock.js';

const second = 1_000;
const hour = 3_600 * second;
const day = 24 * hour;

/** An alarm, and what it has rung so far with the time of day it was. */
function rig(clock: ManualClock): { alarm: Alarm; rung: { why: Ring; now: Instant }[] } {
  const rung: { why: Ring; now: Instant }[] = [];
  const alarm = createAlarm(clock, why => rung.push({ why, now: clock.now() }));
  return { alarm, rung };
}

describe('an alarm', () => {
  let clock = new ManualClock();
  let start = 0;
  beforeEach(() => {
    clock = new ManualClock();
    start = clock.now();
  });

  for (const [name, ms] of [
    ['a moment', 1],
    ['less than a millisecond', 0.5],
    ['a step', 30 * second],
    ['five minutes', 300 * second],
    ['more than a timer can take', 25 * day],
  ] as const) {
    it(`rings once, on time, after ${name}`, async () => {
      const { alarm, rung } = rig(clock);
      alarm.wakeAt(start + ms);
      await clock.advance(ms);
      expect(rung).to.deep.equal([{ why: 'due', now: start + ms }]);
      expect([alarm.at, clock.waiting]).to.deep.equal([undefined, 0]);
    });
  }

  it('rings soon for what is past, but not before it is set up', async () => {
    const { alarm, rung } = rig(clock);
    alarm.wakeAt(start - day);
    expect(rung).to.deep.equal([]);
    await clock.advance(0);
    expect(rung).to.deep.equal([{ why: 'due', now: start }]);
  });

  it('has one wake-up: setting it again replaces it, undefined and Infinity turn it off', async () => {
    const { alarm, rung } = rig(clock);
    alarm.wakeAt(start + second);
    alarm.wakeAt(start + hour);
    expect([alarm.at, clock.waiting]).to.deep.equal([start + hour, 1]);
    await clock.advance(2 * second);
    for (const off of [undefined, Infinity]) {
      alarm.wakeAt(start + 5 * second);
      alarm.wakeAt(off);
      expect([alarm.at, clock.waiting]).to.deep.equal([undefined, 0]);
    }
    await clock.advance(2 * hour);
    expect(rung).to.deep.equal([]);
  });

  it('can be set again while it rings', async () => {
    const times: Instant[] = [];
    const alarm = createAlarm(clock, () => {
      times.push(clock.now() - start);
      if (times.length < 3) alarm.wakeAt(clock.now() + hour);
    });
    alarm.wakeAt(start + hour);
    await clock.advance(day);
    expect(times).to.deep.equal([hour, 2 * hour, 3 * hour]);
  });

  it('throws for NaN and keeps what it was set to', () => {
    const { alarm } = rig(clock);
    alarm.wakeAt(start + hour);
    expect(() => {
      alarm.wakeAt(Number.NaN);
    }).to.throw(RangeError);
    expect([alarm.at, clock.waiting]).to.deep.equal([start + hour, 1]);
  });

  for (const [name, ms] of [
    ['set forward a year', 365 * day],
    ['suspended for eight hours', 8 * hour],
  ] as const) {
    it(`notices within 30 s that the clock was ${name}`, async () => {
      const { alarm, rung } = rig(clock);
      alarm.wakeAt(start + 5 * hour);
      await clock.advance(second);
      clock.suspend(ms);
      await clock.advance(30 * second);
      expect(rung.map(({ why }) => why)).to.deep.equal(['due']);
    });
  }

  for (const [name, ms] of [
    ['an hour', hour],
    ['a day', day],
    ['to 1970', Date.UTC(2026, 4, 29, 12)],
  ] as const) {
    it(`says within 30 s that the clock was set back ${name}`, async () => {
      const { alarm, rung } = rig(clock);
      alarm.wakeAt(start + 5 * hour);
      await clock.advance(45 * second);
      clock.suspend(-ms);
      await clock.advance(30 * second);
      expect(rung.map(({ why }) => why)).to.deep.equal(['clockSetBack']);
      expect(alarm.at).to.equal(undefined);
    });
  }

  it('takes slewing for what it is', async () => {
    const { alarm, rung } = rig(clock);
    alarm.wakeAt(start + 10 * 60 * second);
    for (let minute = 0; minute < 10; minute++) {
      clock.suspend(-30); // 500 parts in a million, as fast as the kernel slews
      await clock.advance(60 * second);
    }
    expect(rung).to.deep.equal([]);
    await clock.advance(second);
    expect(rung).to.deep.equal([{ why: 'due', now: start + 10 * 60 * second }]);
  });

  it('whatever the clock does: never early, and at most 30 s late', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 200_000 }) }),
      fc.record({ kind: fc.constant('jump' as const), ms: fc.integer({ min: -day, max: day }) }),
    );
    const steps = fc.array(step, { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: -hour, max: day }), steps, async (ahead, moves) => {
        const manual = new ManualClock();
        const at = manual.now() + ahead;
        const { alarm, rung } = rig(manual);
        alarm.wakeAt(at);
        for (const { kind, ms } of moves) {
          if (kind === 'jump') manual.suspend(ms);
          else await manual.advance(ms);
        }
        await manual.advance(30 * second);
        if (rung.length === 0) expect(manual.now()).to.be.below(at);
        for (const { why, now } of rung) if (why === 'due') expect(now).to.be.at.least(at);
        expect(rung.length).to.be.at.most(1);
      }),
      { numRuns: 200 },
    );
  });
});
