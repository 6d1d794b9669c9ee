import { expect } from 'chai';
import { readdir } from 'node:fs/promises';
import { inboxPath } from '../../reconciler/state-dir.js';
import { DaemonRig, proposing } from '../rig/daemon-rig.js';
import { answering, failing } from '../rig/driven-plugins.js';

const second = 1_000;

describe('the daemon and events', () => {
  it('runs the plugin that listens, once, and no other', async () => {
    const rig = await DaemonRig.create();
    await rig.add('p', { topics: ['cloud.changed'] });
    await rig.add('q', { topics: ['other'] });
    for (const name of ['p', 'q']) rig.plugins.behave(name, answering(proposing(name)));
    await rig.start();
    await rig.publish('e1', 'cloud.changed');
    await rig.publish('e1', 'cloud.changed');
    await rig.advance(60 * second);
    expect(rig.plugins.runsOf('p').map(({ events }) => events)).to.deep.equal([[], ['e1']]);
    expect(rig.plugins.runsOf('q')).to.have.length(1);
    expect(await readdir(inboxPath(rig.state))).to.deep.equal([]);
    await rig.stop();
  });

  it('lets events wait that come while the plugin runs, for one run that carries them all', async () => {
    const rig = await DaemonRig.create();
    await rig.add('p', { topics: ['t'] });
    await rig.start();
    for (const id of ['e1', 'e2', 'e3']) {
      await rig.publish(id, 't');
      await rig.advance(second);
    }
    expect(rig.plugins.runs).to.have.length(1);
    rig.plugins.open('p').answer(proposing('dynamic'));
    await rig.idle();
    expect(rig.plugins.open('p').events).to.deep.equal(['e1', 'e2', 'e3']);
    rig.plugins.open('p').answer(proposing('dynamic'));
    await rig.idle();
    expect(rig.plugins.runs).to.have.length(2);
    await rig.stop();
  });

  it('keeps events over a restart in the middle of the run that carries them', async () => {
    const rig = await DaemonRig.create();
    await rig.add('p', { topics: ['t'] });
    await rig.start();
    rig.plugins.open('p').answer(proposing('dynamic'));
    await rig.idle();
    await rig.publish('e1', 't');
    await rig.stop();
    await rig.start();
    expect(rig.plugins.open('p').events).to.deep.equal(['e1']);
    await rig.stop();
  });

  it('tries an event five times and gives it up with a finding', async () => {
    const rig = await DaemonRig.create();
    await rig.add('p', { topics: ['t'] });
    rig.plugins.behave('p', answering(proposing('dynamic')));
    await rig.start();
    rig.plugins.behave('p', failing());
    await rig.publish('e1', 't');
    await rig.advance(300 * second);
    const carrying = rig.plugins.runs.filter(({ events }) => events.includes('e1'));
    expect(carrying).to.have.length(5);
    expect(rig.said().filter(line => line.includes('e1'))).to.have.length(1);
    await rig.stop();
  });

  it('slows a plugin down that wakes itself, and says so', async () => {
    const rig = await DaemonRig.create();
    await rig.add('p', { topics: ['routerd.plugin.event.again'] });
    rig.plugins.behave(
      'p',
      answering({ ...proposing('dynamic'), events: [{ type: 'again', message: 'round and round' }] }),
    );
    await rig.start();
    await rig.advance(59 * second);
    expect(rig.plugins.runs).to.have.length(1 + 10);
    const planned = await rig.planOf('p');
    expect(planned?.state === 'ready' && planned.due.why).to.match(/^rate limit: /);
    await rig.advance(540 * second);
    expect(rig.plugins.runs.length).to.be.at.most(1 + 10 * 10);
    expect(rig.subjects()).to.have.length(2);
    await rig.stop();
  });
});
