import { expect } from 'chai';
import fc from 'fast-check';
import { excerpt } from '../../../../reconciler/plugin/child/excerpt.js';

const limit = 8 * 1024;
const keep = 32 * 1024;
/** What a capture keeps of an output: all of a short one, else both ends. */
const kept = (bytes: Buffer) =>
  [bytes.subarray(0, keep), bytes.subarray(Math.max(keep, bytes.length - keep))] as const;
const excerptOf = (bytes: Buffer) => excerpt(...kept(bytes), bytes.length);
const note = /\n\[… (\d+) bytes left out …\]\n/;

describe('excerpt', () => {
  it('keeps a short text as it is', () => {
    expect(excerptOf(Buffer.from(''))).to.equal('');
    expect(excerptOf(Buffer.from('grüße\n'))).to.equal('grüße\n');
    expect(excerptOf(Buffer.alloc(limit, 'x'))).to.equal('x'.repeat(limit));
  });

  for (const size of [limit + 1, keep, keep + 1, 2 * keep, 2 * keep + 1, 10 * keep]) {
    it(`keeps both ends of ${size} bytes and says how many are missing`, () => {
      const text = excerptOf(Buffer.from(`first${'x'.repeat(size - 9)}last`));
      expect(text)
        .to.match(/^first/)
        .and.match(/last$/);
      expect(Buffer.byteLength(text)).to.be.at.most(limit);
      const shown = text.replace(note, '').length;
      expect(Number(note.exec(text)?.[1])).to.equal(size - shown);
    });
  }

  it('cuts between characters', () => {
    fc.assert(
      fc.property(fc.constantFrom('é', '€', '😀'), fc.nat(3), fc.integer({ min: 9, max: 90 }), (...args) => {
        const [character, shift, kilobytes] = args;
        const whole = `${'a'.repeat(shift)}${character.repeat((kilobytes * 1024) / 2)}`;
        const text = excerptOf(Buffer.from(whole));
        expect(Buffer.byteLength(text)).to.be.at.most(limit);
        expect(text).to.not.contain('\ufffd');
      }),
    );
  });

  it('stays within the limit for bytes that are no text', () => {
    for (const byte of [0x80, 0xff, 0xc3]) {
      for (const size of [1, 3_000, 9_000, 70_000, 200_000]) {
        const text = excerptOf(Buffer.alloc(size, byte));
        expect(Buffer.byteLength(text)).to.be.at.most(limit);
        expect(text).to.contain('\ufffd');
      }
    }
  });

  it('stays within the limit for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20_000, size: 'max' }), bytes => {
        expect(Buffer.byteLength(excerptOf(Buffer.from(bytes)))).to.be.at.most(limit);
      }),
    );
  });
});
