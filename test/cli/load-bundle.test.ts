import { expect } from 'chai';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadBundle } from '../../cli/load-bundle.js';
import { tempDir } from '../rig/temp.js';

describe('a bundle that is loaded with what was compiled of it', () => {
  let file = '';
  const cache = () => `${file}.cache`;
  const load = (): unknown => (loadBundle(file).exports as { answer: () => unknown }).answer();
  const write = (answer: number) => writeFile(file, `exports.answer = () => ${answer};`);

  beforeEach(async () => {
    file = join(await tempDir(), 'bundle.cjs');
    await write(1);
  });

  it('is run like any CommonJS file, with and without that', async () => {
    await writeFile(
      file,
      'exports.answer = () => [__filename, __dirname, module.exports === exports, typeof require];',
    );
    const expected = [file, join(file, '..'), true, 'function'];
    expect(load()).to.deep.equal(expected);
    await writeFile(cache(), loadBundle(file).compiled());
    expect(load()).to.deep.equal(expected);
  });

  it('means what it says beyond ASCII', async () => {
    await writeFile(file, "exports.answer = () => 'µ is not μ';");
    await writeFile(cache(), loadBundle(file).compiled());
    expect(load()).to.equal('µ is not μ');
  });

  it('is compiled anew where that belongs to another file, even to one of the same length', async () => {
    const bundle = loadBundle(file);
    (bundle.exports as { answer: () => unknown }).answer();
    await writeFile(cache(), bundle.compiled());
    await write(2);
    expect(load()).to.equal(2);
  });

  it('is compiled anew where that is torn, damaged, empty or unreadable', async () => {
    await writeFile(cache(), loadBundle(file).compiled());
    const whole = await readFile(cache());
    const flipped = Buffer.from(whole);
    flipped.writeUInt8((whole.at(-9) ?? 0) ^ 0xff, whole.length - 9);
    for (const content of [whole.subarray(0, whole.length / 2), flipped, Buffer.alloc(0), Buffer.alloc(64)]) {
      await writeFile(cache(), content);
      expect(load()).to.equal(1);
    }
  });
});
