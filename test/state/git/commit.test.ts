import { expect } from 'chai';
import { mkdir, readdir, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { blobId } from '../../../state/git/objects.js';
import type { CommitInput } from '../../../state/git/commit.js';
import type { Store } from '../../../state/git/store.js';
import { author, commitOn, must, noon, storeAt, userGit } from '../../rig/store.js';
import { tempDir } from '../../rig/temp.js';

const bytes = (content: string | Uint8Array) => [...Buffer.from(content)];

describe('commits', () => {
  let dir = '';
  let store: Store;
  beforeEach(async () => {
    dir = join(await tempDir(), 'state');
    store = await storeAt(dir);
  });

  it('begins without one', async () => {
    expect(await store.head()).to.equal(null);
    expect(await store.commits()).to.deep.equal([]);
    expect(await store.tags('gen')).to.deep.equal(new Map());
  });

  it('gives back every byte', async () => {
    const files = {
      empty: '',
      'text.yaml': 'é ü 漢 \u{1f600}\r\nno line feed at the end',
      'binary.dat': Uint8Array.from({ length: 70_000 }, (_, i) => (i * 7919) % 256),
      'deep/er/file': '\0\n',
      'deep/same-as-text.yaml': 'é ü 漢 \u{1f600}\r\nno line feed at the end',
    };
    const { commit } = await commitOn(store, files);
    expect(await store.head()).to.equal(commit);
    const read = await (await storeAt(dir)).readTree(commit);
    expect([...read.keys()].sort()).to.deep.equal(Object.keys(files).sort());
    for (const [path, content] of Object.entries(files)) {
      expect(bytes(read.get(path) ?? 'missing'), path).to.deep.equal(bytes(content));
      expect(bytes((await store.readFile(commit, path)) ?? 'missing'), path).to.deep.equal(bytes(content));
    }
    expect(await store.check()).to.deep.equal([]);
  });

  it('computes the ids that git computes', () => {
    // From gitobject documentation: `printf 'test content\n' | git hash-object --stdin`.
    expect(blobId(Buffer.from('test content\n'))).to.equal('d670460b4b4aece5915caf5c68d12f560a9fe3e4');
  });

  it('finds no file of a name that is none', async () => {
    const { commit } = await commitOn(store, { 'a/b': '1' });
    for (const path of ['b', 'a', 'a/c', '', '../a', ':a/b', 'a/b\nHEAD']) {
      expect(await store.readFile(commit, path), path).to.equal(undefined);
    }
  });

  it('drops what the new tree lacks and keeps history', async () => {
    const first = await commitOn(store, { a: '1', 'b/c': '2' });
    const second = await commitOn(store, { a: '1', d: '3' });
    expect([...(await store.readTree(second.commit)).keys()]).to.deep.equal(['a', 'd']);
    expect([...(await store.readTree(first.commit)).keys()]).to.deep.equal(['a', 'b/c']);
  });

  it('tells apart a commit that changes nothing', async () => {
    const { commit } = await commitOn(store, { a: '1' });
    const input: CommitInput = {
      parent: commit,
      files: new Map([['a', '1']]),
      message: 'm',
      author,
      at: noon,
    };
    expect(await store.commit(input)).to.deep.equal({ ok: false, failure: { kind: 'unchanged' } });
    expect(await store.head()).to.equal(commit);
  });

  it('refuses when HEAD is elsewhere, before and during the commit', async () => {
    const { commit } = await commitOn(store, { a: '1' });
    const input: CommitInput = { parent: null, files: new Map([['a', '2']]), message: 'm', author, at: noon };
    expect(await store.commit(input)).to.deep.equal({ ok: false, failure: { kind: 'moved', head: commit } });

    const other = await storeAt(dir);
    const both = await Promise.all(
      [store, other].map((one, i) =>
        one.commit({ ...input, parent: commit, files: new Map([['a', `race ${i}`]]) }),
      ),
    );
    const won = both.filter(result => result.ok);
    expect(won).to.have.length(1);
    const head = await store.head();
    expect(both.find(result => !result.ok)).to.deep.equal({ ok: false, failure: { kind: 'moved', head } });
    expect(userGit(dir, 'rev-list', '--count', 'main').trim()).to.equal('2');
  });

  it('stops before the ref when the lock is lost', async () => {
    const lost = new AbortController();
    lost.abort(new Error('lost'));
    const input: CommitInput = { parent: null, files: new Map([['a', '2']]), message: 'm', author, at: noon };
    try {
      await store.commit(input, lost.signal);
      expect.fail('it committed');
    } catch (error) {
      expect(error).to.equal(lost.signal.reason);
    }
    expect(await store.head()).to.equal(null);
  });

  it('never dates a commit before its parent', async () => {
    await commitOn(store, { a: '1' }, { at: noon + 999 });
    await commitOn(store, { a: '2' }, { at: noon - 86_400_000 });
    await commitOn(store, { a: '3' }, { at: Date.UTC(2100, 0, 1) });
    const log = await (await storeAt(dir)).commits();
    expect(log.map(record => record.at)).to.deep.equal([Date.UTC(2100, 0, 1), noon, noon]);
    await commitOn(await storeAt(dir), { a: '4' }, { at: -5 });
    expect((await store.commits({ limit: 1 }))[0]?.at).to.equal(Date.UTC(2100, 0, 1));
  });

  it('writes author, committer and message as given', async () => {
    const message = 'generation 1: +1\n\nadded   é\n\nGeneration: 1\nTrigger: config router.yaml\n';
    const { commit } = await commitOn(
      store,
      { a: '1' },
      { message, author: { name: 'Plugin/oci', email: 'x@y' } },
    );
    const raw = userGit(dir, 'cat-file', 'commit', commit).split('\n');
    const date = `${noon / 1_000} +0000`;
    expect(raw.slice(1)).to.deep.equal([
      `author Plugin/oci <x@y> ${date}`,
      `committer routerd <routerd@${store.lineage}> ${date}`,
      '',
      ...message.split('\n'),
    ]);
    expect(userGit(dir, 'log', '-1', '--format=%(trailers:key=Generation,valueonly)').trim()).to.equal('1');
  });

  it('lists commits newest first, bounded, and by file', async () => {
    const made: string[] = [];
    for (const [i, files] of [{ a: '1' }, { a: '1', b: '1' }, { a: '2', b: '1' }].entries()) {
      made.unshift((await commitOn(store, files, { message: `change ${i}\n\nbody\n` })).commit);
    }
    const [third, second, first] = made;
    const ids = async (options: Parameters<Store['commits']>[0]) =>
      (await store.commits(options)).map(record => record.commit);
    expect(await ids({})).to.deep.equal(made);
    expect(await ids({ limit: 2 })).to.deep.equal([third, second]);
    expect(await ids({ limit: 0 })).to.deep.equal([]);
    expect(await ids({ path: 'a' })).to.deep.equal([third, first]);
    expect(await ids({ from: second ?? '', after: first ?? '' })).to.deep.equal([second]);
    const [record] = await store.commits({ limit: 1 });
    expect(record).to.deep.include({ parents: [second], author, at: noon, message: 'change 2\n\nbody' });
  });

  it('sets tags with the commit, later, and where they pointed elsewhere', async () => {
    const first = await commitOn(store, { a: '1' }, { tags: ['gen/1', 'gen/2'] });
    const second = await commitOn(store, { a: '2' }, { tags: ['gen/2'] });
    await store.tag(new Map([['gen/3', second.commit]]));
    const expected = new Map([
      ['gen/1', first.commit],
      ['gen/2', second.commit],
      ['gen/3', second.commit],
    ]);
    expect(await store.tags('gen')).to.deep.equal(expected);
    expect(userGit(dir, 'diff', '--name-only', 'gen/1', 'gen/2').trim()).to.equal('a');
    userGit(dir, 'pack-refs', '--all');
    expect(await store.tags('gen')).to.deep.equal(expected);
    expect(await store.head()).to.equal(second.commit);
    await store.tag(new Map());
  });

  it('packs tags and objects once there are many', async () => {
    const { commit } = await commitOn(store, { a: '1' });
    expect(await store.housekeep()).to.deep.equal({ packedTags: false, packedObjects: false });
    await store.tag(new Map(Array.from({ length: 201 }, (_, i) => [`gen/${i}`, commit])));
    // The number of loose objects is an estimate from some of their 256 folders.
    const crowd = Array.from({ length: 4_000 }, (_, i) => `${i}`).filter(content =>
      /^.7/.test(blobId(Buffer.from(content))),
    );
    expect(crowd.length).to.be.greaterThan(75);
    await commitOn(store, Object.fromEntries(crowd.map(content => [content, content])));
    expect(await store.housekeep()).to.deep.equal({ packedTags: true, packedObjects: true });
    expect((await store.tags('gen')).size).to.equal(201);
    expect(await readdir(join(dir, '.git/refs/tags'))).to.deep.equal([]);
    await commitOn(store, { a: '2' });
    expect(await store.check()).to.deep.equal([]);
    expect(must(await store.recover({ thorough: true })).removed).to.deep.equal([]);
  });

  it('leaves no scratch files and only private ones, whatever the umask', async () => {
    const mask = process.umask(0);
    try {
      const { commit } = await commitOn(store, { a: '1', 'b/c': '2' });
      await store.project(commit, noon);
    } finally {
      process.umask(mask);
    }
    expect(await readdir(join(dir, '.git'))).to.not.include('routerd');
    const open: string[] = [];
    for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (((await stat(path)).mode & 0o077) !== 0) open.push(path);
    }
    expect(open).to.deep.equal([]);
  });

  const impossible: Record<string, Partial<CommitInput>> = {
    'a path that leaves the tree': { files: new Map([['../x', '1']]) },
    'a path into .git': { files: new Map([['.git/config', '1']]) },
    'a file that is a folder too': { files: new Map([['a', '1'], ['a/b', '1']]) }, // prettier-ignore
    'half a surrogate pair': { files: new Map([['a', '\ud800']]) },
    'NUL in the message': { message: 'a\0b' },
    'no message': { message: ' \n' },
    'a header in the name': { author: { name: 'x\ncommitter y', email: 'e' } },
    'a name that git would empty': { author: { name: '.,;', email: 'e' } },
    'brackets in the address': { author: { name: 'x', email: '<e>' } },
    'no time': { at: Number.NaN },
    'a tag with an option': { tags: ['--help'] },
    'a tag that ends the transaction': { tags: ['x\ncommit'] },
  };
  for (const [what, part] of Object.entries(impossible)) {
    it(`throws on ${what} and changes nothing`, async () => {
      const input = { parent: null, files: new Map([['a', '1']]), message: 'm', author, at: noon, ...part };
      let thrown: unknown;
      await store.commit(input).catch((error: unknown) => (thrown = error));
      expect(thrown).to.be.instanceOf(Error);
      expect(await store.head()).to.equal(null);
    });
  }

  it('takes a state directory through a link, with odd characters in its path', async () => {
    const odd = join(await tempDir(), "it's a (state) dir: é");
    await mkdir(odd);
    await symlink(odd, `${odd} link`);
    const other = await storeAt(`${odd} link`);
    expect(other.path).to.equal(odd);
    const { commit } = await commitOn(other, { a: '1' });
    expect(await other.project(commit, noon)).to.deep.equal({ drifted: [], strays: [] });
    expect(userGit(odd, 'status', '--porcelain')).to.equal('');
  });
});
