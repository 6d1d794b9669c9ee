import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { appendFile, cp, mkdir, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Looks, save, textOf } from '../rig/looks.js';
import { until } from '../rig/processes.js';
import { tempDir } from '../rig/temp.js';

const run = promisify(execFile);

describe('the watch of a config directory', () => {
  let base = '';
  let dir = '';
  let file = '';
  let looks: Looks;
  beforeEach(async () => {
    base = await tempDir();
    dir = join(base, 'config');
    file = join(dir, 'router.yaml');
    await mkdir(join(dir, 'sites'), { recursive: true });
    await writeFile(file, '1');
  });
  afterEach(async () => {
    await looks.watch.close();
  });

  async function start(options: Partial<ConstructorParameters<typeof Looks>[0]> = {}): Promise<void> {
    looks = new Looks({ path: dir, ...options }, () => textOf(dir));
    await looks.watch.ready;
  }

  describe('sees', () => {
    for (const [name, change, found] of [
      ['a write in place', () => writeFile(file, '2'), 'router.yaml=2'],
      ['a line that is appended', () => appendFile(file, '2'), 'router.yaml=12'],
      ['a file that is replaced by another', () => save(file, '2'), 'router.yaml=2'],
      ['a new file', () => writeFile(join(dir, 'new.yaml'), ''), 'new.yaml= router.yaml=1'],
      ['a new file in a folder', () => writeFile(join(dir, 'sites/a'), ''), 'router.yaml=1 sites/a='],
      ['a file that is gone', () => unlink(file), ''],
      ['a renamed file', () => rename(file, join(dir, 'other.yaml')), 'other.yaml=1'],
      [
        'a save as vim does it, with a probe and a backup',
        async () => {
          await writeFile(join(dir, '4913'), '');
          await unlink(join(dir, '4913'));
          await rename(file, `${file}~`);
          await writeFile(file, '2');
          await unlink(`${file}~`);
        },
        'router.yaml=2',
      ],
    ] as const) {
      it(name, async () => {
        await start();
        await change();
        await looks.find(found);
        expect(new Set(looks.reasons)).to.deep.equal(new Set(['change']));
      });
    }

    it('a save of the real vim', async function () {
      await start();
      const vim = run('vim', ['-u', 'NONE', '-es', '-c', 'normal ccvim', '-c', 'wq', file]);
      await vim.catch((error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') this.skip();
        throw error;
      });
      await looks.find('router.yaml=vim\n');
    });

    it('each of many writes in a row: the last one counts', async () => {
      await start();
      for (let text = 2; text <= 200; text++) {
        await writeFile(file, String(text));
        await turn();
      }
      await looks.find('router.yaml=200');
    });

    it('what goes on in a folder that was made meanwhile', async () => {
      await start();
      await mkdir(join(dir, 'more/deep'), { recursive: true });
      await writeFile(join(dir, 'more/deep/a'), '1');
      await looks.find('more/deep/a=1 router.yaml=1');
      await looks.rearmed(1);
      await writeFile(join(dir, 'more/deep/a'), '2');
      await looks.find('more/deep/a=2 router.yaml=1');
    });

    it('what goes on in a folder that was replaced in a moment', async () => {
      await writeFile(join(dir, 'sites/a'), '1');
      await start();
      await rm(join(dir, 'sites'), { recursive: true });
      await mkdir(join(dir, 'sites'));
      await looks.rearmed(1);
      await writeFile(join(dir, 'sites/b'), '1');
      await looks.find('router.yaml=1 sites/b=1');
      await writeFile(join(dir, 'sites/b'), '2');
      await looks.find('router.yaml=1 sites/b=2');
    });

    it('a folder that is moved in with all that it holds', async () => {
      await mkdir(join(base, 'new/deep'), { recursive: true });
      await writeFile(join(base, 'new/deep/a'), '1');
      await start();
      await rename(join(base, 'new'), join(dir, 'new'));
      await looks.rearmed(1);
      await writeFile(join(dir, 'new/deep/a'), '2');
      await looks.find('new/deep/a=2 router.yaml=1');
    });

    it('a name that is no text', async () => {
      await start();
      const name = Buffer.concat([Buffer.from(`${dir}/`), Buffer.from([0xff, 0xfe]), Buffer.from('.yaml')]);
      await writeFile(name, '');
      await looks.find('router.yaml=1 \ufffd\ufffd.yaml=none');
    });
  });

  describe('survives that the directory is', () => {
    let moved = 0;
    const away = () => `${dir}.old-${++moved}`;

    for (const [name, change] of [
      [
        'renamed away and made anew',
        async () => {
          await rename(dir, away());
          await mkdir(dir);
        },
      ],
      [
        'removed and made anew',
        async () => {
          await rm(dir, { recursive: true });
          await mkdir(dir);
        },
      ],
      [
        'replaced by a copy',
        async () => {
          await cp(dir, `${dir}.new`, { recursive: true });
          await rename(dir, away());
          await rename(`${dir}.new`, dir);
          await unlink(file);
        },
      ],
    ] as const) {
      it(name, async () => {
        await start();
        for (const round of [1, 2, 3]) {
          const before = looks.reasons.length;
          await change();
          await looks.rearmed(round);
          await writeFile(file, `new ${round}`);
          await looks.find(`router.yaml=new ${round}`, before);
          await writeFile(file, `edited ${round}`);
          await looks.find(`router.yaml=edited ${round}`, before);
        }
        expect(looks.watch.health()).to.include({ status: 'ok', reason: 'Watching' });
      });
    }

    it('gone for a while, with the folder above it', async () => {
      dir = join(base, 'above/config');
      file = join(dir, 'router.yaml');
      await mkdir(dir, { recursive: true });
      await start();
      await rm(join(base, 'above'), { recursive: true });
      await looks.find('none');
      await until('it waits', () => looks.watch.health().reason === 'Waiting');
      await mkdir(join(base, 'above'));
      await looks.rearmed(2);
      await mkdir(dir);
      await looks.rearmed(3);
      await writeFile(file, '2');
      await looks.find('router.yaml=2');
      expect(looks.watch.health()).to.include({ status: 'ok', reason: 'Watching' });
    });

    it('missing at the start and made later', async () => {
      await rm(dir, { recursive: true });
      await start();
      expect(looks.watch.health()).to.include({ status: 'ok', reason: 'Waiting' });
      expect(looks.watch.health().message).to.contain(dir);
      await mkdir(dir);
      await looks.rearmed(1);
      expect(looks.watch.health().reason).to.equal('Watching');
      await writeFile(file, '2');
      await looks.find('router.yaml=2');
    });

    it('a link that is swapped', async () => {
      await rename(dir, `${dir}.v1`);
      await symlink('config.v1', dir);
      await start();
      for (const version of [2, 3]) {
        await mkdir(`${dir}.v${version}`);
        await symlink(`config.v${version}`, `${dir}.new`);
        await rename(`${dir}.new`, dir);
        await looks.rearmed(version - 1);
        await writeFile(file, String(version));
        await looks.find(`router.yaml=${version}`);
      }
    });
  });

  it('sees the swap of a volume as Kubernetes makes it', async () => {
    await unlink(file);
    await mkdir(join(dir, '..v1'));
    await writeFile(join(dir, '..v1/router.yaml'), 'v1');
    await symlink('..v1', join(dir, '..data'));
    await symlink('..data/router.yaml', file);
    await start();
    for (const version of [2, 3, 4]) {
      await mkdir(join(dir, `..v${version}`));
      await writeFile(join(dir, `..v${version}/router.yaml`), `v${version}`);
      await symlink(`..v${version}`, join(dir, '..data_tmp'));
      await rename(join(dir, '..data_tmp'), join(dir, '..data'));
      await rm(join(dir, `..v${version - 1}`), { recursive: true });
      await looks.find(`router.yaml=v${version}`);
    }
  });

  it('watches more paths when asked to', async () => {
    const other = join(base, 'other');
    const schema = join(base, 'schema.json');
    await mkdir(join(other, 'oci'), { recursive: true });
    await start({ also: [other, schema] });
    await writeFile(join(other, 'oci/plugin.yaml'), '');
    await until('a look for the plugin', () => looks.all.length > 0);
    looks.all.length = 0;
    await writeFile(schema, '');
    await until('a look for the schema', () => looks.all.length > 0);
  });

  it('asks for no look once it is closed, however often', async () => {
    await start();
    await writeFile(file, '2');
    const closed = [looks.watch.close(), looks.watch.close()];
    const before = looks.all.length;
    await Promise.all(closed);
    await writeFile(file, '3');
    await turn();
    expect(looks.all.length).to.equal(before);
  });

  it('can be closed before it is ready', async () => {
    looks = new Looks({ path: dir }, () => '');
    await looks.watch.close();
    await looks.watch.ready;
    expect(looks.all).to.deep.equal([]);
  });
});
