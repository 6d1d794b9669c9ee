import { expect } from 'chai';
import { DaemonRig, proposing } from '../rig/daemon-rig.js';
import { answering } from '../rig/driven-plugins.js';
import { checkState } from '../rig/invariants.js';
import { userGit } from '../rig/store.js';

const second = 1_000;
const hour = 3_600_000;
const day = 24 * hour;
const year = 365 * day;

/** Commit times in seconds, oldest first. */
function commitTimes(dir: string): number[] {
  return userGit(dir, 'log', '--reverse', '--format=%ct').trim().split('\n').map(Number);
}

async function withThreePlugins(): Promise<DaemonRig> {
  const rig = await DaemonRig.create();
  for (const name of ['p', 'q', 'r']) {
    await rig.add(name, { every: '300s', ttl: '300s' });
    rig.plugins.behave(name, answering(proposing(name)));
  }
  await rig.start();
  return rig;
}

describe('the daemon and the clock', () => {
  it('runs each plugin once after a suspend of 8 hours', async () => {
    const rig = await withThreePlugins();
    rig.clock.suspend(8 * hour);
    await rig.advance(30 * second);
    expect(rig.plugins.runs).to.have.length(6);
    expect(await rig.routes()).to.deep.equal(['p', 'q', 'r']);
    await rig.stop();
    await checkState(rig.state);
  });

  it('ends parts once when the clock is set forward a year, with one commit for all, and brings them back', async () => {
    const rig = await withThreePlugins();
    for (const name of ['p', 'q', 'r']) rig.plugins.behave(name, undefined);
    const commits = rig.subjects().length;
    rig.clock.set(rig.clock.now() + year);
    await rig.advance(30 * second);
    expect(await rig.routes()).to.deep.equal([]);
    expect(rig.subjects()).to.have.length(commits + 1);
    expect(rig.plugins.runs).to.have.length(6);
    for (const name of ['p', 'q', 'r']) rig.plugins.open(name).answer(proposing(name));
    await rig.idle();
    expect(await rig.routes()).to.deep.equal(['p', 'q', 'r']);
    await rig.stop();
    await checkState(rig.state);
  });

  for (const [text, back] of [
    ['an hour', hour],
    ['a day', day],
    ['to 1970', undefined],
  ] as const) {
    it(`lengthens no lease when the clock is set back ${text}`, async () => {
      const rig = await DaemonRig.create();
      await rig.add('p', { ttl: '300s' });
      rig.plugins.behave('p', answering(proposing('dynamic')));
      await rig.start();
      await rig.advance(100 * second);
      rig.clock.set(back === undefined ? 0 : rig.clock.now() - back);
      await rig.advance(198 * second);
      expect(await rig.routes()).to.deep.equal(['dynamic']);
      await rig.advance(2 * second);
      expect(await rig.routes()).to.deep.equal([]);
      await rig.stop();
      await checkState(rig.state);
      const times = commitTimes(rig.state);
      expect(times).to.deep.equal(times.toSorted((a, b) => a - b));
    });
  }

  it('goes on with a plugin, and its part, when the clock is set back', async () => {
    const rig = await DaemonRig.create();
    await rig.add('p', { every: '300s', ttl: '300s' });
    rig.plugins.behave('p', answering(proposing('dynamic')));
    await rig.start();
    const commits = rig.subjects();
    rig.clock.set(rig.clock.now() - day);
    await rig.advance(hour);
    expect(rig.subjects()).to.deep.equal(commits);
    expect(rig.plugins.runs.length).to.be.within(13, 16);
    expect((await rig.view()).status.plugins.get('p')?.outcome).to.equal('renewed');
    await rig.stop();
  });

  it('keeps the shorter lease over a restart', async () => {
    const rig = await DaemonRig.create();
    await rig.add('p', { ttl: '300s' });
    rig.plugins.behave('p', answering(proposing('dynamic')));
    await rig.start();
    rig.clock.set(rig.clock.now() - day);
    await rig.advance(100 * second);
    await rig.stop();
    await rig.clock.advance(100 * second);
    await rig.start();
    await rig.advance(99 * second);
    expect(await rig.routes()).to.deep.equal(['dynamic']);
    await rig.advance(second);
    expect(await rig.routes()).to.deep.equal([]);
    await rig.stop();
  });

  it('gives a lease from the future its ttl and no more', async () => {
    const rig = await DaemonRig.create();
    await rig.add('p', { ttl: '300s' });
    rig.plugins.behave('p', answering(proposing('dynamic')));
    await rig.start();
    await rig.stop();
    rig.clock.set(rig.clock.now() - day);
    await rig.start();
    await rig.advance(299 * second);
    expect(await rig.routes()).to.deep.equal(['dynamic']);
    await rig.advance(second);
    expect(await rig.routes()).to.deep.equal([]);
    await rig.stop();
  });
});
