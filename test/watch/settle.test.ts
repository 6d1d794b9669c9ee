import { expect } from 'chai';
import fc from 'fast-check';
import { afterHint, defaultSettleTimes, lookDue } from '../../watch/settle.js';
import type { Burst, SettleTimes } from '../../watch/settle.js';
import { createSettler } from '../../watch/settler.js';
import { ManualClock } from '../rig/manual-clock.js';

const times = defaultSettleTimes;

function burstOf(hints: readonly number[]): Burst {
  const burst = hints.reduce<Burst | undefined>(afterHint, undefined);
  if (burst === undefined) throw new Error('a burst has a hint');
  return burst;
}

/** When looks come for hints at these milliseconds after the start. */
async function looksFor(hints: readonly number[], by: SettleTimes): Promise<number[]> {
  const clock = new ManualClock();
  const start = clock.monotonic();
  const looks: number[] = [];
  const settler = createSettler(clock, by, () => looks.push(clock.monotonic() - start));
  for (const at of hints) {
    await clock.advance(Math.max(0, at - (clock.monotonic() - start)));
    settler.hint();
  }
  await clock.advance(by.maxWaitMs + by.quietMs);
  expect(clock.waiting).to.equal(0);
  return looks;
}

describe('settling', () => {
  describe('when to look after a burst', () => {
    for (const [name, hints, due] of [
      ['one hint', [0], 80],
      ['two hints close together', [0, 50], 130],
      ['a clock that gave the same time twice', [10, 10], 90],
      ['hints right up to the longest wait', [0, 1_000, 1_919], 1_999],
      ['hints beyond it', [0, 1_000, 1_950], 2_000],
    ] as const) {
      it(name, () => {
        expect(lookDue(burstOf(hints), times)).to.equal(due);
      });
    }
  });

  describe('the looks that come of hints', () => {
    const every = (ms: number, until: number) =>
      Array.from({ length: Math.floor(until / ms) + 1 }, (_, index) => index * ms);
    for (const [name, hints, looks] of [
      ['none without a hint', [], []],
      ['one after one hint', [0], [80]],
      ['one after a save', [0, 3, 5, 12], [92]],
      ['two after two saves', [0, 3, 500], [83, 580]],
      ['one while a slow writer goes on, and one after it', every(50, 3_000), [2_000, 3_080]],
      ['one for a storm that lasts a second', every(1, 1_000), [1_080]],
    ] as const) {
      it(name, async () => {
        expect(await looksFor(hints, times)).to.deep.equal(looks);
      });
    }
  });

  it('forgets what it waits for when it is called off, and can go on', async () => {
    const clock = new ManualClock();
    let looks = 0;
    const settler = createSettler(clock, times, () => looks++);
    settler.callOff();
    settler.hint();
    settler.callOff();
    expect(clock.waiting).to.equal(0);
    await clock.advance(5_000);
    expect(looks).to.equal(0);
    settler.hint();
    await clock.advance(80);
    expect(looks).to.equal(1);
  });

  it('holds one timer through a storm', () => {
    const clock = new ManualClock();
    const settler = createSettler(clock, times, () => undefined);
    for (let hint = 0; hint < 5_000; hint++) settler.hint();
    expect(clock.waiting).to.equal(1);
  });

  it('is what going through it millisecond by millisecond comes to', async () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 40 });
    const settleTimes = fc.record({
      quietMs: fc.integer({ min: 1, max: 200 }),
      maxWaitMs: fc.integer({ min: 1, max: 2_000 }),
    });
    await fc.assert(
      fc.asyncProperty(gaps, settleTimes, async (waits, by) => {
        let at = 0;
        const hints = waits.map(gap => (at += gap));
        expect(await looksFor(hints, by)).to.deep.equal(slowly(hints, by));
      }),
    );
  });
});

/** The rule in its plainest form: look when it was quiet for long enough or has waited for the longest time. */
function slowly(hints: readonly number[], { quietMs, maxWaitMs }: SettleTimes): number[] {
  const looks: number[] = [];
  let waiting: number[] = [];
  for (let now = 0; now <= (hints.at(-1) ?? 0) + quietMs; now++) {
    const [first, last] = [waiting[0], waiting.at(-1)];
    if (first !== undefined && last !== undefined && (now - last >= quietMs || now - first >= maxWaitMs)) {
      looks.push(now);
      waiting = [];
    }
    waiting.push(...hints.filter(hint => hint === now));
  }
  return looks;
}
