import { expect } from 'chai';
import { route } from '../rig/build.js';
import { answering, failing } from '../rig/driven-plugins.js';
import { DaemonRig, proposing } from '../rig/daemon-rig.js';

describe('what the daemon says about plugins that run', () => {
  async function reconciling(rig: DaemonRig): Promise<string> {
    const { status } = await rig.view();
    const condition = status.conditions.find(({ type }) => type === 'Reconciling');
    return `${condition?.status} ${condition?.reason} ${condition?.message}`;
  }

  it('is Reconciling from their start until their results are taken in, and names them', async () => {
    const rig = await DaemonRig.create(route('own'));
    for (const name of ['p', 'q']) await rig.add(name, { every: '300s' });
    await rig.start();
    expect(await reconciling(rig)).to.equal('True PluginsRunning running: p, q');
    expect(await rig.condition('Ready')).to.equal('True Reconciled');
    rig.plugins.open('p').answer(proposing('of-p'));
    await rig.idle();
    expect(await reconciling(rig)).to.equal('True PluginsRunning running: q');
    rig.plugins.open('q').fail();
    await rig.idle();
    expect(await reconciling(rig)).to.equal('False AsExpected no plugin runs');
    await rig.stop();
  });

  it('says nothing of a run that is over within 50 ms, and of a longer one then', async () => {
    const rig = await DaemonRig.create(route('own'));
    await rig.add('p', { every: '300s', ttl: '1h' });
    rig.plugins.behave('p', answering(proposing('of-p')));
    await rig.start();
    rig.plugins.behave('p', undefined);
    const passes = rig.reports.length;

    await rig.advance(300_000);
    await rig.advance(49);
    rig.plugins.open('p').answer(proposing('of-p'));
    await rig.idle();
    expect(rig.reports.slice(passes).map(({ plugins }) => plugins[0]?.outcome)).to.deep.equal(['renewed']);

    await rig.advance(300_000 - 49);
    await rig.advance(49);
    expect(await reconciling(rig)).to.equal('False AsExpected no plugin runs');
    await rig.advance(1);
    expect(await reconciling(rig)).to.equal('True PluginsRunning running: p');
    rig.plugins.open('p').answer(proposing('of-p'));
    await rig.idle();
    expect(await reconciling(rig)).to.equal('False AsExpected no plugin runs');
    await rig.stop();
  });

  it('counts those that wait for their turn', async () => {
    const rig = await DaemonRig.create(route('own'));
    const names = Array.from({ length: 18 }, (_, i) => `p${String(i).padStart(2, '0')}`);
    for (const name of names) await rig.add(name, { every: '300s' });
    await rig.start();
    expect(rig.plugins.runs).to.have.length(16);
    expect(await reconciling(rig)).to.equal(`True PluginsRunning running: ${names.join(', ')}`);
    await rig.stop();
  });

  it('keeps since when it is so while one run follows the other', async () => {
    const rig = await DaemonRig.create(route('own'));
    for (const name of ['p', 'q']) await rig.add(name, { every: '300s' });
    await rig.start();
    const since = async () =>
      (await rig.view()).status.conditions.find(({ type }) => type === 'Reconciling')?.lastTransitionTime;
    const start = await since();
    await rig.advance(5_000);
    rig.plugins.open('p').answer(proposing('of-p'));
    await rig.idle();
    expect(await since()).to.equal(start);
    rig.plugins.open('q').answer(proposing('of-q'));
    await rig.idle();
    expect(await since()).to.equal((start ?? 0) + 5_000);
    await rig.stop();
  });

  it('writes once when a run starts, once when it is taken in, and no more', async () => {
    const rig = await DaemonRig.create(route('own'));
    await rig.add('quick', { every: '100s' });
    await rig.add('bad', { every: '100s' });
    rig.plugins.behave('quick', answering(proposing('quick')));
    rig.plugins.behave('bad', failing());
    await rig.add('slow', { every: '1000s' });
    await rig.start();
    const before = rig.reports.length;
    for (let times = 0; times < 5; times++) await rig.look();
    expect(rig.reports.length).to.equal(before);
    rig.plugins.open('slow').answer(proposing('slow'));
    await rig.idle();
    expect(rig.reports.length).to.equal(before + 1);
    await rig.stop();
  });
});
