import { expect } from 'chai';
import { chmod, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lockPath } from '../../reconciler/state-dir.js';
import { findProgram } from '../../state/program.js';
import { acquireLock } from '../../state/lock.js';
import { DaemonRig, proposing } from '../rig/daemon-rig.js';
import { answering } from '../rig/driven-plugins.js';
import { checkState } from '../rig/invariants.js';
import { must, searchPath } from '../rig/store.js';
import { tempDir } from '../rig/temp.js';

const second = 1_000;

describe('the daemon and its state directory', () => {
  it('keeps results while another writer has the lock, and takes them in afterwards', async () => {
    const rig = await DaemonRig.create();
    for (const name of ['p', 'q']) await rig.add(name, { every: '300s' });
    await rig.start({ lockTimeoutMs: 50 });
    const lock = must(
      await acquireLock(lockPath(rig.state), { timeoutMs: 10_000, holder: { command: 'another' } }),
    );
    rig.plugins.open('p').answer(proposing('p'));
    await rig.idle();
    rig.plugins.open('q').answer(proposing('q'));
    await rig.advance(5 * second);
    expect(await rig.routes()).to.deep.equal([]);
    expect(rig.said().some(line => line.startsWith('error') && line.includes('another'))).to.equal(true);
    await lock.release();
    await rig.advance(10 * second);
    expect(await rig.routes()).to.deep.equal(['p', 'q']);
    expect(rig.plugins.runs, 'nobody had to run again').to.have.length(2);
    await rig.stop();
    await checkState(rig.state);
  });

  it('keeps an event in the inbox while another writer has the lock', async () => {
    const rig = await DaemonRig.create();
    await rig.add('p', { topics: ['t'] });
    rig.plugins.behave('p', answering(proposing('p')));
    await rig.start({ lockTimeoutMs: 50 });
    const lock = must(
      await acquireLock(lockPath(rig.state), { timeoutMs: 10_000, holder: { command: 'another' } }),
    );
    await rig.publish('e1', 't');
    await lock.release();
    await rig.advance(2 * second);
    expect(rig.plugins.runs.map(({ events }) => events)).to.deep.equal([[], ['e1']]);
    await rig.stop();
  });

  it('keeps results while git fails, tries again ever more slowly, and heals by itself', async () => {
    const rig = await DaemonRig.create();
    const bin = await tempDir();
    const git = findProgram('git', searchPath);
    await writeFile(join(bin, 'git'), `#!/bin/sh\ntest -e ${bin}/broken && exit 128\nexec ${git} "$@"\n`);
    await chmod(join(bin, 'git'), 0o755);
    await rig.add('p', { every: '300s', ttl: '600s' });
    await rig.start({ state: { path: rig.state, searchPath: `${bin}:${searchPath}` } });
    await writeFile(join(bin, 'broken'), '');
    rig.plugins.open('p').answer(proposing('p'));
    await rig.advance(100 * second);
    const errors = rig.log.filter(({ level }) => level === 'error');
    expect(errors.length).to.be.within(6, 9);
    await rm(join(bin, 'broken'));
    await rig.advance(100 * second);
    expect(await rig.routes()).to.deep.equal(['p']);
    expect(rig.plugins.runs).to.have.length(1);
    await rig.stop();
    await checkState(rig.state);
  });

  it('takes a result in once, even where its lease could not be written after the commit', async () => {
    const rig = await DaemonRig.create();
    await rig.add('p', { every: '300s' });
    await rig.start();
    const leases = join(rig.state, 'run/leases.yaml');
    await rm(leases, { force: true });
    await mkdir(join(leases, 'in-the-way'), { recursive: true });
    rig.plugins.open('p').answer(proposing('p'));
    await rig.idle();
    await rm(leases, { recursive: true });
    await rig.advance(10 * second);
    expect(await rig.routes()).to.deep.equal(['p']);
    expect((await rig.view()).head.parts.map(({ generation }) => generation)).to.deep.equal([1]);
    await rig.stop();
    await checkState(rig.state);
  });

  it('refuses a result whose lease ended before it could be taken in, and runs the plugin again', async () => {
    const rig = await DaemonRig.create();
    await rig.add('p', { every: '300s', ttl: '20s' });
    await rig.start({ lockTimeoutMs: 50 });
    const before = rig.subjects();
    const lock = must(
      await acquireLock(lockPath(rig.state), { timeoutMs: 10_000, holder: { command: 'another' } }),
    );
    rig.plugins.open('p').answer(proposing('p'));
    await rig.advance(21 * second);
    await lock.release();
    await rig.advance(20 * second);
    expect(rig.subjects()).to.deep.equal(before);
    rig.plugins.open('p').answer(proposing('p'));
    await rig.idle();
    expect(await rig.routes()).to.deep.equal(['p']);
    await rig.stop();
  });

  it('neither commits nor grows while parts are renewed', async function () {
    this.timeout(90_000);
    const rig = await DaemonRig.create();
    const names = Array.from({ length: 20 }, (_, i) => `p${i}`);
    for (const name of names) {
      await rig.add(name, { every: '30s', ttl: '60s' });
      rig.plugins.behave(name, answering(proposing(name)));
    }
    await rig.start();
    await rig.advance(40 * second);
    const commits = rig.subjects();
    const files = ['leases.yaml', 'status.yaml', 'events.yaml'];
    const sizes = async () =>
      Promise.all(
        files.map(async name => {
          try {
            return (await stat(join(rig.state, 'run', name))).size;
          } catch {
            return 0;
          }
        }),
      );
    const before = await sizes();
    // As they are after some hours of this.
    await writeFile(join(rig.state, 'run/log/plugins.jsonl'), `${'x'.repeat(4 * 1024 * 1024)}\n`);
    await rig.advance(100 * second);
    expect(rig.plugins.runs.length).to.be.greaterThan(20 * 4);
    expect(rig.subjects()).to.deep.equal(commits);
    for (const [i, size] of (await sizes()).entries()) {
      expect(size, files[i]).to.be.within((before[i] ?? 0) * 0.9 - 200, (before[i] ?? 0) * 1.1 + 200);
    }
    const log = join(rig.state, 'run/log');
    expect((await stat(join(log, 'plugins.jsonl'))).size).to.be.lessThan(4 * 1024 * 1024);
    expect((await stat(join(log, 'plugins.1.jsonl'))).size).to.be.greaterThan(4 * 1024 * 1024);
    await rig.stop();
  });
});
