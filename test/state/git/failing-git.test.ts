import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from '../../../state/git/store.js';
import { StorageError } from '../../../state/storage-error.js';
import { fakeGit } from '../../rig/fake-git.js';
import { readPids } from '../../rig/plugins.js';
import { untilGone } from '../../rig/processes.js';
import { author, commitOn, must, noon, storeAt, userGit } from '../../rig/store.js';
import { tempDir } from '../../rig/temp.js';

async function errorOf(promise: Promise<unknown>): Promise<StorageError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof StorageError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

/** The calls that a commit with something in it makes, in order. */
const steps = ['hash-object', 'mktree', 'commit-tree', 'update-ref'];

describe('a git that fails', () => {
  let top = '';
  let dir = '';
  let good: Store;
  let head = '';
  beforeEach(async () => {
    top = await tempDir();
    dir = join(top, 'state');
    good = await storeAt(dir);
    head = (await commitOn(good, { a: '1', 'b/c': '2' })).commit;
    await good.project(head, noon);
  });

  /** A store whose git does `script`; whatever it does, the next one with a good git must go on. */
  const storeWith = async (script: string, timeoutMs?: number) =>
    storeAt(dir, {
      searchPath: await fakeGit(top, script),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });

  afterEach(async () => {
    const store = await storeAt(dir);
    expect(must(await store.recover()).removed.filter(path => path !== '.git/routerd')).to.deep.equal([]);
    const { commit } = await commitOn(store, { a: 'after' });
    await store.project(commit, noon);
    expect(userGit(dir, 'status', '--porcelain')).to.equal('');
    expect(await store.check()).to.deep.equal([]);
    expect(await readdir(join(dir, '.git'))).to.not.include('routerd');
  });

  const failures: Record<string, [script: string, code: string, message: RegExp]> = {
    'is killed': ['kill -9 $$', 'EKILLED', /git was ended by a signal$/],
    'is killed after it complained': ['echo oops >&2; kill -9 $$', 'EKILLED', /\(git said: oops\)$/],
    'crashes': ['kill -SEGV $$', 'EKILLED', /git was ended by a signal$/], // prettier-ignore
    'fails without a word': ['exit 1', 'EGIT', /git ended with code 1$/],
    'fails and only prints': ['echo fine; exit 128', 'EGIT', /git ended with code 128$/],
    complains: ['printf "fatal: a\\033[2Jb\\n" >&2; exit 128', 'EGIT', /\(git said: fatal: a\\u001b\[2Jb\)$/],
    'succeeds but prints nothing': ['exit 0', 'EDAMAGED', /./],
    'prints nonsense': ['echo 0123456789; exit 0', 'EDAMAGED', /./],
    'finds the disk full': [
      'echo "fatal: unable to write loose object file: No space left on device" >&2; exit 128',
      'ENOSPC',
      /no space or inodes left on the file system of .* \(\d+ bytes and \d+ inodes free\)/,
    ],
    'finds the disk read-only': [
      'echo "fatal: Unable to create x: Read-only file system" >&2; exit 128',
      'EROFS',
      /the file system is mounted read-only/,
    ],
  };
  for (const [what, [script, code, message]] of Object.entries(failures)) {
    it(`changes nothing when it ${what}`, async () => {
      for (const step of steps) {
        const store = await storeWith(`is ${step} && { ${script}; }`);
        const error = await errorOf(commitOn(store, { a: 'x', b: 'y' }));
        expect(error.code, step).to.equal(code);
        expect(error.message, step).to.match(message);
        expect(error.message).to.contain(dir);
        expect(error.message).to.not.contain('\n');
        expect(await good.head()).to.equal(head);
      }
    });
  }

  it('has done it when it dies after it moved the ref', async () => {
    const store = await storeWith('is update-ref && { "$git" "$@" > /dev/null; kill -9 $$; }');
    const { commit } = await commitOn(store, { a: 'x' }, { tags: ['gen/2'] });
    expect(await good.head()).to.equal(commit);
    expect(await good.tags('gen')).to.deep.equal(new Map([['gen/2', commit]]));
  });

  it('is asked for the tags alone when it dies between the branch and them', async () => {
    const once = join(top, 'once');
    const branchOnly = `sed "/refs\\/tags/d" | "$git" "$@" > /dev/null`;
    const store = await storeWith(
      `is update-ref && [ ! -e ${once} ] && { : > ${once}; ${branchOnly}; kill -9 $$; }`,
    );
    const { commit } = await commitOn(store, { a: 'x' }, { tags: ['gen/2'] });
    expect(await good.head()).to.equal(commit);
    expect(await good.tags('gen')).to.deep.equal(new Map([['gen/2', commit]]));
  });

  it('loses against another writer who comes in between', async () => {
    const other = join(top, 'other');
    await mkdir(other);
    const env = 'GIT_AUTHOR_NAME=x GIT_AUTHOR_EMAIL=x GIT_COMMITTER_NAME=x GIT_COMMITTER_EMAIL=x';
    const store = await storeWith(
      `is update-ref && "$git" update-ref refs/heads/main $(${env} "$git" commit-tree -p main -m other main^{tree})`,
    );
    const input = { parent: head, files: new Map([['a', 'x']]), message: 'm', author, at: noon };
    const result = await store.commit(input);
    const now = await good.head();
    expect(now).to.not.equal(head);
    expect(result).to.deep.equal({ ok: false, failure: { kind: 'moved', head: now } });
  });

  const stubborn = `trap "" TERM INT; echo $$ >> PIDS; sleep 600 & echo $! >> PIDS; wait; sleep 600`;
  for (const [what, script] of [
    ['hangs', 'echo $$ >> PIDS; exec sleep 600'],
    ['hangs and ignores SIGTERM, with a child that holds its output', stubborn],
    ['prints for ever', 'echo $$ >> PIDS; while :; do echo x; done'],
  ] as const) {
    it(`is ended with all that it started when it ${what}`, async () => {
      const pids = join(top, 'pids');
      for (const step of what === 'hangs' ? ['hash-object', 'update-ref'] : ['mktree']) {
        const store = await storeWith(`is ${step} && { ${script.replaceAll('PIDS', pids)}; }`, 300);
        const error = await errorOf(commitOn(store, { a: 'x' }));
        expect(error.code).to.equal('ETIMEDOUT');
        expect(error.message).to.contain('it was ended after 300ms without an answer');
        await untilGone(await readPids(pids));
        expect(await good.head()).to.equal(head);
      }
    });
  }

  it('blocks no other call while it hangs', async () => {
    const store = await storeWith('is mktree && exec sleep 600', 1_000);
    const hanging = errorOf(commitOn(store, { a: 'x' }));
    expect([...(await store.readTree(head)).keys()]).to.deep.equal(['a', 'b/c']);
    expect((await hanging).code).to.equal('ETIMEDOUT');
  });

  it('is named when it cannot be started', async () => {
    const store = await storeWith('');
    await writeFile(join(top, 'fake-bin/git'), '#!/nonexistent/interpreter\n');
    const error = await errorOf(store.commits());
    expect(error.code).to.equal('ENOEXEC');
    expect(error.message).to.match(/git could not be started: spawn .*fake-bin\/git ENOENT$/);
    expect(error.message).to.not.contain('at ');
  });

  for (const [what, options] of [
    ['bytes', 'size=1m'],
    ['inodes', 'size=16m,nr_inodes=120'],
  ] as const) {
    it(`leaves HEAD alone on a disk without ${what}, and goes on once there is room`, async function () {
      const disk = join(top, 'disk');
      await mkdir(disk, { mode: 0o700 });
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', `${options},mode=0700`, 'tmpfs', disk], {
          stdio: 'ignore',
        });
      } catch {
        console.error('      skipped: no right to mount a file system');
        this.skip();
      }
      try {
        const store = await storeAt(join(disk, 'state'));
        const { commit } = await commitOn(store, { a: '1' });
        await store.project(commit, noon);
        await fill(disk, what);
        const error = await errorOf(commitOn(store, { a: '1', b: randomBytes(100_000) }));
        expect(await store.head()).to.equal(commit);
        expect(error.code).to.equal('ENOSPC');
        expect(error.message).to.match(
          /no space or inodes left on the file system of .* \(\d+ bytes and \d+ inodes free\)/,
        );
        for (const name of await readdir(disk)) if (name.startsWith('ballast')) await rm(join(disk, name));
        must(await store.recover());
        const next = await commitOn(store, { a: '2' });
        await store.project(next.commit, noon);
        expect(await store.check()).to.deep.equal([]);
        expect(userGit(store.path, 'status', '--porcelain')).to.equal('');
      } finally {
        execFileSync('umount', [disk]);
      }
    });
  }
});

/** Uses up what is limited on a small file system. */
async function fill(disk: string, what: 'bytes' | 'inodes'): Promise<void> {
  const full = () => true;
  if (what === 'inodes') {
    for (let n = 0; !(await writeFile(join(disk, `ballast-${n}`), '').then(() => false, full)); n++);
    return;
  }
  for (let size = 1 << 16; size >= 1; size >>= 4) {
    while (!(await appendFile(join(disk, 'ballast'), Buffer.alloc(size)).then(() => false, full)));
  }
}
