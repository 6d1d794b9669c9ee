import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdir, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Looks, save, textOf, textOfFile } from '../rig/looks.js';
import { tempDir } from '../rig/temp.js';

const run = promisify(execFile);

/** How many inotify watches this process holds; undefined where the system does not say. */
function inotifyWatches(): number | undefined {
  try {
    // The file that reads the list is in it, and gone.
    const infos = readdirSync('/proc/self/fdinfo').map(fd => textOfFile(join('/proc/self/fdinfo', fd)));
    return infos.join('\n').split('\ninotify ').length - 1;
  } catch {
    return undefined;
  }
}

describe('how much the watch of a config directory does', () => {
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

  it('takes a git checkout for one change', async () => {
    const git = (...args: string[]) =>
      run('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...args], {
        cwd: dir,
        env: { PATH: process.env['PATH'], GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' },
      });
    for (let index = 0; index < 100; index++) await writeFile(join(dir, `sites/${index}`), '1');
    await git('init', '--quiet', '--initial-branch=one');
    await git('add', '.');
    await git('commit', '--quiet', '--message=one');
    await git('checkout', '--quiet', '-b', 'two');
    for (let index = 0; index < 100; index++) await writeFile(join(dir, `sites/${index}`), '2');
    await git('commit', '--quiet', '--all', '--message=two');
    await start({ settle: { quietMs: 400, maxWaitMs: 8_000 } });
    await git('checkout', '--quiet', 'one');
    await looks.find(textOf(dir));
    await writeFile(file, 'next');
    await looks.find(textOf(dir));
    expect(looks.reasons).to.deep.equal(['change', 'change']);
  });

  it('looks few times in a storm, and once after its end', async () => {
    await start({ settle: { quietMs: 400, maxWaitMs: 30_000 } });
    for (let index = 0; index < 500; index++) await save(join(dir, `sites/${index}`), String(index));
    await looks.find(textOf(dir));
    expect(looks.reasons.length).to.be.at.most(3);
  });

  it('looks for nothing in what is ignored', async () => {
    const state = join(dir, 'state');
    for (const name of ['.git', 'node_modules', 'state']) await mkdir(join(dir, name));
    await start({ ignore: [state] });
    for (const name of [
      '.git/index',
      '.router.yaml.swp',
      'router.yaml~',
      '4913',
      'node_modules/x',
      'state/x',
    ]) {
      await writeFile(join(dir, name), '');
      await unlink(join(dir, name));
    }
    await mkdir(join(dir, '.cache'));
    await rm(state, { recursive: true });
    await mkdir(state);
    await writeFile(file, '2');
    await looks.find('router.yaml=2');
    expect(looks.reasons).to.deep.equal(['change']);
  });

  it('does not run in circles over links', async () => {
    await symlink('..', join(dir, 'sites/up'));
    await symlink('.', join(dir, 'sites/self'));
    await symlink('nowhere', join(dir, 'dangling'));
    looks = new Looks({ path: dir }, () => textOfFile(join(dir, 'sites/a')));
    await looks.watch.ready;
    expect(looks.watch.health()).to.include({ status: 'ok', reason: 'Watching' });
    await writeFile(join(dir, 'sites/a'), '1');
    await looks.find('1');
    expect(looks.reasons).to.deep.equal(['change']);
  });

  it('does not stumble over what is no file', async () => {
    await run('mkfifo', [join(dir, 'fifo.yaml')]);
    looks = new Looks({ path: dir }, () => textOfFile(file));
    await looks.watch.ready;
    await run('mkfifo', [join(dir, 'sites/fifo.yaml')]);
    await writeFile(file, '2');
    await looks.find('2');
    expect(looks.watch.health()).to.include({ status: 'ok', reason: 'Watching' });
  });

  it('holds one watch a folder, however often it is made anew, and none when it is closed', async function () {
    if (inotifyWatches() === undefined) this.skip(); // the system does not say
    const none = inotifyWatches();
    for (let index = 0; index < 50; index++) await writeFile(join(dir, `sites/${index}`), '');
    await start();
    // The directory, the folder in it, and the folder above it for the entry of the directory.
    const held = inotifyWatches();
    expect(held).to.equal((none ?? 0) + 3);
    for (let round = 1; round <= 10; round++) {
      await rm(join(dir, 'sites'), { recursive: true });
      await mkdir(join(dir, 'sites'));
      await looks.rearmed(round);
    }
    expect(inotifyWatches()).to.equal(held);
    await looks.watch.close();
    expect(inotifyWatches()).to.equal(none);
  });

  it('watches a directory whose own name begins with a dot', async () => {
    dir = join(base, '.config/.routerd');
    file = join(dir, 'router.yaml');
    await mkdir(join(dir, 'sites'), { recursive: true });
    await start();
    await writeFile(join(dir, 'sites/a'), '1');
    await looks.find('sites/a=1');
  });
});
