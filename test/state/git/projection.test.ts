import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, readdir, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { formatIndex, parseIndex } from '../../../state/git/index-format.js';
import type { IndexEntry } from '../../../state/git/index-format.js';
import type { Projection } from '../../../state/git/project.js';
import type { Store } from '../../../state/git/store.js';
import { commitOn, noon, searchPath, storeAt, userGit } from '../../rig/store.js';
import { fakeGit } from '../../rig/fake-git.js';
import { tempDir } from '../../rig/temp.js';

const clean: Projection = { drifted: [], strays: [] };
const stamp = 'run/strays/2026-05-29T12:00:00Z';

describe('the visible files', () => {
  let dir = '';
  let store: Store;
  let head = '';
  const at = (path: string) => join(dir, path);
  const text = (path: string) => readFile(at(path), 'utf8');
  const status = () => userGit(dir, 'status', '--porcelain', '--untracked-files=all');

  beforeEach(async () => {
    dir = join(await tempDir(), 'state');
    store = await storeAt(dir);
    head = (await commitOn(store, { a: '1', 'b/c': '2', 'b/d/e': '3' })).commit;
    expect(await store.project(head, noon)).to.deep.equal(clean);
  });

  afterEach(async () => {
    expect(await store.project(head, noon)).to.deep.equal(clean);
    expect(status()).to.equal('');
    for (const [path, content] of await store.readTree(head)) {
      expect(await text(path)).to.equal(Buffer.from(content).toString());
      expect((await stat(at(path))).mode & 0o777, path).to.equal(0o600);
    }
  });

  it('are those of HEAD', async () => {
    expect(await text('b/d/e')).to.equal('3');
    expect(status()).to.equal('');
  });

  it('follow HEAD, and folders that are no longer needed go', async () => {
    head = (await commitOn(store, { a: '1', 'b/c': '20', 'f/g': '4' })).commit;
    expect(await store.project(head, noon)).to.deep.equal(clean);
    expect((await readdir(dir)).sort()).to.deep.equal(['.git', 'a', 'b', 'f']);
    expect(await readdir(at('b'))).to.deep.equal(['c']);
  });

  it('need no git when nothing differs', async () => {
    const calls = join(await tempDir(), 'calls');
    const counted = await storeAt(dir, {
      searchPath: await fakeGit(await tempDir(), `echo "$line" >> ${calls}`),
    });
    await counted.project(head, noon);
    const before = await readFile(calls, 'utf8');
    expect(await counted.project(head, noon)).to.deep.equal(clean);
    expect(await counted.head()).to.equal(head);
    expect(await readFile(calls, 'utf8')).to.equal(before);
  });

  const drifts: Record<string, [paths: string[], change: () => Promise<unknown>]> = {
    'edited': [['a'], () => writeFile(at('a'), 'x')], // prettier-ignore
    'edited to the same length': [['a'], () => writeFile(at('a'), '9')],
    'truncated': [['a'], () => truncate(at('a'))], // prettier-ignore
    'deleted': [['b/c'], () => rm(at('b/c'))], // prettier-ignore
    'deleted with their folder': [['b/c', 'b/d/e'], () => rm(at('b'), { recursive: true })],
    'made readable for others': [['a'], () => chmod(at('a'), 0o644)],
    'made executable': [['a'], () => chmod(at('a'), 0o700)],
    'made unreadable': [['a'], () => chmod(at('a'), 0)],
    'in an opened folder': [['b'], () => chmod(at('b'), 0o755)],
    'edited and staged': [
      ['a'],
      async () => {
        await writeFile(at('a'), 'x');
        userGit(dir, 'add', 'a');
      },
    ],
  };
  for (const [what, [paths, change]] of Object.entries(drifts)) {
    it(`are restored when ${what}`, async () => {
      await change();
      expect(await store.project(head, noon)).to.deep.equal({ drifted: paths, strays: [] });
    });
  }

  it('are not called drifted when only the index says otherwise', async () => {
    await rm(at('.git/index'));
    expect(await store.project(head, noon)).to.deep.equal(clean);
    await writeFile(at('.git/index'), 'torn');
    expect(await store.project(head, noon)).to.deep.equal(clean);
    userGit(dir, 'update-index', '--index-version', '4', '--assume-unchanged', 'a');
    expect(await store.project(head, noon)).to.deep.equal(clean);
    userGit(dir, 'rm', '--cached', '-q', 'b/c');
    expect(await store.project(head, noon)).to.deep.equal(clean);
  });

  it('go on where an interrupted projection stopped', async () => {
    const next = await commitOn(store, { a: '10', 'b/c': '20', 'n/ew': '5' });
    await writeFile(at('a'), '10', { mode: 0o600 }); // one file done, two to do, and one half-written
    await writeFile(at('b/.routerd.0123456789ab.tmp'), 'half');
    head = next.commit;
    expect(await store.project(head, noon)).to.deep.equal(clean);
    expect(await readdir(at('b'))).to.deep.equal(['c']);
  });

  it('refuse a tree that routerd cannot have written', async () => {
    const before = head;
    userGit(dir, 'symbolic-ref', 'HEAD', 'refs/heads/other');
    await symlink('/etc/passwd', at('link'));
    userGit(dir, 'add', 'link');
    userGit(dir, '-c', 'user.name=x', '-c', 'user.email=x@y', 'commit', '-qm', 'by hand');
    const foreign = userGit(dir, 'rev-parse', 'HEAD').trim();
    userGit(dir, 'symbolic-ref', 'HEAD', 'refs/heads/main');
    await rm(at('link'));
    let message = '';
    await store.project(foreign, noon).catch((error: unknown) => (message = String(error)));
    expect(message).to.contain('HEAD holds link, which routerd cannot have written');
    head = before;
  });

  describe('of others', () => {
    it('are moved away with their path, and never over each other', async () => {
      for (const [folder, content] of [
        [stamp, 'first'],
        [`${stamp}.2`, 'second'],
      ] as const) {
        // prettier-ignore
        await writeFile(at('stray'), content);
        await mkdir(at('b/mine/deep'), { recursive: true });
        await writeFile(at('b/mine/deep/file'), content);
        expect(await store.project(head, noon)).to.deep.equal({
          drifted: [],
          strays: [
            { path: 'b/mine', movedTo: `${folder}/b/mine` },
            { path: 'stray', movedTo: `${folder}/stray` },
          ],
        });
        expect(await text(`${folder}/b/mine/deep/file`)).to.equal(content);
      }
      expect(await text(`${stamp}/stray`)).to.equal('first');
    });

    it('stay when git is told to ignore them', async () => {
      await writeFile(at('.git/info/exclude'), '/run/\n*.swp\n.idea/\n');
      await writeFile(at('a.swp'), 'x');
      await mkdir(at('.idea'));
      await writeFile(at('.idea/x'), 'x');
      expect(await store.project(head, noon)).to.deep.equal(clean);
      expect(await readdir(dir)).to.include.members(['a.swp', '.idea']);
    });

    it('cannot hide behind a .gitignore, nor change what git sees', async () => {
      await writeFile(at('.gitignore'), '*\n');
      await writeFile(at('.gitattributes'), '* text eol=crlf\n');
      await writeFile(at('hidden'), 'x');
      const { strays } = await store.project(head, noon);
      expect(strays.map(stray => stray.path)).to.deep.equal(['.gitattributes', '.gitignore', 'hidden']);
    });

    it('are found as repositories, links and empty folders too', async () => {
      await mkdir(at('nested'));
      userGit(at('nested'), 'init', '-q');
      await symlink('/etc/passwd', at('link'));
      await symlink('/', at('b/root'));
      await mkdir(at('empty/er'), { recursive: true });
      const { strays } = await store.project(head, noon);
      expect(strays.map(stray => stray.path)).to.deep.equal(['b/root', 'link', 'nested']);
      expect(await readdir(at(`${stamp}/nested`))).to.deep.equal(['.git']);
      expect(await readdir(dir)).to.include('empty');
    });

    it('make way where they stand in the place of ours', async () => {
      const outside = await tempDir();
      await writeFile(join(outside, 'c'), 'outside');
      await rm(at('b'), { recursive: true });
      await symlink(outside, at('b'));
      await rm(at('a'));
      await mkdir(at('a/x'), { recursive: true });
      const { drifted, strays } = await store.project(head, noon);
      expect(drifted).to.deep.equal(['a', 'b/c', 'b/d/e']);
      expect(strays.map(stray => stray.path)).to.deep.equal(['a', 'b']);
      expect(await readFile(join(outside, 'c'), 'utf8')).to.equal('outside');
      expect(await readdir(outside)).to.deep.equal(['c']);
    });

    it('do not block: a FIFO in the place of a file', async () => {
      await rm(at('a'));
      execFileSync('mkfifo', [at('a')], { env: { PATH: searchPath } });
      const { drifted, strays } = await store.project(head, noon);
      expect(drifted).to.deep.equal(['a']);
      expect(strays).to.deep.equal([{ path: 'a', movedTo: `${stamp}/a` }]);
    });

    it('are kept where HEAD drops a file that somebody had changed', async () => {
      await writeFile(at('a'), 'precious');
      head = (await commitOn(store, { 'b/c': '2', 'b/d/e': '3' })).commit;
      expect(await store.project(head, noon)).to.deep.equal({
        drifted: [],
        strays: [{ path: 'a', movedTo: `${stamp}/a` }],
      });
      expect(await text(`${stamp}/a`)).to.equal('precious');
    });
  });
});

describe('the index file', () => {
  it('takes any bytes without throwing', () => {
    const header = Buffer.from('DIRC\0\0\0\u0002', 'latin1');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), tail => {
        expect(parseIndex(Buffer.concat([header, tail]))).to.equal(undefined);
      }),
    );
  });

  it('reads what it writes, and notices each flipped bit', () => {
    const number = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    const entry: fc.Arbitrary<IndexEntry> = fc.record(
      {
        id: fc.string({
          unit: fc.constantFrom(...Array.from('0123456789abcdef')),
          minLength: 40,
          maxLength: 40,
        }),
        ctime: number,
        ctimeNs: number,
        mtime: number,
        mtimeNs: number,
        dev: number,
        ino: number,
        uid: number,
        gid: number,
        size: number,
      },
      { noNullPrototype: true },
    );
    const path = fc.string({
      unit: fc.constantFrom(...Array.from('abz019./_-')),
      minLength: 1,
      maxLength: 40,
    });
    const entries = fc.array(fc.tuple(path, entry), { maxLength: 5 }).map(list => new Map(list));
    fc.assert(
      fc.property(entries, fc.nat(), (written, bit) => {
        const bytes = formatIndex(written);
        expect(Object.fromEntries(parseIndex(bytes) ?? [])).to.deep.equal(Object.fromEntries(written));
        const at = bit % (bytes.length * 8);
        bytes[at >> 3] = (bytes[at >> 3] ?? 0) ^ (1 << (at & 7));
        expect(parseIndex(bytes)).to.equal(undefined);
      }),
    );
  });
});
