import { expect } from 'chai';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { route } from '../rig/build.js';
import { routerFile } from '../rig/config-dir.js';
import { DaemonRig, proposing } from '../rig/daemon-rig.js';
import { answering } from '../rig/driven-plugins.js';
import { checkState } from '../rig/invariants.js';
import { listing } from '../rig/listing.js';
import { resumeNow, rollBack, suspendFor } from '../rig/operator.js';

const second = 1_000;
const minute = 60 * second;
/** Longer than the leases. */
const long = 15 * minute;

/** `p` proposes a route every minute, under a lease of five; so does `q`. */
async function withTwoPlugins(): Promise<DaemonRig> {
  const rig = await DaemonRig.create(route('own'));
  for (const name of ['p', 'q']) {
    await rig.add(name, { every: '60s', ttl: '300s', topics: [`wake.${name}`] });
    rig.plugins.behave(name, answering(proposing(`of-${name}`)));
  }
  await rig.start();
  return rig;
}

describe('a suspended plugin', () => {
  it('is not started, by schedule, event or changed input; the others go on; its part ends with its lease', async () => {
    const rig = await withTwoPlugins();
    await suspendFor(rig, 'plugin/p', long);
    await rig.publish('e1', 'wake.p');
    await rig.publish('e2', 'wake.q');
    await rig.advance(minute);
    const runs = rig.plugins.runsOf('p').length;
    expect(runs).to.equal(1);
    expect(rig.plugins.runsOf('q').length).to.be.greaterThan(1);
    expect(await rig.routes(), 'it keeps its lease').to.deep.equal(['own', 'of-p', 'of-q']);
    await rig.advance(4 * minute);
    expect(await rig.routes()).to.deep.equal(['own', 'of-q']);
    expect(
      (await rig.view()).queue.waiting.map(({ event }) => event.id),
      'its event waits',
    ).to.deep.equal(['e1']);
    const planned = await rig.planOf('p');
    expect(planned?.state === 'ready' && !planned.due.due && planned.due.why).to.equal(
      'suspended by alice until 2026-05-29T12:15:00Z: maintenance',
    );
    await rig.stop();
    await checkState(rig.state);
  });

  it('runs again by itself when the time has come, with the events that waited, and the commit says so', async () => {
    const rig = await withTwoPlugins();
    await suspendFor(rig, 'plugin/p', long);
    await rig.publish('e1', 'wake.p');
    await rig.advance(long - second);
    expect(rig.plugins.runsOf('p')).to.have.length(1);
    await rig.advance(second);
    expect(rig.plugins.runsOf('p').map(({ events }) => events)).to.deep.equal([[], ['e1']]);
    expect(await rig.routes()).to.deep.equal(['own', 'of-p', 'of-q']);
    await rig.stop();
    const commits = await checkState(rig.state);
    const over = commits.find(({ subject }) => subject.includes('suspend-over plugin/p'));
    expect(over?.author).to.equal('routerd');
    expect(commits.at(-1)?.files.has('control/suspend.yaml')).to.equal(false);
  });

  it('runs again when it is resumed', async () => {
    const rig = await withTwoPlugins();
    await suspendFor(rig, 'plugin/p', long);
    await rig.advance(10 * minute);
    await resumeNow(rig, 'plugin/p');
    expect(rig.plugins.runsOf('p')).to.have.length(2);
    await rig.stop();
    await checkState(rig.state);
  });

  it('stays suspended over a restart, and its time ends while no daemon runs', async () => {
    const rig = await withTwoPlugins();
    await suspendFor(rig, 'plugin/p', long);
    await rig.stop();
    await rig.start();
    await rig.advance(10 * minute);
    expect(rig.plugins.runsOf('p')).to.have.length(1);
    await rig.stop();
    await rig.clock.advance(long);
    await rig.start();
    expect(rig.plugins.runsOf('p')).to.have.length(2);
    await rig.stop();
    await checkState(rig.state);
  });

  it('is suspended anew in place of before', async () => {
    const rig = await withTwoPlugins();
    await suspendFor(rig, 'plugin/p', 10 * long);
    await suspendFor(rig, 'plugin/p', 10 * minute);
    await rig.advance(10 * minute);
    expect(rig.plugins.runsOf('p')).to.have.length(2);
    await rig.stop();
    await checkState(rig.state);
  });

  it('takes in what was under way when it was suspended', async () => {
    const rig = await DaemonRig.create(route('own'));
    await rig.add('p', { every: '60s' });
    await rig.start();
    await suspendFor(rig, 'plugin/p', long);
    rig.plugins.open('p').answer(proposing('of-p'));
    await rig.idle();
    expect(await rig.routes()).to.deep.equal(['own', 'of-p']);
    expect(rig.plugins.runs).to.have.length(1);
    await rig.stop();
  });

  for (const [text, jump] of [
    ['forward over its end', 3 * long],
    ['back a day', -96 * long],
  ] as const) {
    it(`lasts no longer than it was meant to when the clock is set ${text}`, async () => {
      const rig = await withTwoPlugins();
      await suspendFor(rig, 'plugin/p', long);
      rig.clock.set(rig.clock.now() + jump);
      await rig.advance(30 * second);
      if (jump < 0) expect(rig.plugins.runsOf('p')).to.have.length(1);
      await rig.advance(long);
      expect(rig.plugins.runsOf('p').length).to.be.greaterThan(1);
      await rig.stop();
      await checkState(rig.state);
    });
  }
});

describe('everything suspended', () => {
  it('starts no plugin and takes no edit; leases end all the same; then all goes on by itself', async () => {
    const rig = await withTwoPlugins();
    await suspendFor(rig, 'all', long);
    await rig.edit({ 'router.yaml': routerFile(route('own'), route('more')) });
    expect(await rig.condition('Ready')).to.equal('True InputWithheld');
    await rig.advance(10 * minute);
    expect(await rig.routes()).to.deep.equal(['own']);
    expect(rig.plugins.runs).to.have.length(2);
    const before = await listing(rig.state);
    for (let ticks = 0; ticks < 3; ticks++) await rig.look();
    expect(await listing(rig.state), 'it does not go round and round').to.deep.equal(before);
    await rig.advance(5 * minute);
    expect(await rig.routes()).to.deep.equal(['own', 'more', 'of-p', 'of-q']);
    expect(await rig.condition('Ready')).to.equal('True Reconciled');
    await rig.stop();
    await checkState(rig.state);
  });

  it('takes no edit of a manifest: a plugin whose files are gone keeps its part, and its place on record', async () => {
    const rig = await withTwoPlugins();
    const commits = rig.subjects().length;
    await suspendFor(rig, 'all', 2 * minute);
    await rm(join(rig.config, 'plugins/p'), { recursive: true });
    await rm(join(rig.config, 'sources/p.yaml'));
    await rig.look();
    await rig.advance(minute);
    expect(await rig.routes()).to.deep.equal(['own', 'of-p', 'of-q']);
    expect(rig.subjects()).to.have.length(commits + 1);
    await rig.advance(minute);
    expect(await rig.routes()).to.deep.equal(['own', 'of-q']);
    await rig.stop();
    const history = await checkState(rig.state);
    expect(history.at(commits)?.files.has('plugins/p.yaml')).to.equal(true);
    expect(history.at(-1)?.files.has('plugins/p.yaml')).to.equal(false);
  });

  it('does not keep anyone from rolling back, nor from resuming', async () => {
    const rig = await DaemonRig.create(route('good'));
    await rig.start();
    await rig.edit({ 'router.yaml': routerFile(route('bad')) });
    await suspendFor(rig, 'all', long);
    await rollBack(rig, 1);
    expect(await rig.routes()).to.deep.equal(['good']);
    await rig.edit({ 'router.yaml': routerFile(route('edited')) });
    expect(await rig.routes()).to.deep.equal(['good']);
    await resumeNow(rig, 'all');
    expect(await rig.routes()).to.deep.equal(['edited']);
    await rig.stop();
    await checkState(rig.state);
  });
});
