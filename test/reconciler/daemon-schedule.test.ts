import { expect } from 'chai';
import { DaemonRig, proposing } from '../rig/daemon-rig.js';
import { answering, answeringAfter, failing } from '../rig/driven-plugins.js';
import { checkState } from '../rig/invariants.js';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

describe('the schedule of the daemon', () => {
  it('keeps a part through a day of every = ttl = 300s with a plugin that takes 9 s', async function () {
    this.timeout(60_000);
    const rig = await DaemonRig.create();
    await rig.add('p', { every: '300s', ttl: '300s' });
    const status = proposing('dynamic');
    rig.plugins.behave(
      'p',
      answeringAfter(rig.clock, 9 * second, () => status),
    );
    await rig.start();
    await rig.advance(day);
    await rig.stop();
    expect(rig.plugins.runs.length).to.be.within(288, 310);
    const [first, ...rest] = await checkState(rig.state);
    expect(first?.subject).to.match(/^generation 1:/);
    expect(rest.map(({ subject }) => subject)).to.deep.equal(['generation 2: +1 (Plugin/p#1)']);
    expect(await rig.routes()).to.deep.equal(['dynamic']);
  });

  it('counts the interval from the start of the last run, over restarts', async () => {
    const rig = await DaemonRig.create();
    await rig.add('p', { every: '300s', ttl: '1000s' });
    rig.plugins.behave(
      'p',
      answeringAfter(rig.clock, 9 * second, () => proposing('dynamic')),
    );
    await rig.start();
    await rig.advance(100 * second);
    await rig.stop();
    await rig.clock.advance(100 * second);
    await rig.start();
    await rig.advance(99 * second);
    expect(rig.plugins.runs).to.have.length(1);
    await rig.advance(second);
    const [first, next] = rig.plugins.runs;
    expect((next?.startedAt ?? 0) - (first?.startedAt ?? 0)).to.equal(300 * second);
    await rig.stop();
  });

  it('makes one run of all intervals that were missed while it was stopped', async () => {
    const rig = await DaemonRig.create();
    await rig.add('p', { every: '10s', ttl: '10000s' });
    rig.plugins.behave('p', answering(proposing('dynamic')));
    await rig.start();
    await rig.stop();
    await rig.clock.advance(hour);
    await rig.start();
    expect(rig.plugins.runs).to.have.length(2);
    await rig.stop();
  });

  it('ends a lease at its very moment, by itself', async () => {
    const rig = await DaemonRig.create();
    await rig.add('p', { ttl: '100s' });
    rig.plugins.behave('p', answering(proposing('dynamic')));
    await rig.start();
    await rig.advance(100 * second - 1);
    await rig.look();
    expect(await rig.routes()).to.deep.equal(['dynamic']);
    await rig.advance(1);
    expect(await rig.routes()).to.deep.equal([]);
    await rig.stop();
    const commits = await checkState(rig.state);
    expect(commits.at(-1)?.trailers.get('Trigger')).to.deep.equal(['expiry Plugin/p#1']);
  });

  it('ends a lease that ran out while it was stopped as soon as it starts', async () => {
    const rig = await DaemonRig.create();
    await rig.add('p', { ttl: '100s' });
    rig.plugins.behave('p', answering(proposing('dynamic')));
    await rig.start();
    await rig.stop();
    await rig.clock.advance(99 * second);
    await rig.start();
    expect(await rig.routes()).to.deep.equal(['dynamic']);
    await rig.stop();
    await rig.clock.advance(second);
    await rig.start();
    expect(await rig.routes()).to.deep.equal([]);
    await rig.stop();
  });

  it('waits for moments beyond 24.8 days', async function () {
    this.timeout(60_000);
    const rig = await DaemonRig.create();
    await rig.add('p', { every: '960h', ttl: '1920h' });
    rig.plugins.behave('p', answering(proposing('dynamic')));
    await rig.add('q', { ttl: '1200h' });
    rig.plugins.behave('q', answering(proposing('quiet')));
    await rig.start();
    await rig.advance(40 * day - 1);
    expect(rig.plugins.runs).to.have.length(2);
    await rig.advance(1);
    expect(rig.plugins.runsOf('p')).to.have.length(2);
    await rig.advance(10 * day - 1);
    expect(await rig.routes()).to.deep.equal(['dynamic', 'quiet']);
    await rig.advance(1);
    expect(await rig.routes()).to.deep.equal(['dynamic']);
    await rig.stop();
  });

  it('backs off from a failing plugin, doubling to its interval, and lets its part live until it ends', async () => {
    const rig = await DaemonRig.create();
    await rig.add('p', { every: '60s', ttl: '200s' });
    await rig.add('q', { every: '50s', ttl: '50s' });
    rig.plugins.behave('p', answering(proposing('failing')));
    rig.plugins.behave('q', answering(proposing('well')));
    await rig.start();
    rig.plugins.behave('p', failing());
    await rig.advance(199 * second);
    expect(await rig.routes()).to.deep.equal(['failing', 'well']);
    expect(await rig.condition('Degraded')).to.equal('True PluginsFailing');
    const starts = rig.plugins.runsOf('p').map(({ startedAt }) => startedAt);
    const waits = starts.slice(1).map((at, i) => (at - (starts[i] ?? 0)) / second);
    const full = [1, 2, 4, 8, 16, 32, 60];
    expect(waits[0]).to.equal(60);
    for (const [i, wait] of waits.slice(1).entries()) {
      expect(wait).to.be.within((full[i] ?? 0) * 0.8, full[i] ?? 0);
    }
    expect(waits.length).to.be.greaterThan(6);
    await rig.advance(second);
    expect(await rig.routes()).to.deep.equal(['well']);
    rig.plugins.behave('p', answering(proposing('failing')));
    await rig.advance(minute);
    expect(await rig.routes()).to.deep.equal(['failing', 'well']);
    expect(await rig.condition('Degraded')).to.equal('False AsExpected');
    expect(rig.plugins.runsOf('q').length).to.be.within(5, 8);
    await rig.stop();
    await checkState(rig.state);
  });

  it('tells a killed plugin from a good one, over a restart', async () => {
    const rig = await DaemonRig.create();
    await rig.add('p', { every: '300s' });
    await rig.start();
    for (let times = 0; times < 4; times++) {
      rig.plugins.open('p').kill();
      await rig.idle();
      if (times < 3) await rig.advance(2 ** times * second);
    }
    await rig.stop();
    await rig.start();
    expect(rig.plugins.runs, 'the back-off goes on after a restart').to.have.length(4);
    expect((await rig.view()).status.plugins.get('p')?.failures).to.equal(4);
    await rig.advance(8 * second);
    expect(rig.plugins.runs).to.have.length(5);
    await rig.stop();
  });

  it('spreads plugins that share an interval over a tenth of it, the first run at once', async () => {
    const rig = await DaemonRig.create();
    const names = Array.from({ length: 8 }, (_, i) => `p${i}`);
    for (const name of names) {
      await rig.add(name, { every: '300s', ttl: '3000s' });
      rig.plugins.behave(name, answering(proposing(name)));
    }
    await rig.start();
    const start = rig.clock.now();
    expect(rig.plugins.runs.map(({ startedAt }) => startedAt)).to.deep.equal(names.map(() => start));
    await rig.advance(300 * second);
    const second_ = names.map(name => rig.plugins.runsOf(name)[1]?.startedAt ?? 0);
    expect(new Set(second_).size, 'each at a moment of its own').to.equal(8);
    for (const at of second_) expect(at - start).to.be.within(270 * second, 300 * second);
    await rig.stop();
    await rig.start();
    await rig.advance(300 * second);
    const third = names.map(name => rig.plugins.runsOf(name)[2]?.startedAt ?? 0);
    expect(third.map((at, i) => at - (second_[i] ?? 0))).to.deep.equal(names.map(() => 300 * second));
    await rig.stop();
  });

  it('lets no lease lapse by the spread', async () => {
    const rig = await DaemonRig.create();
    const names = ['p', 'q', 'r', 's'];
    for (const name of names) {
      await rig.add(name, { every: '300s', ttl: '300s' });
      const status = proposing(name);
      rig.plugins.behave(
        name,
        answeringAfter(rig.clock, 9 * second, () => status),
      );
    }
    await rig.start();
    await rig.advance(10 * second);
    const commits = rig.subjects();
    await rig.advance(2 * hour);
    expect(rig.subjects()).to.deep.equal(commits);
    expect(await rig.routes()).to.deep.equal(names);
    await rig.stop();
  });
});
