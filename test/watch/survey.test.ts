import { expect } from 'chai';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { survey } from '../../watch/survey.js';
import { tempDir } from '../rig/temp.js';

describe('what there is to watch', () => {
  let dir = '';
  beforeEach(async () => {
    dir = await tempDir();
    await mkdir(join(dir, 'real/sites'), { recursive: true });
    await writeFile(join(dir, 'real/router.yaml'), '');
  });

  async function found(path: string, also: readonly string[] = []) {
    const { trees, entries, missing } = await survey(join(dir, path), also);
    return { trees, entries: [...entries].map(([at, names]) => [at, [...names].sort()]), missing };
  }

  it('a folder, and the entry that leads to it', async () => {
    expect(await found('real')).to.deep.equal({
      trees: [join(dir, 'real')],
      entries: [[dir, ['real']]],
      missing: undefined,
    });
  });

  it('a file, and the plugins and schemas beside it, there or not', async () => {
    await mkdir(join(dir, 'real/plugins'));
    expect(await found('real/router.yaml')).to.deep.equal({
      trees: [join(dir, 'real/router.yaml'), join(dir, 'real/plugins')],
      entries: [[join(dir, 'real'), ['plugins', 'router.yaml', 'schemas']]],
      missing: undefined,
    });
  });

  it('links on the way, each with the folder that holds it', async () => {
    await mkdir(join(dir, 'links'));
    await symlink('../real', join(dir, 'links/relative'));
    await symlink(join(dir, 'links/relative'), join(dir, 'absolute'));
    expect(await found('absolute/sites/../sites')).to.deep.equal({
      trees: [join(dir, 'real/sites')],
      entries: [
        [dir, ['absolute']],
        [join(dir, 'links'), ['relative']],
        [join(dir, 'real'), ['sites']],
      ],
      missing: undefined,
    });
  });

  it('the way up from where a link leads, not from where it stands', async () => {
    await symlink('real/sites', join(dir, 'link'));
    expect((await survey(`${dir}/link/../router.yaml`, [])).trees).to.deep.equal([
      join(dir, 'real/router.yaml'),
    ]);
  });

  for (const [name, path, at, entry] of [
    ['what is missing', 'real/none', 'real', 'none'],
    ['what is missing with the folders above it', 'a/b/c', '', 'a'],
    ['a path through a file', 'real/router.yaml/x', 'real/router.yaml', 'x'],
  ] as const) {
    it(`${name}: the entry to wait for`, async () => {
      expect(await found(path)).to.deep.equal({
        trees: [],
        entries: [[join(dir, at), [entry]]],
        missing: join(dir, path),
      });
    });
  }

  it('links that lead round and round lead nowhere', async () => {
    await symlink('b', join(dir, 'a'));
    await symlink('a', join(dir, 'b'));
    const { trees, missing } = await found('a');
    expect({ trees, missing }).to.deep.equal({ trees: [], missing: join(dir, 'a') });
  });

  it('more paths, each with its own way', async () => {
    const other = join(dir, 'real/router.yaml');
    const { trees } = await found('real/sites', [other, join(dir, 'none'), other]);
    expect(trees).to.deep.equal([join(dir, 'real/sites'), other]);
  });

  it('a path from the working directory', async () => {
    const { trees } = await survey('.', []);
    expect(trees).to.deep.equal([process.cwd()]);
  });

  describe('the identity', () => {
    const path = () => join(dir, 'link/sites');
    beforeEach(async () => {
      await symlink('real', join(dir, 'link'));
    });
    const identity = async () => (await survey(path(), [])).identity;

    it('stays while only what is inside changes', async () => {
      const before = await identity();
      await writeFile(join(path(), 'x'), '');
      await writeFile(join(dir, 'real/router.yaml'), 'more');
      expect(await identity()).to.equal(before);
    });

    it('stays when a single file is replaced, as editors do', async () => {
      const file = join(dir, 'real/router.yaml');
      const before = (await survey(file, [])).identity;
      await writeFile(`${file}.new`, '');
      await rename(`${file}.new`, file);
      expect((await survey(file, [])).identity).to.equal(before);
    });

    for (const [name, change] of [
      ['removed', () => rm(path(), { recursive: true })],
      [
        'another one',
        async () => {
          await mkdir(`${path()}.new`);
          await rename(`${path()}.new`, path());
        },
      ],
      ['a file now', () => rm(path(), { recursive: true }).then(() => writeFile(path(), ''))],
      [
        'elsewhere, since a folder above it was replaced',
        async () => {
          await rename(join(dir, 'real'), join(dir, 'old'));
          await mkdir(join(dir, 'real/sites'), { recursive: true });
        },
      ],
      [
        'elsewhere, since a link was swapped',
        async () => {
          await mkdir(join(dir, 'other/sites'), { recursive: true });
          await symlink('other', join(dir, 'new'));
          await rename(join(dir, 'new'), join(dir, 'link'));
        },
      ],
    ] as const) {
      it(`differs when the folder is ${name}`, async () => {
        const before = await identity();
        await change();
        expect(await identity()).to.not.equal(before);
      });
    }
  });
});
