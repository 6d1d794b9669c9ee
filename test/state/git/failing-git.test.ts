import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { GitError } from '../../../state/git/git-error.js';
import type { Store } from '../../../state/git/store.js';
import { StorageError } from '../../../state/storage-error.js';
import { fakeGit } from '../../rig/fake-git.js';
import { readPids } from '../../rig/plugins.js';
import { untilGone } from '../../rig/processes.js';
import { commitOn, must, noon, storeAt, userGit } from '../../rig/store.js';
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
const steps = ['hash-object', 'update-index', 'write-tree', 'ls-tree', 'commit-tree', 'update-ref'];

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
    storeAt(dir, { searchPath: await fakeGit(top, script), ...(timeoutMs === undefined ? {} : { timeoutMs }) });

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
    'complains': ['printf "fatal: a\\033[2Jb\\n" >&2; exit 128', 'EGIT', /\(git said: fatal: a\\u001b\[2Jb\)$/],
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
    for (const step of steps) {
      it(`changes nothing when it ${what}: ${step}`, async () => {
        const store = await storeWith(`is version || { is ${step} && { ${script}; }; }`);
        const error = await errorOf(commitOn(store, { a: 'x', b: 'y' }));
        if (code === 'EDAMAGED') expect(error.code).to.be.oneOf(['EDAMAGED', 'EGIT']);
        else expect(error.code).to.equal(code);
        expect(error.message).to.match(message);
        expect(error.message).to.contain(dir);
        expect(error.message).to.not.contain('\n');
        expect(await good.head()).to.equal(head);
      });
    }
  }
});
