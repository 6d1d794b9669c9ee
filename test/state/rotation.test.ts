import { expect } from 'chai';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addRotated, readRotated } from '../../state/rotation.js';
import { tempDir } from '../rig/temp.js';

describe('rotation', () => {
  it('keeps the latest, in order, each with mode 0600', async () => {
    const dir = join(await tempDir(), 'a', 'b');
    for (const text of ['one', 'two', 'three', 'four', 'five']) await addRotated({ dir, limit: 3 }, text);
    expect(await readRotated(dir, 100)).to.deep.equal(['three', 'four', 'five']);
    for (const name of await readdir(dir)) {
      expect((await stat(join(dir, name))).mode & 0o777).to.equal(0o600);
    }
    expect((await stat(dir)).mode & 0o777).to.equal(0o700);
  });

  it('counts on from the last number, whatever was dropped', async () => {
    const dir = await tempDir();
    await writeFile(join(dir, '00000041.json'), 'old');
    await addRotated({ dir, limit: 1 }, 'new');
    expect(await readdir(dir)).to.deep.equal(['00000042.json']);
  });

  it('clears away what a kill has left, and leaves alone what is not its own', async () => {
    const dir = await tempDir();
    await writeFile(join(dir, '.routerd.0123456789ab.tmp'), 'half');
    await writeFile(join(dir, 'note.txt'), 'mine');
    await addRotated({ dir, limit: 2 }, 'one');
    expect((await readdir(dir)).sort()).to.deep.equal(['00000001.json', 'note.txt']);
    expect(await readRotated(dir, 100)).to.deep.equal(['one']);
  });

  it('leaves out what is too large, no file, or not there', async () => {
    const dir = await tempDir();
    expect(await readRotated(join(dir, 'nowhere'), 10)).to.deep.equal([]);
    await addRotated({ dir, limit: 5 }, 'x'.repeat(11));
    await mkdir(join(dir, '00000007.json'));
    await addRotated({ dir, limit: 5 }, 'short');
    expect(await readRotated(dir, 10)).to.deep.equal(['short']);
  });
});
