import { expect } from 'chai';
import type { Resource, ValueMap } from '../../../protocol/resource.js';
import { confirmEdit } from '../../../reconciler/control/confirm.js';
import { controlOf } from '../../../reconciler/control/control.js';
import type { PendingConfirmation } from '../../../reconciler/control/confirmation.js';
import { rollback } from '../../../reconciler/control/rollback.js';
import { runPass } from '../../../reconciler/pass.js';
import type { PassOptions } from '../../../reconciler/pass-options.js';
import { route } from '../../rig/build.js';
import { routerFile, writeFiles } from '../../rig/config-dir.js';
import { answering } from '../../rig/driven-plugins.js';
import { DaemonRig, proposing } from '../../rig/daemon-rig.js';
import { checkState } from '../../rig/invariants.js';
import { must, searchPath, userGit } from '../../rig/store.js';

const careful: ValueMap = {
  apiVersion: 'config.routerd.net/v1alpha1',
  kind: 'ChangePolicy',
  metadata: { name: 'careful' },
  spec: { confirm: { default: '10m' } },
};
const text = (...resources: Resource[]): string => routerFile(careful, ...resources);
const good = text(route('good'));
const bad = text(route('bad'));

const command = (rig: DaemonRig) => ({
  config: { path: rig.config, stateDir: rig.state, schemaFiles: [] },
  state: { path: rig.state, searchPath },
  clock: () => rig.clock.now(),
  lockTimeoutMs: 10_000,
  command: 'test',
});

const pass = (rig: DaemonRig, more: Partial<PassOptions> = {}) =>
  runPass({ ...command(rig), dryRun: false, engineVersion: '0.0.0', operator: 'bob', ...more });

const confirm = (rig: DaemonRig) => confirmEdit({ ...command(rig), by: 'alice', message: 'it works' });

async function pending(rig: DaemonRig): Promise<PendingConfirmation | undefined> {
  return controlOf((await rig.view()).head).confirm;
}

/** Both files that say what is in force, byte for byte. */
function inForce(rig: DaemonRig, commit = 'main'): string[] {
  return ['startup-config.yaml', 'effective-config.yaml'].map(path =>
    userGit(rig.state, 'show', `${commit}:${path}`),
  );
}

/** A daemon with an edit that has to be confirmed within ten minutes. */
async function edited(): Promise<DaemonRig> {
  const rig = await DaemonRig.create(careful, route('good'));
  await rig.start();
  await rig.edit({ 'router.yaml': bad });
  return rig;
}

describe('an edit that has to be confirmed', () => {
  it('is in force, and its commit says until when, by whom and what it goes back to', async () => {
    const rig = await edited();
    expect(await rig.routes()).to.deep.equal(['bad']);
    expect(await pending(rig)).to.deep.include({
      generation: 2,
      by: 'operator',
      since: rig.clock.now(),
      deadline: rig.clock.now() + 600_000,
    });
    expect((await pending(rig))?.baseline.generation).to.equal(1);
    expect(userGit(rig.state, 'show', 'gen/2:control/confirm.yaml')).to.contain('generation: 2\n');
    await rig.stop();
    await checkState(rig.state);
  });

  it('is taken back at the deadline, in one commit, and not put in force again', async () => {
    const rig = await edited();
    await rig.advance(599_999);
    expect(await rig.routes()).to.deep.equal(['bad']);
    await rig.advance(1);
    expect(inForce(rig)).to.deep.equal(inForce(rig, 'gen/1'));
    expect(userGit(rig.state, 'log', '-1', '--format=%an%n%B')).to.match(/^routerd\ngeneration 3: \+1 -1/);
    expect(userGit(rig.state, 'log', '-1', '--format=%B')).to.contain('\nTrigger: confirm-expired 2\n');
    expect(userGit(rig.state, 'ls-tree', '--name-only', 'main', 'control/')).to.equal(
      'control/quarantine.yaml\n',
    );
    const subjects = rig.subjects();
    for (let ticks = 0; ticks < 3; ticks++) await rig.look();
    await rig.advance(3_600_000);
    expect(rig.subjects()).to.deep.equal(subjects);
    await rig.edit({ 'router.yaml': text(route('better')) });
    expect(await rig.routes()).to.deep.equal(['better']);
    await rig.stop();
    await checkState(rig.state);
  });

  it('is taken back by whoever comes first after a daemon that was away', async () => {
    for (const comesFirst of ['a daemon', 'a command']) {
      const rig = await edited();
      await rig.stop();
      await rig.clock.advance(3_600_000);
      if (comesFirst === 'a daemon') {
        await rig.start();
        await rig.stop();
      } else must(await pass(rig));
      expect(inForce(rig), comesFirst).to.deep.equal(inForce(rig, 'gen/1'));
      expect(await pending(rig)).to.equal(undefined);
    }
  });

  it('stays once it is confirmed', async () => {
    const rig = await edited();
    expect(must(must(await confirm(rig))).generation).to.equal(2);
    expect(userGit(rig.state, 'log', '-1', '--format=%an %s')).to.equal('alice control: confirm 2 (alice)\n');
    await rig.look();
    await rig.advance(3_600_000);
    expect(await rig.routes()).to.deep.equal(['bad']);
    expect(must(await confirm(rig))).to.deep.equal({ ok: false, failure: 'nothing waits to be confirmed' });
    await rig.stop();
    await checkState(rig.state);
  });

  it('cannot be confirmed once its time is over', async () => {
    const rig = await edited();
    await rig.stop();
    await rig.clock.advance(600_000);
    const late = must(await confirm(rig));
    expect(late.ok ? '' : late.failure).to.match(/^the time of generation 2 was over at /);
  });

  it('keeps every other edit waiting, and a second confirmation is refused', async () => {
    const rig = await edited();
    await rig.edit({ 'router.yaml': text(route('third')) });
    expect(await rig.routes()).to.deep.equal(['bad']);
    const report = must(await pass(rig, { answered: true, permit: 'all' }));
    expect(report.withheld).to.include({
      kind: 'awaitsConfirmation',
      why: 'generation 2 is not confirmed yet',
    });
    const refused = await pass(rig, { confirm: { forMs: 60_000 } });
    expect(refused.ok ? undefined : refused.failure.kind).to.equal('confirmPending');
    must(must(await confirm(rig)));
    await rig.look();
    expect(await rig.routes()).to.deep.equal(['third']);
    expect((await pending(rig))?.generation).to.equal(3);
    await rig.stop();
    await checkState(rig.state);
  });

  it('that is taken back by hand waits for nothing more', async () => {
    const rig = await edited();
    const order = { to: 1, operator: 'alice', message: '', dryRun: false, engineVersion: '0.0.0' };
    must(await rollback({ ...command(rig), ...order }));
    expect(await pending(rig)).to.equal(undefined);
    await rig.look();
    await rig.advance(3_600_000);
    expect(await rig.routes()).to.deep.equal(['good']);
    expect(rig.subjects()).to.have.length(3);
    await rig.stop();
  });

  it('goes back to its startup-config, not to the results of the time before', async () => {
    const rig = await DaemonRig.create(careful, route('good'));
    await rig.add('p', { every: '100s' });
    rig.plugins.behave('p', answering(proposing('before')));
    await rig.start();
    await rig.edit({ 'router.yaml': bad });
    rig.plugins.behave('p', answering(proposing('after')));
    await rig.advance(600_000);
    expect(await rig.routes()).to.deep.equal(['good', 'after']);
    await rig.stop();
    await checkState(rig.state);
  });

  it('waits no longer than twice its time, whatever the clock does', async () => {
    const rig = await edited();
    rig.clock.set(rig.clock.now() - 86_400_000);
    await rig.look();
    expect((await pending(rig))?.deadline).to.equal(rig.clock.now() + 600_000);
    await rig.advance(600_000);
    expect(await rig.routes()).to.deep.equal(['good']);
    await rig.stop();

    const ahead = await edited();
    ahead.clock.set(ahead.clock.now() + 86_400_000);
    await ahead.look();
    expect(await ahead.routes()).to.deep.equal(['good']);
    await ahead.stop();
  });

  it('is not asked of the first generation, nor of what changes nothing', async () => {
    const rig = await DaemonRig.create(careful, route('good'));
    await rig.start();
    expect(await pending(rig)).to.equal(undefined);
    await rig.edit({ 'router.yaml': `# a comment\n${good}` });
    expect(await pending(rig)).to.equal(undefined);
    must(await pass(rig, { confirm: { forMs: 1_000 } }));
    expect(await pending(rig)).to.equal(undefined);
    await rig.stop();
  });

  it('by a command needs no policy, and takes the probe of one', async () => {
    const rig = await DaemonRig.create(route('good'));
    await rig.start();
    await rig.stop();
    await writeFiles(rig.config, { 'router.yaml': routerFile(route('bad')) });
    must(await pass(rig, { confirm: { forMs: 1_000, probe: 'true' } }));
    expect(await pending(rig)).to.deep.include({ probe: 'true', by: 'bob' });
  });
});
