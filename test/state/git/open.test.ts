import { expect } from 'chai';
import { chmod, chown, mkdir, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lookAtStore } from '../../../state/git/look.js';
import type { StoreFailure } from '../../../state/git/look.js';
import { createStore, openStore } from '../../../state/git/open.js';
import { acquireLock } from '../../../state/lock.js';
import { fakeGit } from '../../rig/fake-git.js';
import { commitOn, must, noon, searchPath, storeAt, userGit } from '../../rig/store.js';
import { tempDir } from '../../rig/temp.js';

const options = { searchPath };

describe('the state directory', () => {
  let parent = '';
  let dir = '';
  beforeEach(async () => {
    parent = await tempDir();
    dir = join(parent, 'state');
  });

  async function refusal(create: boolean): Promise<StoreFailure> {
    const result = await (create ? createStore(dir, options) : openStore(dir, options));
    if (result.ok) throw new Error('it was opened');
    expect(result.failure.message).to.not.contain('\n');
    expect(result.failure.hint).to.not.equal('');
    return result.failure;
  }

  it('is made private, on the branch main, and clean', async () => {
    const mask = process.umask(0);
    const store = await storeAt(join(dir, 'deeper'));
    process.umask(mask);
    dir = join(dir, 'deeper');
    expect(store.lineage).to.match(/^[0-9a-f]{32}$/);
    expect((await stat(dir)).mode & 0o777).to.equal(0o700);
    expect(await readdir(dir)).to.deep.equal(['.git']);
    expect(userGit(dir, 'symbolic-ref', 'HEAD').trim()).to.equal('refs/heads/main');
    expect(userGit(dir, 'config', 'routerd.lineage').trim()).to.equal(store.lineage);
    expect(userGit(dir, 'status', '--porcelain')).to.equal('');
    expect(await readdir(join(dir, '.git'))).to.not.include('hooks');
    await mkdir(join(dir, 'run'));
    await writeFile(join(dir, 'run/status.yaml'), '');
    expect(userGit(dir, 'status', '--porcelain', '--untracked-files=all')).to.equal('');
    expect(await store.check()).to.deep.equal([]);
  });

  it('is opened again with the same lineage, and made only once', async () => {
    const first = await storeAt(dir);
    const { commit } = await commitOn(first, { a: '1' });
    for (const store of [await storeAt(dir), must(await openStore(dir, options))]) {
      expect(store.lineage).to.equal(first.lineage);
      expect(await store.head()).to.equal(commit);
    }
    expect((await storeAt(join(parent, 'other'))).lineage).to.not.equal(first.lineage);
  });

  it('is not made by looking or opening', async () => {
    expect(must(await lookAtStore(dir))).to.deep.equal({ kind: 'vacant', path: dir, remains: [] });
    const failure = await refusal(false);
    expect(failure.kind).to.equal('missing');
    expect(failure.message).to.equal(`${dir} holds no state of routerd yet`);
    expect(await readdir(parent)).to.deep.equal([]);
  });

  it('may hold the lock and what an interrupted creation left', async () => {
    const lock = must(
      await acquireLock(join(dir, 'run/lock'), { timeoutMs: 1_000, holder: { command: 'x' } }),
    );
    await mkdir(join(dir, '.git.new-0123456789ab/objects'), { recursive: true });
    await writeFile(join(dir, '.git.new-0123456789ab/HEAD'), '');
    await mkdir(join(dir, '.git.new-ba9876543210'));
    await writeFile(join(dir, '.routerd.0123456789ab.tmp'), '');
    const store = await storeAt(dir);
    expect((await readdir(dir)).sort()).to.deep.equal(['.git', 'run']);
    await commitOn(store, { a: '1' });
    await lock.release();
  });

  it('is refused when it is a file, in both ways', async () => {
    await writeFile(dir, 'state: {}');
    for (const create of [false, true]) {
      const failure = await refusal(create);
      expect(failure.kind).to.equal('notDirectory');
      expect(failure.message).to.equal(`${dir} is a file, not a directory`);
    }
    expect(await readFile(dir, 'utf8')).to.equal('state: {}');
  });

  it('is refused when it holds files of others', async () => {
    await mkdir(dir);
    for (const name of ['a', 'b\u001b', 'c', 'd']) await writeFile(join(dir, name), '');
    const failure = await refusal(true);
    expect(failure.kind).to.equal('foreign');
    expect(failure.message).to.equal(`${dir} holds files but no state of routerd (a, b\\u001b, c, …)`);
    expect(await readdir(dir)).to.have.length(4);
  });

  it('is refused when it is somebody else’s repository, or part of one', async () => {
    await mkdir(dir);
    userGit(dir, 'init', '-q');
    expect((await refusal(true)).message).to.contain('a git repository that routerd did not make');
    await mkdir(join(parent, 'tree'));
    await writeFile(join(parent, 'tree/.git'), `gitdir: ${dir}/.git\n`);
    dir = join(parent, 'tree');
    expect((await refusal(true)).kind).to.equal('foreign');
  });

  for (const [what, config] of [
    ['sha256', '[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectFormat = sha256\n'],
    ['a later version', '[core]\n\tRepositoryFormatVersion = 99\n'],
  ] as const) {
    it(`is refused in a format that we do not write: ${what}`, async () => {
      const store = await storeAt(dir);
      await writeFile(join(dir, '.git/config'), `${config}[routerd]\n\tlineage = ${store.lineage}\n`);
      expect((await refusal(true)).kind).to.equal('unsupported');
    });
  }

  it('keeps its lineage whatever else a person writes into the configuration', async () => {
    const store = await storeAt(dir);
    userGit(dir, 'config', 'user.name', 'a # "b" ; c');
    userGit(dir, 'config', 'alias.x', '!echo "[routerd]"');
    userGit(dir, 'config', 'routerd.other.lineage', 'no');
    expect((await storeAt(dir)).lineage).to.equal(store.lineage);
  });

  it('is refused where others could replace it', async () => {
    await mkdir(dir);
    await chmod(dir, 0o777);
    const failure = await refusal(true);
    expect(failure.kind).to.equal('untrusted');
    expect(failure.message).to.contain('writable by everyone');
    expect(await readdir(dir)).to.deep.equal([]);
  });

  it('is refused where it belongs to somebody else', async function () {
    if (process.getuid?.() !== 0) {
      console.error('      skipped: only root may give a file away');
      this.skip();
    }
    await storeAt(dir);
    await chown(dir, 12_345, 12_345);
    expect((await refusal(false)).kind).to.equal('untrusted');
  });

  it('may be a link', async () => {
    await mkdir(join(parent, 'real'));
    await symlink('real', dir);
    expect((await storeAt(dir)).path).to.equal(join(parent, 'real'));
  });

  it('names what is missing without git, or with one that is too old, and makes nothing', async () => {
    const none = await createStore(dir, { searchPath: '/nonexistent:relative:' });
    expect(none).to.have.nested.property(
      'failure.message',
      'there is no program git in PATH, and routerd needs git 2.36 or newer',
    );
    const old = await fakeGit(parent, 'echo "git version 2.34.1"; exit 0');
    const found = await createStore(dir, { searchPath: old });
    expect(found).to.have.nested.property('failure.kind', 'gitTooOld');
    expect(found).to.have.nested.property(
      'failure.message',
      `${parent}/fake-bin/git answers "git version 2.34.1", and routerd needs git 2.36 or newer`,
    );
    expect(await readdir(parent)).to.deep.equal(['fake-bin']);
  });

  it('is served by the first git in PATH, found once', async () => {
    const marker = join(parent, 'used');
    const store = await storeAt(dir, { searchPath: await fakeGit(parent, `: > ${marker}`) });
    await writeFile(join(parent, 'fake-bin/flock'), '');
    const before = process.env['PATH'];
    process.env['PATH'] = '/nonexistent';
    try {
      const { commit } = await commitOn(store, { a: '1' });
      await store.project(commit, noon);
    } finally {
      process.env['PATH'] = before;
    }
    expect(await readdir(parent)).to.include('used');
  });
});
