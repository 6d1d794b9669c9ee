import { expect } from 'chai';
import fc from 'fast-check';
import { hasHostBits, ipv4Number, isIpAddress, parsePrefix } from '../../protocol/address.js';
import { canonicalJson, digestOf, sha256 } from '../../protocol/digest.js';
import { durationText, parseDuration } from '../../protocol/duration.js';
import { isDnsLabel, isResourceName, isTopic } from '../../protocol/names.js';
import { byCodePoint } from '../../protocol/order.js';
import { oneLine, printable, printableLines } from '../../protocol/text.js';
import { formatTime, parseTime } from '../../protocol/time.js';

describe('durations', () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ['0', 0],
    ['300s', 300_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['1.s', 1_000],
    ['100ms', 100],
    ['1us', 0.001],
    ['1µs', 0.001],
    ['-5s', -5_000],
    ['+5s', 5_000],
    ['2562047h', 2_562_047 * 3_600_000],
    ['2562048h', undefined],
    ['', undefined],
    ['-', undefined],
    ['5', undefined],
    ['s', undefined],
    ['5 s', undefined],
    ['5s ', undefined],
    ['1d', undefined],
    ['1h-5m', undefined],
    ['1e3s', undefined],
    ['٣s', undefined],
  ];
  for (const [text, expected] of cases) {
    it(`reads ${JSON.stringify(text)} as ${expected ?? 'no duration'}`, () => {
      expect(parseDuration(text)).to.equal(expected);
    });
  }

  it('prints what it would read', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 100_000 }), seconds => {
        expect(parseDuration(durationText(seconds * 1000))).to.equal(seconds * 1000);
      }),
    );
    expect([0, 250, 1_500, 299_400, 3_600_000].map(durationText)).to.deep.equal([
      '0ms',
      '250ms',
      '1.5s',
      '4m59s',
      '1h',
    ]);
  });
});

describe('times', () => {
  const noon = Date.UTC(2026, 4, 29, 12);
  const cases: readonly (readonly [string, number | undefined])[] = [
    ['2026-05-29T12:00:00Z', noon],
    ['2026-05-29t12:00:00z', noon],
    ['2026-05-29T12:00:00.5Z', noon + 500],
    ['2026-05-29T12:00:00.123456789Z', noon + 123],
    ['2026-05-29T14:30:00+02:30', noon],
    ['2026-05-29T07:00:00-05:00', noon],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['2016-12-31T23:59:60Z', Date.UTC(2017, 0, 1)],
    ['0001-01-01T00:00:00Z', -62_135_596_800_000],
    ['9999-12-31T23:59:59Z', 253_402_300_799_000],
    ['2026-05-29T12:00:00', undefined],
    ['2026-05-29', undefined],
    ['2026-05-29 12:00:00Z', undefined],
    ['2024-02-30T00:00:00Z', undefined],
    ['2023-02-29T00:00:00Z', undefined],
    ['2026-13-01T00:00:00Z', undefined],
    ['2026-05-29T24:00:00Z', undefined],
    ['2026-05-29T12:60:00Z', undefined],
    ['2026-05-29T12:00:00+24:00', undefined],
    ['', undefined],
  ];
  for (const [text, expected] of cases) {
    it(`reads ${JSON.stringify(text)} as ${expected ?? 'no time'}`, () => {
      expect(parseTime(text)).to.equal(expected);
    });
  }

  it('prints what it reads', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800_000 }), instant => {
        expect(parseTime(formatTime(instant))).to.equal(instant);
      }),
    );
    expect(formatTime(noon)).to.equal('2026-05-29T12:00:00Z');
  });
});

describe('names', () => {
  const names: readonly (readonly [string, boolean, boolean])[] = [
    ['a', true, true],
    ['app-10-0-1-123', true, true],
    ['A.b_c:d', true, false],
    ['a'.repeat(63), true, true],
    ['a'.repeat(64), true, false],
    ['a'.repeat(253), true, false],
    ['a'.repeat(254), false, false],
    ['', false, false],
    ['-a', false, false],
    ['a-', false, false],
    ['a..b', false, false],
    ['../../etc/passwd', false, false],
    ['a/b', false, false],
    ['a b', false, false],
    ['a\n', false, false],
    ['a\u200b', false, false],
    ['é', false, false],
  ];
  for (const [name, resource, label] of names) {
    it(`${JSON.stringify(name.slice(0, 20))}: ${resource ? '' : 'no '}resource name, ${label ? '' : 'no '}label`, () => {
      expect([isResourceName(name), isDnsLabel(name)]).to.deep.equal([resource, label]);
    });
  }

  it('topics have one to eight labels', () => {
    expect(['a', 'routerd.cloud.oci.refresh', 'a.b.c.d.e.f.g.h'].every(isTopic)).to.equal(true);
    expect(['', '.', 'a.', 'a..b', 'a b', 'a.b.c.d.e.f.g.h.i', 'a/b'].some(isTopic)).to.equal(false);
  });
});

describe('addresses', () => {
  it('reads prefixes and refuses odd spellings', () => {
    expect(parsePrefix('10.0.1.0/24')).to.deep.equal({ family: 4, address: '10.0.1.0', bits: 24 });
    expect(parsePrefix('2001:db8::/32')?.family).to.equal(6);
    for (const text of [
      '10.0.0.1',
      '10.0.0.0/33',
      '010.0.0.0/8',
      '10.0.0.0/08',
      '10.0.0/8',
      '::/129',
      'fe80::1%eth0/64',
      '10.0.0.0/-1',
      ' 10.0.0.0/8',
    ]) {
      expect(parsePrefix(text), text).to.equal(undefined);
    }
  });

  it('sees bits beyond the prefix', () => {
    const bits = (text: string) => {
      const prefix = parsePrefix(text);
      return prefix !== undefined && hasHostBits(prefix);
    };
    expect(['10.0.0.1/24', '128.0.0.0/0', '10.0.0.3/31'].map(bits)).to.deep.equal([true, true, true]);
    expect(['10.0.0.0/24', '0.0.0.0/0', '10.0.0.3/32'].map(bits)).to.deep.equal([false, false, false]);
    expect(ipv4Number('255.255.255.255')).to.equal(2 ** 32 - 1);
    expect([isIpAddress('::1'), isIpAddress('fe80::1%eth0'), isIpAddress('1.2.3')]).to.deep.equal([
      true,
      false,
      false,
    ]);
  });
});

describe('order, digests and text', () => {
  it('orders by code point, as the bytes of UTF-8 do', () => {
    const text = fc.string({ unit: 'binary' }).filter(value => !/[\ud800-\udfff]/u.test(value));
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(byCodePoint(a, b))).to.equal(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
      { numRuns: 1_000 },
    );
    expect(['\u{1f600}', '\uff61'].sort(byCodePoint)).to.deep.equal(['\uff61', '\u{1f600}']);
  });

  it('digests what a value says, not how it was written', () => {
    expect(digestOf({ b: 1, a: [true, null, 'x'] })).to.equal(sha256('{"a":[true,null,"x"],"b":1}'));
    expect(canonicalJson({ n: 1e3, s: 'é\u0001' })).to.equal('{"n":1000,"s":"é\\u0001"}');
  });

  it('leaves nothing in text that a terminal acts upon', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        /* eslint-disable no-control-regex */
        const acts =
          /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]/u;
        /* eslint-enable no-control-regex */
        expect(printable(text)).not.to.match(acts);
        expect(printableLines(text).replace(/[\n\t]/g, '')).not.to.match(acts);
        expect(oneLine(text, 10).length).to.be.at.most(20);
      }),
      { numRuns: 1_000 },
    );
    expect(printable('a\u001b[31mb\u202e')).to.equal('a\\u001b[31mb\\u202e');
    expect(oneLine('a\n\n b  c', 4)).to.equal('a b…');
  });
});
