import { expect } from 'chai';
import { route } from '../rig/build.js';
import { routerFile, writeFiles } from '../rig/config-dir.js';
import { DaemonRig, proposing } from '../rig/daemon-rig.js';
import { answering } from '../rig/driven-plugins.js';
import { checkState } from '../rig/invariants.js';
import { listing } from '../rig/listing.js';
import { release, rollBack } from '../rig/operator.js';

describe('the daemon under a quarantine', () => {
  async function twoGenerations(): Promise<DaemonRig> {
    const rig = await DaemonRig.create(route('good'));
    await rig.start();
    await rig.edit({ 'router.yaml': routerFile(route('good'), route('bad')) });
    return rig;
  }

  it('leaves a rollback alone: watch, schedule and a restart promote nothing, and write nothing', async () => {
    const rig = await twoGenerations();
    const report = await rollBack(rig, 1);
    expect(report.withheld?.kind).to.equal('quarantined');
    await rig.look();
    expect(await rig.routes()).to.deep.equal(['good']);
    const before = await listing(rig.state);
    for (let ticks = 0; ticks < 5; ticks++) await rig.look();
    await rig.advance(3_600_000);
    expect(await listing(rig.state)).to.deep.equal(before);
    await rig.stop();
    await rig.start();
    await rig.edit({ 'router.yaml': `# a comment\n${routerFile(route('good'), route('bad'))}` });
    expect(await rig.routes()).to.deep.equal(['good']);
    expect(rig.subjects()).to.have.length(3);
    expect(await rig.condition('Ready')).to.equal('True InputWithheld');
    expect(await rig.condition('Stalled')).to.equal('False AsExpected');
    await rig.stop();
    await checkState(rig.state);
  });

  it('promotes an edit, in the same commit that ends the quarantine', async () => {
    const rig = await twoGenerations();
    await rollBack(rig, 1);
    await rig.look();
    await rig.edit({ 'router.yaml': routerFile(route('good'), route('better')) });
    expect(await rig.routes()).to.deep.equal(['good', 'better']);
    expect(await rig.condition('Ready')).to.equal('True Reconciled');
    await rig.stop();
    const commits = await checkState(rig.state);
    expect(commits).to.have.length(4);
    expect(commits.at(-1)?.files.has('control/quarantine.yaml')).to.equal(false);
    expect(commits.at(-1)?.trailers.get('Trigger')?.[0]).to.equal('config router.yaml');
  });

  it('promotes what is released', async () => {
    const rig = await twoGenerations();
    await rollBack(rig, 1);
    await rig.look();
    await release(rig);
    await rig.look();
    expect(await rig.routes()).to.deep.equal(['good', 'bad']);
    await rig.stop();
    await checkState(rig.state);
  });

  it('goes on with plugins and leases as with the startup-config that is in force', async () => {
    const rig = await DaemonRig.create(route('good'));
    await rig.add('p', { every: '60s', ttl: '60s' });
    rig.plugins.behave('p', answering(proposing('dynamic')));
    await rig.add('q', { ttl: '30s' });
    rig.plugins.behave('q', answering(proposing('short')));
    await rig.start();
    const good = (await rig.view()).head.generation;
    await rig.edit({ 'router.yaml': routerFile(route('good'), route('bad')) });
    await rollBack(rig, good);
    await rig.look();
    expect(await rig.routes()).to.deep.equal(['good', 'dynamic', 'short']);
    await rig.advance(200_000);
    expect(await rig.routes()).to.deep.equal(['good', 'dynamic']);
    expect(rig.plugins.runsOf('p').length).to.be.within(4, 6);
    await rig.stop();
    await checkState(rig.state);
  });

  it('takes an edit that came just before or just after a rollback for what it is', async () => {
    const rig = await twoGenerations();
    // Nobody has looked at this edit yet: it is what is there, and quarantined.
    await writeFiles(rig.config, { 'router.yaml': routerFile(route('rash')) });
    const [, report] = await Promise.all([rig.look(), rollBack(rig, 1)]);
    await rig.look();
    expect(report.commit ?? '', 'whoever came first').not.to.equal('');
    expect(await rig.routes()).to.deep.equal(['good']);
    await rig.edit({ 'router.yaml': routerFile(route('after')) });
    expect(await rig.routes()).to.deep.equal(['after']);
    await rig.stop();
    await checkState(rig.state);
  });

  it('takes a result of a plugin in that ran over a rollback', async () => {
    const rig = await DaemonRig.create(route('good'));
    await rig.add('p', { every: '300s' });
    await rig.start();
    await rig.edit({ 'router.yaml': routerFile(route('good'), route('bad')) });
    await rollBack(rig, 1);
    rig.plugins.open('p').answer(proposing('dynamic'));
    await rig.idle();
    expect(await rig.routes()).to.deep.equal(['good', 'dynamic']);
    await rig.stop();
    await checkState(rig.state);
  });
});
