import { expect } from 'chai';
import { setProgram, routerFile, writeFiles } from '../rig/config-dir.js';
import { answering } from '../rig/driven-plugins.js';
import { DaemonRig, proposing } from '../rig/daemon-rig.js';
import { checkState } from '../rig/invariants.js';
import { listing } from '../rig/listing.js';
import { route } from '../rig/build.js';

describe('the daemon', () => {
  it('starts from the last good generation, and with nothing changed commits and says nothing', async () => {
    const rig = await DaemonRig.create(route('own'));
    await rig.start();
    expect(rig.subjects()).to.have.length(1);
    await rig.stop();
    rig.log.length = 0;
    await rig.start();
    await rig.advance(3_600_000);
    expect(rig.subjects()).to.have.length(1);
    expect(rig.said()).to.deep.equal([]);
    await rig.stop();
    await checkState(rig.state);
  });

  it('writes nothing at all when it looks in vain', async () => {
    const rig = await DaemonRig.create(route('own'));
    await rig.add('p', { every: '300s' });
    rig.plugins.behave('p', answering(proposing('dynamic')));
    await rig.start();
    const before = await listing(rig.state);
    for (let times = 0; times < 5; times++) await rig.look();
    expect(await listing(rig.state)).to.deep.equal(before);
    await rig.stop();
  });

  it('commits an edit, and an edit that is taken back', async () => {
    const rig = await DaemonRig.create(route('own'));
    await rig.start();
    await rig.edit({ 'router.yaml': routerFile(route('own'), route('more')) });
    expect(await rig.routes()).to.deep.equal(['own', 'more']);
    await rig.edit({ 'router.yaml': routerFile(route('own')) });
    expect(await rig.routes()).to.deep.equal(['own']);
    await rig.stop();
    expect(await checkState(rig.state)).to.have.length(3);
  });

  it('never starts a plugin that is still running', async () => {
    const rig = await DaemonRig.create();
    await rig.add('p', { every: '10s' });
    await rig.start();
    await rig.advance(60_000);
    await rig.look();
    expect(rig.plugins.runs).to.have.length(1);
    rig.plugins.open('p').answer(proposing('dynamic'));
    await rig.idle();
    expect(rig.plugins.runs).to.have.length(2);
    await rig.stop();
  });

  it('takes in what was saved while a plugin ran, though nobody has told it', async () => {
    const rig = await DaemonRig.create(route('own'));
    await rig.add('p', { every: '300s' });
    await rig.start();
    await writeFiles(rig.config, { 'router.yaml': routerFile(route('own'), route('saved')) });
    rig.plugins.open('p').answer(proposing('of-p'));
    await rig.idle();
    expect(await rig.routes()).to.deep.equal(['own', 'saved', 'of-p']);
    expect(rig.subjects()).to.have.length(2);
    await rig.stop();
  });

  it('puts results that come together into one commit', async () => {
    const rig = await DaemonRig.create();
    for (const name of ['p', 'q', 'r']) await rig.add(name);
    await rig.start();
    const before = rig.subjects().length;
    for (const name of ['p', 'q', 'r']) rig.plugins.open(name).answer(proposing(name));
    await rig.idle();
    expect(rig.subjects()).to.have.length(before + 1);
    expect(await rig.routes()).to.deep.equal(['p', 'q', 'r']);
    await rig.stop();
    await checkState(rig.state);
  });

  it('drops a result whose inputs changed meanwhile, and runs the plugin again at once', async () => {
    const rig = await DaemonRig.create();
    await rig.add('p', { every: '300s' });
    await rig.start();
    const stale = rig.plugins.open('p');
    await setProgram(rig.config, 'p', '#!/bin/sh\n# another\n');
    await rig.look();
    stale.answer(proposing('stale'));
    await rig.idle();
    expect(await rig.routes()).to.deep.equal([]);
    rig.plugins.open('p').answer(proposing('good'));
    await rig.idle();
    expect(await rig.routes()).to.deep.equal(['good']);
    expect(rig.plugins.runs.map(({ order }) => order.cause)).to.deep.equal(['interval', 'input']);
    await rig.stop();
  });

  it('runs a plugin again at once whose inputs changed while it failed', async () => {
    const rig = await DaemonRig.create();
    await rig.add('p', { every: '300s' });
    await rig.start();
    await setProgram(rig.config, 'p', '#!/bin/sh\n# mended\n');
    rig.plugins.open('p').fail();
    await rig.idle();
    expect(rig.plugins.runs).to.have.length(2);
    await rig.stop();
  });

  it('takes a result in whatever else was edited meanwhile', async () => {
    const rig = await DaemonRig.create(route('own'));
    await rig.add('p');
    await rig.start();
    await rig.edit({ 'router.yaml': routerFile(route('own'), route('more')) });
    rig.plugins.open('p').answer(proposing('dynamic'));
    await rig.idle();
    expect(await rig.routes()).to.deep.equal(['own', 'more', 'dynamic']);
    expect(rig.plugins.runs).to.have.length(1);
    await rig.stop();
  });

  it('goes on with the last good configuration while the directory is broken, and says where', async () => {
    const rig = await DaemonRig.create(route('own'));
    await rig.add('p', { every: '60s', ttl: '60s' });
    rig.plugins.behave('p', answering(proposing('dynamic')));
    await rig.add('q', { ttl: '30s' });
    rig.plugins.behave('q', answering(proposing('short')));
    await rig.start();
    expect(await rig.condition('Ready')).to.equal('True Reconciled');
    await rig.edit({ 'router.yaml': 'kind: [' });
    expect(await rig.condition('Ready')).to.equal('False StartupConfigInvalid');
    const { conditions } = (await rig.view()).status;
    expect(conditions.find(({ type }) => type === 'Ready')?.message).to.match(/^router\.yaml:1:\d+: /);
    expect(await rig.routes()).to.deep.equal(['own', 'dynamic', 'short']);
    rig.log.length = 0;
    await rig.advance(200_000);
    expect(await rig.routes()).to.deep.equal(['own', 'dynamic']);
    expect(rig.plugins.runsOf('p').length).to.be.within(4, 6);
    expect(rig.said().filter(line => line.startsWith('error'))).to.deep.equal([]);
    await rig.edit({ 'router.yaml': routerFile(route('own')) });
    expect(await rig.condition('Ready')).to.equal('True Reconciled');
    await rig.stop();
    await checkState(rig.state);
  });

  it('runs many plugins side by side, but not all, and everyone gets a turn', async () => {
    const rig = await DaemonRig.create();
    const names = Array.from({ length: 20 }, (_, i) => `p${i}`);
    for (const name of names) await rig.add(name);
    await rig.start();
    expect(rig.plugins.runs).to.have.length(16);
    for (const run of [...rig.plugins.runs]) run.answer(proposing(run.name));
    await rig.idle();
    expect(new Set(rig.plugins.runs.map(({ name }) => name)).size).to.equal(20);
    expect(rig.plugins.runs).to.have.length(20);
    await rig.stop();
  });

  it('ends what runs when it stops, and leaves nothing waiting', async () => {
    const rig = await DaemonRig.create(route('own'));
    await rig.add('p', { every: '60s' });
    await rig.add('q', { every: '60s' });
    rig.plugins.behave('q', answering(proposing('dynamic')));
    const daemon = await rig.start();
    const commits = rig.subjects();
    const run = rig.plugins.open('p');
    await rig.stop();
    expect(run.isOver).to.equal(true);
    expect(rig.clock.waiting).to.equal(0);
    daemon.look();
    await daemon.idle();
    await rig.clock.advance(3_600_000);
    expect(rig.plugins.runs).to.have.length(2);
    expect(rig.subjects()).to.deep.equal(commits);
    expect((await rig.view()).status.plugins.get('p'), 'a run that was ended is no failure').to.equal(
      undefined,
    );
  });

  it('stops in the middle of a pass, too', async () => {
    const rig = await DaemonRig.create(route('own'));
    const daemon = await rig.start();
    await rig.add('p', { every: '60s' });
    daemon.look();
    await rig.stop();
    expect(rig.clock.waiting).to.equal(0);
    await checkState(rig.state);
  });
});
