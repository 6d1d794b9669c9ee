import { expect } from 'chai';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isLocked } from '../../state/lock-helper.js';
import { acquireLock, tryLock } from '../../state/lock.js';
import { StorageError } from '../../state/storage-error.js';
import { until } from '../rig/processes.js';
import { must } from '../rig/store.js';
import { tempDir } from '../rig/temp.js';

const holder = { command: 'routerctl reconcile' };

/** A process that takes the lock, prints `held`, and keeps it until it is killed. */
async function startHolder(path: string): Promise<ChildProcess> {
  const program = `
    import { acquireLock } from ${JSON.stringify(new URL('../../state/lock.js', import.meta.url).href)};
    await acquireLock(${JSON.stringify(path)}, { timeoutMs: 5000, holder: { command: 'the holder' } });
    console.log('held');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

describe('the writer lock', () => {
  let path = '';
  beforeEach(async () => {
    path = join(await tempDir(), 'run/lock');
  });

  it('is private, held once, and free after release', async () => {
    const lock = must(await acquireLock(path, { timeoutMs: 1_000, holder }));
    expect((await stat(path)).mode & 0o777).to.equal(0o600);
    expect((await stat(join(path, '..'))).mode & 0o777).to.equal(0o700);
    expect(await tryLock(path, holder)).to.have.property('ok', false);
    expect(lock.lost.aborted).to.equal(false);
    await lock.release();
    await lock.release();
    expect(lock.lost.aborted).to.equal(false);
    await must(await tryLock(path, holder)).release();
  });

  it('tells who holds it', async () => {
    const lock = must(await tryLock(path, holder));
    const second = await acquireLock(path, { timeoutMs: 20, holder });
    if (second.ok) throw new Error('held twice');
    expect(second.failure.holder).to.include({ pid: process.pid, command: 'routerctl reconcile' });
    expect(second.failure.message).to.match(
      /run\/lock is held by routerctl reconcile \(pid \d+, started 2\d{3}-.*Z\) after waiting 20ms$/,
    );
    await lock.release();
    expect(await readdir(join(path, '..'))).to.deep.equal(['lock']);
  });

  it('waits for a holder who lets go', async () => {
    const first = must(await tryLock(path, holder));
    const waiting = acquireLock(path, { timeoutMs: 10_000, holder });
    await first.release();
    await must(await waiting).release();
  });

  it('gives up waiting when told to', async () => {
    const first = must(await tryLock(path, holder));
    const stop = new AbortController();
    const waiting = acquireLock(path, { timeoutMs: 60_000, holder, signal: stop.signal });
    stop.abort();
    expect(await waiting).to.have.property('ok', false);
    await first.release();
  });

  it('is free once its holder was killed', async () => {
    const child = await startHolder(path);
    expect(await isLocked(path)).to.equal(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const lock = must(await acquireLock(path, { timeoutMs: 10_000, holder }));
    await lock.release();
  });

  it('is not taken from a holder that was stopped', async () => {
    const child = await startHolder(path);
    child.kill('SIGSTOP');
    const second = await acquireLock(path, { timeoutMs: 50, holder });
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(second).to.have.property('ok', false);
  });

  it('says nothing of a holder who is gone but left a note', async () => {
    const child = await startHolder(path);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const lock = must(await acquireLock(path, { timeoutMs: 10_000, holder }));
    await writeFile(
      `${path}.holder`,
      JSON.stringify({ pid: child.pid, started: 'x', command: 'the holder' }),
    );
    const second = await tryLock(path, holder);
    if (second.ok) throw new Error('held twice');
    expect(second.failure).to.not.have.property('holder');
    expect(second.failure.message).to.match(/is held by another process$/);
    await lock.release();
  });

  it('tells its holder when it is lost', async function () {
    const lock = must(await tryLock(path, holder));
    const helpers = await helpersOf(process.pid);
    if (helpers.length === 0) {
      console.error('      skipped: this system does not tell the children of a process');
      this.skip();
    }
    const lost = lock.lost.aborted ? Promise.resolve() : once(lock.lost, 'abort');
    for (const pid of helpers) process.kill(-pid, 'SIGKILL');
    await lost;
    await lock.release();
    await must(await tryLock(path, holder)).release();
  });

  it('keeps separate files apart', async () => {
    const one = must(await tryLock(`${path}-one`, holder));
    const two = must(await tryLock(`${path}-two`, holder));
    await one.release();
    await two.release();
  });

  describe('looking', () => {
    it('creates nothing where there is nothing', async () => {
      expect(await isLocked(path)).to.equal(false);
      expect(await readdir(join(path, '../..'))).to.deep.equal([]);
    });

    it('sees both states and keeps no lock itself', async () => {
      const lock = must(await tryLock(path, holder));
      expect(await isLocked(path)).to.equal(true);
      await lock.release();
      expect(await isLocked(path)).to.equal(false);
      await must(await tryLock(path, holder)).release();
    });
  });

  it('says what is missing without flock', async () => {
    const before = process.env['PATH'];
    process.env['PATH'] = '/nonexistent';
    try {
      await tryLock(path, holder);
      expect.fail('it took a lock without flock');
    } catch (error) {
      expect(error).to.be.instanceOf(StorageError);
      expect((error as StorageError).message).to.contain(
        'no program flock in PATH; install util-linux or busybox',
      );
    } finally {
      process.env['PATH'] = before;
    }
  });

  it('refuses a folder in the place of the lock file', async () => {
    await must(await tryLock(`${path}/below`, holder)).release();
    try {
      await tryLock(path, holder);
      expect.fail('it locked a folder');
    } catch (error) {
      expect((error as StorageError).code).to.equal('ENOTREG');
    }
  });
});

/** The children of a process that lead a group of their own. */
async function helpersOf(pid: number): Promise<number[]> {
  let pids: number[] = [];
  const path = `/proc/${pid}/task/${pid}/children`;
  await until('the helper is there', async () => {
    const text = await readFile(path, 'utf8').catch(() => '0');
    pids = text
      .split(' ')
      .filter(word => word !== '')
      .map(Number);
    return pids.length > 0;
  });
  return pids.filter(child => child > 0);
}
