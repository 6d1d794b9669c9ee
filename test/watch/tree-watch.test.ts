import { expect } from 'chai';
import { link, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { watchWith } from '../../watch/tree-watch.js';
import { until } from '../rig/processes.js';
import { tempDir } from '../rig/temp.js';

for (const files of [false, true]) {
  describe(`a watched tree, ${files ? 'files and folders' : 'folders alone'}`, () => {
    let dir = '';
    let hints = 0;
    let replaced: string[] = [];
    let failures: unknown[] = [];
    let close: () => Promise<void>;
    beforeEach(async () => {
      dir = await tempDir();
      await mkdir(join(dir, 'sub'));
      await writeFile(join(dir, 'sub/a.yaml'), '1');
      await writeFile(join(dir, 'single.yaml'), '1');
      [hints, replaced, failures] = [0, [], []];
    });
    afterEach(async () => {
      await close();
      expect(failures).to.deep.equal([]);
    });

    async function start(...roots: string[]): Promise<void> {
      const events = {
        hint: () => hints++,
        replaced: (path: string) => replaced.push(path),
        failed: (error: unknown) => failures.push(error),
      };
      const watch = watchWith(
        { roots: roots.map(root => join(dir, root)), ignore: new Set() },
        events,
        files,
      );
      close = () => watch.close();
      await watch.ready;
      expect(hints).to.equal(0);
    }

    it('hints at a write in place and calls nothing replaced', async () => {
      await start('sub');
      await writeFile(join(dir, 'sub/a.yaml'), '2');
      await until('a hint', () => hints > 0);
      expect(replaced).to.deep.equal([]);
    });

    it('names what was made or removed', async () => {
      await start('sub');
      await mkdir(join(dir, 'sub/new'));
      await rm(join(dir, 'sub/a.yaml'));
      await until('both', () => ['new', 'a.yaml'].every(name => replaced.includes(join(dir, 'sub', name))));
    });

    it('watches single files and the folders beside them', async () => {
      await start('single.yaml', 'sub');
      await writeFile(join(dir, 'single.yaml'), '2');
      await until('a hint', () => hints > 0);
      const before = hints;
      await writeFile(join(dir, 'sub/a.yaml'), '2');
      await until('another hint', () => hints > before);
    });

    it('says nothing once it is closed', async () => {
      await start('sub');
      await writeFile(join(dir, 'sub/a.yaml'), '2');
      await close();
      const before = hints;
      await writeFile(join(dir, 'sub/a.yaml'), '3');
      await new Promise(resolve => setImmediate(resolve));
      expect(hints).to.equal(before);
    });

    if (files) {
      it('sees a file change through another name of it', async () => {
        await link(join(dir, 'sub/a.yaml'), join(dir, 'other'));
        await start('sub');
        await writeFile(join(dir, 'other'), '2');
        await until('a hint', () => hints > 0);
      });
    }
  });
}
