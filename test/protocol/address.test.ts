import { expect } from 'chai';
import fc from 'fast-check';
import { contains, hasHostBits, isIpAddress, networkOf, parsePrefix } from '../../protocol/address.js';
import type { Network } from '../../protocol/address.js';

/** A network as the bits that all of its addresses begin with, read in the most pedestrian way. */
interface Bits {
  readonly family: 4 | 6;
  readonly text: string;
}

interface Written extends Bits {
  readonly spelling: string;
}

const binary = (value: number, length: number): string => value.toString(2).padStart(length, '0');
const mapped = `${'0'.repeat(80)}${'1'.repeat(16)}`;

const byte = fc.oneof(fc.constantFrom(0, 1, 10, 127, 128, 255), fc.nat(255));
const group = fc.oneof(fc.constantFrom(0, 0, 0, 0xffff, 0x2001, 0xdb8), fc.nat(0xffff));

/** Sets every bit after `bits` to zero. */
function masked(text: string, bits: number): string {
  return text.slice(0, bits).padEnd(text.length, '0');
}

const v4: fc.Arbitrary<Written> = fc
  .tuple(fc.array(byte, { minLength: 4, maxLength: 4 }), fc.nat(32), fc.boolean())
  .map(([bytes, length, plain]) => {
    const bits = plain ? 32 : length;
    const text = masked(bytes.map(part => binary(part, 8)).join(''), bits);
    const dotted = [0, 8, 16, 24].map(at => Number.parseInt(text.slice(at, at + 8), 2)).join('.');
    return { family: 4, text: text.slice(0, bits), spelling: plain ? dotted : `${dotted}/${bits}` };
  });

const v6: fc.Arbitrary<Written> = fc
  .tuple(
    fc.oneof(
      fc.array(group, { minLength: 8, maxLength: 8 }),
      fc.tuple(group, group).map(tail => [0, 0, 0, 0, 0, 0xffff, ...tail]),
    ),
    fc.oneof(fc.nat(128), fc.integer({ min: 90, max: 128 })),
    fc.record({ plain: fc.boolean(), short: fc.boolean(), dotted: fc.boolean(), upper: fc.boolean() }),
  )
  .map(([groups, length, { plain, short, dotted, upper }]) => {
    const bits = plain ? 128 : length;
    const text = masked(groups.map(part => binary(part, 16)).join(''), bits);
    const hex = Array.from({ length: 8 }, (_, at) => Number.parseInt(text.slice(at * 16, at * 16 + 16), 2));
    const tail = [96, 104, 112, 120].map(at => Number.parseInt(text.slice(at, at + 8), 2)).join('.');
    const written = hex.map(part => part.toString(16));
    const long = dotted ? [...written.slice(0, 6), tail].join(':') : written.join(':');
    const address = short ? shortened(long) : long;
    const spelling = `${upper ? address.toUpperCase() : address}${plain ? '' : `/${bits}`}`;
    const prefix = text.slice(0, bits);
    return prefix.startsWith(mapped)
      ? { family: 4, text: prefix.slice(96), spelling }
      : { family: 6, text: prefix, spelling };
  });

/** Replaces the first run of two or more zero groups. */
function shortened(address: string): string {
  return address.replace(/(^|:)0(:0)+(:|$)/, '::');
}

const either = fc.oneof(v4, v6);

function read(spelling: string): Network {
  const network = networkOf(spelling);
  if (network === undefined) throw new Error(`not read: ${spelling}`);
  return network;
}

describe('networks', () => {
  it('are the bits that are written', () => {
    fc.assert(
      fc.property(either, ({ family, text, spelling }) => {
        const width = family === 4 ? 32 : 128;
        expect(read(spelling)).to.deep.equal({
          family,
          bits: text.length,
          first: BigInt(`0b0${text.padEnd(width, '0')}`),
        });
      }),
      { numRuns: 3_000 },
    );
  });

  it('contain exactly what begins with the same bits', () => {
    // The inner one is often made from the outer, or else next to nothing would lie in anything.
    const pair = fc
      .tuple(either, either, fc.boolean(), fc.nat(40), fc.boolean())
      .map(([outer, other, related, more, flip]): [Bits, Bits] => {
        if (!related) return [outer, other];
        const width = outer.family === 4 ? 32 : 128;
        const text = (outer.text + other.text.padEnd(128, '01')).slice(
          0,
          Math.min(width, outer.text.length + more),
        );
        const inner = { family: outer.family, text };
        return flip ? [inner, outer] : [outer, inner];
      });
    fc.assert(
      fc.property(pair, ([outer, inner]) => {
        const expected = outer.family === inner.family && inner.text.startsWith(outer.text);
        expect(contains(networkFrom(outer), networkFrom(inner))).to.equal(expected);
      }),
      { numRuns: 3_000 },
    );
  });

  it('with a bit set beyond the prefix are none', () => {
    fc.assert(
      fc.property(fc.oneof(v4, v6), fc.nat(127), ({ spelling }, chosen) => {
        const [address = '', bits] = spelling.split('/');
        const width = address.includes(':') ? 128 : 32;
        fc.pre(bits !== undefined && Number(bits) < width);
        const { first, bits: read32 } = read(address);
        const host = chosen % (width - Number(bits));
        const other = spellingOf(first | (1n << BigInt(host)), read32);
        fc.pre(other.includes(':') === address.includes(':'));
        expect(networkOf(`${other}/${bits}`)).to.equal(undefined);
      }),
      { numRuns: 2_000 },
    );
  });

  it('are read or refused, whatever the text', () => {
    const rubbish = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(...Array.from('0123456789abcdef:./% xX+-')) }),
      fc
        .tuple(either, fc.string({ maxLength: 3 }), fc.boolean())
        .map(([{ spelling }, more, before]) => (before ? more + spelling : spelling + more)),
    );
    fc.assert(
      fc.property(rubbish, text => {
        const network = networkOf(text);
        if (network === undefined) return;
        expect(text).to.match(/^[0-9A-Fa-f:.]+(\/\d{1,3})?$/);
        expect(text).not.to.match(/\/0\d|(^|[.:])0\d+\./);
        expect(contains(network, network)).to.equal(true);
        expect(network.bits).to.be.within(0, network.family === 4 ? 32 : 128);
      }),
      { numRuns: 5_000 },
    );
  });
});

function networkFrom({ family, text }: Bits): Network {
  const width = family === 4 ? 32 : 128;
  return { family, bits: text.length, first: BigInt(`0b0${text.padEnd(width, '0')}`) };
}

/** The number of a network's address, spelled out in full. */
function spellingOf(number: bigint, bits: number): string {
  const width = bits === 32 && number < 1n << 32n ? 32 : 128;
  const text = number.toString(2).padStart(width, '0');
  if (width === 32) return [0, 8, 16, 24].map(at => Number.parseInt(text.slice(at, at + 8), 2)).join('.');
  return Array.from({ length: 8 }, (_, at) =>
    Number.parseInt(text.slice(at * 16, at * 16 + 16), 2).toString(16),
  ).join(':');
}

describe('addresses and prefixes', () => {
  for (const [text, address, prefix] of [
    ['10.0.0.1', true, false],
    ['10.0.0.1/32', false, true],
    ['10.0.0.0/0', false, true],
    ['::', true, false],
    ['::/128', false, true],
    ['::/0', false, true],
    ['1:2:3:4:5:6:7::', true, false],
    ['::2:3:4:5:6:7:8', true, false],
    ['010.0.0.1', false, false],
    ['010.0.0.1/8', false, false],
    ['10.0.0.1/08', false, false],
    ['10.0.0.1/33', false, false],
    ['::1/129', false, false],
    ['fe80::1%eth0', false, false],
    ['fe80::1%eth0/64', false, false],
    ['10.0.0.1/', false, false],
    ['/8', false, false],
    ['', false, false],
    ['1::2::3', false, false],
    ['1:2:3:4:5:6:7:8:9', false, false],
    ['10.0.0.1.', false, false],
  ] as const) {
    it(`${JSON.stringify(text)} is ${address ? 'an address' : prefix ? 'a prefix' : 'neither'}`, () => {
      expect(isIpAddress(text)).to.equal(address);
      expect(parsePrefix(text) !== undefined).to.equal(prefix);
    });
  }

  for (const [text, bits] of [
    ['10.0.0.0/8', false],
    ['10.0.0.1/8', true],
    ['10.0.0.1/32', false],
    ['0.0.0.0/0', false],
    ['128.0.0.0/0', true],
  ] as const) {
    it(`${text} has ${bits ? '' : 'no '}host bits`, () => {
      const prefix = parsePrefix(text);
      expect(prefix !== undefined && hasHostBits(prefix)).to.equal(bits);
      expect(networkOf(text) === undefined).to.equal(bits);
    });
  }
});
