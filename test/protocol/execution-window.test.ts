import { expect } from 'chai';
import { isOpen, nextWindowChange, parseExecutionWindows } from '../../protocol/execution-window.js';
import type { ExecutionWindow } from '../../protocol/execution-window.js';

function windowsOf(text: string): readonly ExecutionWindow[] {
  const windows = parseExecutionWindows(text);
  if (windows === undefined) throw new Error(`not a window: ${text}`);
  return windows;
}

describe('execution windows', () => {
  const daysOf = (text: string): number[] =>
    [...(windowsOf(`${text} 01:00-02:00`)[0]?.days ?? [])].sort((a, b) => a - b);

  for (const [text, days] of [
    ['Mon-Fri', [1, 2, 3, 4, 5]],
    ['Sat', [6]],
    ['Mon,Wed', [1, 3]],
    ['Fri-Mon', [0, 1, 5, 6]],
    ['mon-tue,SUN', [0, 1, 2]],
    ['Sun-Sun', [0]],
  ] as const) {
    it(`reads the days ${text}`, () => {
      expect(daysOf(text)).to.deep.equal(days);
    });
  }

  it('means every day in UTC where nothing else is said', () => {
    const [window] = windowsOf('22:00-24:00');
    expect(window).to.include({ from: 22 * 60, to: 24 * 60, zone: 'UTC' });
    expect([...(window?.days ?? [])]).to.deep.equal([0, 1, 2, 3, 4, 5, 6]);
  });

  it('reads several windows', () => {
    expect(windowsOf('Mon 01:00-02:00;  Tue 03:00-04:00 Asia/Tokyo ')).to.have.length(2);
  });

  for (const text of [
    '',
    'always',
    '22:00',
    '9:00-17:00',
    '22:00-25:00',
    '24:00-02:00',
    '10:60-11:00',
    '24:01-02:00',
    '08:00-08:00',
    'Mo 08:00-09:00',
    'Monday 08:00-09:00',
    'Mon-Wed-Fri 08:00-09:00',
    'Mon, Wed 08:00-09:00',
    'Mon- 08:00-09:00',
    '08:00-09:00 Nowhere/City',
    '08:00-09:00 +09:00',
    '08:00-09:00 UTC extra',
    '08:00-09:00;',
    '* 22-4 * * *',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(parseExecutionWindows(text)).to.equal(undefined);
    });
  }

  // 2026-05-29 is a Friday; Tokyo is nine hours ahead of UTC.
  for (const [text, time, open] of [
    ['22:00-23:00', '2026-05-29T21:59:59Z', false],
    ['22:00-23:00', '2026-05-29T22:00:00Z', true],
    ['22:00-23:00', '2026-05-29T22:59:59Z', true],
    ['22:00-23:00', '2026-05-29T23:00:00Z', false],
    ['00:00-24:00', '2026-05-29T23:59:59Z', true],
    ['00:00-24:00', '2026-05-29T00:00:00Z', true],
    ['Fri 22:00-23:00', '2026-05-28T22:30:00Z', false],
    ['Fri 22:00-04:00', '2026-05-29T23:00:00Z', true],
    ['Fri 22:00-04:00', '2026-05-30T03:59:00Z', true],
    ['Fri 22:00-04:00', '2026-05-30T04:00:00Z', false],
    ['Fri 22:00-04:00', '2026-05-29T03:00:00Z', false],
    ['Sat 22:00-04:00', '2026-05-31T03:00:00Z', true],
    ['Fri 22:00-00:00', '2026-05-29T23:59:00Z', true],
    ['Fri 22:00-00:00', '2026-05-30T00:00:00Z', false],
    ['Fri 22:00-04:00 Asia/Tokyo', '2026-05-29T13:00:00Z', true],
    ['Fri 22:00-04:00 Asia/Tokyo', '2026-05-29T12:59:00Z', false],
    ['Fri 22:00-04:00 Asia/Tokyo', '2026-05-29T18:59:00Z', true],
    ['Mon 01:00-02:00; Fri 01:00-02:00', '2026-05-29T01:30:00Z', true],
    ['Mon 01:00-02:00; Fri 01:00-02:00', '2026-05-28T01:30:00Z', false],
  ] as const) {
    it(`${text} is ${open ? 'open' : 'closed'} at ${time}`, () => {
      expect(isOpen(windowsOf(text), Date.parse(time))).to.equal(open);
    });
  }

  it('goes by the clock on the wall when summer time begins and ends', () => {
    const night = windowsOf('02:00-03:00 Europe/Berlin');
    const openHalfHours = (day: string): number =>
      Array.from({ length: 48 }, (_, half) => Date.parse(`${day}T00:00:00Z`) + half * 1_800_000).filter(
        instant => isOpen(night, instant),
      ).length;
    expect(openHalfHours('2026-03-29'), 'the hour is skipped').to.equal(0);
    expect(openHalfHours('2026-06-01')).to.equal(2);
    expect(openHalfHours('2026-10-25'), 'the hour comes twice').to.equal(4);
  });

  it('is closed where there is no window', () => {
    expect(isOpen([], 0)).to.equal(false);
  });
});

describe('the next change of execution windows', () => {
  const next = (text: string, after: string, until: string): string | undefined => {
    const change = nextWindowChange(parseExecutionWindows(text) ?? [], Date.parse(after), Date.parse(until));
    return change && `${change.open ? 'opens' : 'closes'} ${new Date(change.at).toISOString()}`;
  };
  const cases: readonly (readonly [text: string, after: string, found: string | undefined])[] = [
    ['22:00-23:00', '2026-05-29T21:59:59.999Z', 'opens 2026-05-29T22:00:00.000Z'],
    ['22:00-23:00', '2026-05-29T22:00:00Z', 'closes 2026-05-29T23:00:00.000Z'],
    ['22:00-23:00; 23:00-23:30', '2026-05-29T22:30:00Z', 'closes 2026-05-29T23:30:00.000Z'],
    ['Mon 22:00-23:00', '2026-05-29T12:00:00Z', 'opens 2026-06-01T22:00:00.000Z'],
    // On the night that skips it, the hour does not come.
    ['02:00-03:00 Europe/Berlin', '2026-03-28T12:00:00Z', 'opens 2026-03-30T00:00:00.000Z'],
    ['00:00-24:00', '2026-05-29T12:00:00Z', undefined],
  ];
  for (const [text, after, found] of cases) {
    it(`${text} after ${after}: ${found ?? 'none'}`, () => {
      expect(next(text, after, '2026-06-10T00:00:00Z')).to.equal(found);
    });
  }

  it('comes no later than it is asked for', () => {
    const after = '2026-05-29T12:00:00Z';
    expect(next('22:00-23:00', after, '2026-05-29T22:00:00Z')).to.equal('opens 2026-05-29T22:00:00.000Z');
    expect(next('22:00-23:00', after, '2026-05-29T21:59:59Z')).to.equal(undefined);
  });
});
