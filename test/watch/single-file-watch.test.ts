import { expect } from 'chai';
import { mkdir, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Looks, save, textOf, textOfFile } from '../rig/looks.js';
import { tempDir } from '../rig/temp.js';

describe('the watch of a single file', () => {
  let dir = '';
  let file = '';
  let looks: Looks;
  beforeEach(async () => {
    dir = await tempDir();
    file = join(dir, 'router.yaml');
    await mkdir(join(dir, 'sites'));
    await writeFile(file, '1');
    looks = new Looks({ path: file }, () => textOf(dir));
    await looks.watch.ready;
  });
  afterEach(async () => {
    await looks.watch.close();
  });

  it('sees writes and replacements of it', async () => {
    for (const round of [1, 2, 3]) {
      await writeFile(file, `in place ${round}`);
      await looks.find(`router.yaml=in place ${round}`);
      await save(file, `replaced ${round}`);
      await looks.find(`router.yaml=replaced ${round}`);
    }
    expect(new Set(looks.reasons)).to.deep.equal(new Set(['change']));
  });

  it('sees it gone and made anew', async () => {
    for (const round of [1, 2, 3]) {
      const before = looks.all.length;
      await unlink(file);
      await looks.find('', before);
      await writeFile(file, `new ${round}`);
      await looks.find(`router.yaml=new ${round}`);
    }
  });

  it('sees the plugins and schemas beside it come, change and go', async () => {
    let round = 0;
    for (const name of ['plugins', 'schemas']) {
      await mkdir(join(dir, name));
      await looks.rearmed(++round);
      await writeFile(join(dir, name, 'x'), '1');
      await looks.find(`${name}/x=1 router.yaml=1`.replace(/^(s.*) (r.*)$/, '$2 $1'));
      const before = looks.all.length;
      await rm(join(dir, name), { recursive: true });
      await looks.find('router.yaml=1', before);
      await looks.rearmed(++round);
    }
  });

  it('looks for nothing else beside it', async () => {
    await mkdir(join(dir, 'other'));
    await writeFile(join(dir, 'other.yaml'), '');
    await writeFile(join(dir, 'sites/a'), '');
    await writeFile(file, '2');
    await looks.find('other.yaml= router.yaml=2 sites/a=');
    expect(looks.reasons).to.deep.equal(['change']);
  });

  it('sees the swap of the volume that it comes from', async () => {
    await looks.watch.close();
    await unlink(file);
    await mkdir(join(dir, '..v1'));
    await writeFile(join(dir, '..v1/router.yaml'), 'v1');
    await symlink('..v1', join(dir, '..data'));
    await symlink('..data/router.yaml', file);
    looks = new Looks({ path: file }, () => textOfFile(file));
    await looks.watch.ready;
    for (const version of [2, 3]) {
      await mkdir(join(dir, `..v${version}`));
      await writeFile(join(dir, `..v${version}/router.yaml`), `v${version}`);
      await symlink(`..v${version}`, join(dir, '..data_tmp'));
      await rename(join(dir, '..data_tmp'), join(dir, '..data'));
      await looks.find(`v${version}`);
      await looks.rearmed(version - 1);
    }
  });
});
