import { expect } from 'chai';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Value } from '../../protocol/resource.js';
import { sealedCache } from '../../state/sealed-cache.js';
import { tempDir } from '../rig/temp.js';

describe('the cache of what was parsed', () => {
  let dir = '';
  const bytes = Buffer.from('a: 1\n');
  const others = Buffer.from('b: 2\n');
  const entry = (of: Uint8Array, value: Value | undefined) => ({ bytes: of, value: () => value });
  const cache = () => sealedCache(dir, 'things');
  const folder = () => join(dir, 'run/cache/things');
  const only = async () => {
    const names = await readdir(folder());
    expect(names).to.have.length(1);
    return join(folder(), names[0] ?? '');
  };

  beforeEach(async () => {
    dir = await tempDir();
    await cache().replace([entry(bytes, { a: 1 })]);
  });

  it('gives back what was kept for these very bytes, and nothing for others', () => {
    expect(cache().find(bytes)).to.deep.equal({ a: 1 });
    expect(cache().find(others)).to.equal(undefined);
  });

  for (const [title, damage] of [
    ['torn', (text: string) => text.slice(0, -3)],
    ['edited by hand', (text: string) => text.replace('1}', '7}')],
    ['empty', () => ''],
  ] as const) {
    it(`takes an entry that is ${title} for none`, async () => {
      const path = await only();
      await writeFile(path, damage(await readFile(path, 'utf8')));
      expect(cache().find(bytes)).to.equal(undefined);
    });
  }

  it('may be deleted at any time', async () => {
    await rm(join(dir, 'run'), { recursive: true });
    expect(cache().find(bytes)).to.equal(undefined);
  });

  it('drops what is no longer wanted, and keeps what is', async () => {
    await cache().replace([entry(bytes, undefined), entry(others, { b: 2 })]);
    expect([cache().find(bytes), cache().find(others)]).to.deep.equal([{ a: 1 }, { b: 2 }]);
    await cache().replace([entry(others, undefined)]);
    expect([cache().find(bytes), cache().find(others)]).to.deep.equal([undefined, { b: 2 }]);
    await only();
  });

  it('keeps nothing that JSON would change', async () => {
    await cache().replace([entry(others, { list: [-0] })]);
    expect(cache().find(others)).to.equal(undefined);
  });
});
