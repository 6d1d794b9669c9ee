import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Store } from '../../../state/git/store.js';
import { fakeGit } from '../../rig/fake-git.js';
import { until } from '../../rig/processes.js';
import { commitOn, must, noon, storeAt, userGit } from '../../rig/store.js';
import { tempDir } from '../../rig/temp.js';

describe('recovery', () => {
  let dir = '';
  let store: Store;
  let head = '';
  beforeEach(async () => {
    dir = join(await tempDir(), 'state');
    store = await storeAt(dir);
    head = (await commitOn(store, { a: '1', 'b/c': '2' }, { tags: ['gen/1'] })).commit;
    await store.project(head, noon);
  });

  async function plant(path: string): Promise<void> {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), '');
  }

  it('finds nothing to do after a commit', async () => {
    expect(await store.recover()).to.deep.equal({ ok: true, value: { removed: [] } });
    expect(await store.recover({ thorough: true })).to.deep.equal({ ok: true, value: { removed: [] } });
  });

  it('finds nothing to do before the first', async () => {
    const fresh = await storeAt(join(await tempDir(), 'fresh'));
    expect(await fresh.recover()).to.deep.equal({ ok: true, value: { removed: [] } });
  });

  const locks = [
    'index.lock',
    'HEAD.lock',
    'config.lock',
    'packed-refs.lock',
    'shallow.lock',
    'refs/heads/main.lock',
    'refs/tags/gen/2.lock',
    'logs/refs/heads/main.lock',
    'gc.pid',
    'gc.pid.lock',
    'objects/info/commit-graph.lock',
  ].map(name => `.git/${name}`);

  it('removes every kind of lock, after which commits go on', async () => {
    for (const path of locks) await plant(path);
    expect(must(await store.recover()).removed).to.have.members(locks);
    const { commit } = await commitOn(store, { a: '2' }, { tags: ['gen/2'] });
    await store.project(commit, noon);
    userGit(dir, 'config', 'some.thing', 'works');
    userGit(dir, 'pack-refs', '--all');
    expect(userGit(dir, 'status', '--porcelain')).to.equal('');
  });

  it('removes unfinished objects and scratch files with them', async () => {
    const left = [
      '.git/objects/ab/tmp_obj_x1',
      '.git/objects/pack/tmp_pack_x1',
      '.git/objects/pack/.tmp-1-pack-x',
    ];
    for (const path of [...left, '.git/routerd/012345/index', '.git/routerd/012345/0']) await plant(path);
    expect(must(await store.recover()).removed).to.have.members([...left, '.git/routerd']);
    expect(await store.check()).to.deep.equal([]);
  });

  it('leaves alone what only looks like it', async () => {
    userGit(dir, 'branch', 'tmp_branch');
    await plant('run/lock');
    await plant('run/index.lock');
    expect(must(await store.recover({ thorough: true })).removed).to.deep.equal([]);
    expect(userGit(dir, 'branch', '--list', 'tmp_branch').trim()).to.equal('tmp_branch');
    expect(await readdir(join(dir, 'run'))).to.deep.equal(['index.lock', 'lock']);
  });

  describe('while a git is at work', () => {
    beforeEach(async function () {
      if ((await readdir('/proc').catch(() => [])).length > 0) return;
      console.error('      skipped: no /proc to find processes in');
      this.skip();
    });

    for (const [what, env] of [
      ['one that stands in the directory', {}],
      ['one that was given the repository', { GIT_DIR: '.git' }],
    ] as const) {
      it(`removes nothing: ${what}`, async () => {
        await plant('.git/index.lock');
        const path = await fakeGit(await tempDir(), 'read -r _; exit 0');
        const inside = !('GIT_DIR' in env);
        const child = spawn(join(path.split(':')[0] ?? '', 'git'), ['gc'], {
          cwd: inside ? join(dir, 'b') : '/',
          env: { PATH: path, ...(inside ? {} : { GIT_DIR: join(dir, '.git') }) },
          stdio: ['pipe', 'ignore', 'ignore'],
        });
        await once(child, 'spawn');
        await until(
          'it is seen',
          async () => !(await store.recover({ waitMs: 0 })).ok || child.exitCode !== null,
        );
        await plant('.git/index.lock');
        const result = await store.recover({ waitMs: 100 });
        if (result.ok || result.failure.kind !== 'busy') throw new Error('a live git was not noticed');
        expect(result.failure.processes.map(process => process.pid)).to.deep.equal([child.pid]);
        expect(result.failure.processes[0]?.command).to.match(/git gc$/);
        expect(await readdir(join(dir, '.git'))).to.include('index.lock');

        const waiting = store.recover({ waitMs: 10_000 });
        child.stdin.end();
        expect(must(await waiting).removed).to.deep.equal(['.git/index.lock']);
      });
    }
  });

  it('sees that HEAD is elsewhere and says how to go back', async () => {
    userGit(dir, 'checkout', '-q', '--detach');
    expect(await store.recover()).to.deep.equal({
      ok: false,
      failure: {
        kind: 'elsewhere',
        head,
        hint: `to go back to the branch: git -C '${dir}' symbolic-ref HEAD refs/heads/main`,
      },
    });
    userGit(dir, 'symbolic-ref', 'HEAD', 'refs/heads/main');
    expect(await store.recover()).to.have.property('ok', true);
    userGit(dir, 'checkout', '-q', '-b', 'other');
    expect(await store.recover()).to.have.nested.property('failure.head', 'refs/heads/other');
  });

  const objectPath = (id: string) => join(dir, '.git/objects', id.slice(0, 2), id.slice(2));
  const damages: Record<string, () => Promise<void>> = {
    'an empty HEAD': () => truncate(join(dir, '.git/HEAD')),
    'no HEAD': () => rm(join(dir, '.git/HEAD')),
    'an empty branch': () => truncate(join(dir, '.git/refs/heads/main')),
    'garbage in the branch': () => writeFile(join(dir, '.git/refs/heads/main'), 'x'.repeat(40)),
    'garbage in packed-refs': async () => {
      userGit(dir, 'pack-refs', '--all');
      await writeFile(join(dir, '.git/packed-refs'), 'garbage\n');
    },
    'an empty commit': () => replace(head),
    'no commit': () => rm(objectPath(head), { force: true }),
    'an empty tree': () => replace(userGit(dir, 'rev-parse', `${head}^{tree}`).trim()),
    'an empty folder of the tree': () => replace(userGit(dir, 'rev-parse', `${head}:b`).trim()),
  };

  async function replace(id: string): Promise<void> {
    await rm(objectPath(id));
    await writeFile(objectPath(id), '');
  }

  for (const [what, damage] of Object.entries(damages)) {
    it(`notices damage: ${what}`, async () => {
      await damage();
      const result = await (await storeAt(dir)).recover();
      if (result.ok || result.failure.kind !== 'damaged') throw new Error('it was not noticed');
      expect(result.failure.message).to.contain(dir);
      expect(result.failure.message).to.not.contain('\n');
    });
  }

  it('notices a file that rotted when it is read', async () => {
    await replace(userGit(dir, 'rev-parse', `${head}:a`).trim());
    let message = '';
    await (await storeAt(dir)).readTree(head).catch((error: unknown) => (message = String(error)));
    expect(message).to.match(/cannot (use the repository|run git cat-file) in/);
    expect(await store.check()).to.not.deep.equal([]);
  });
});
