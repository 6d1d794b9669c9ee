import { expect } from 'chai';
import type { ValueMap } from '../../../protocol/resource.js';
import { controlOf } from '../../../reconciler/control/control.js';
import { promote } from '../../../reconciler/control/promote.js';
import { route } from '../../rig/build.js';
import { routerFile, writeFiles } from '../../rig/config-dir.js';
import { answering } from '../../rig/driven-plugins.js';
import { DaemonRig, proposing } from '../../rig/daemon-rig.js';
import { checkState } from '../../rig/invariants.js';
import { must, searchPath, userGit } from '../../rig/store.js';

const policy = (guard: ValueMap): ValueMap => ({
  apiVersion: 'config.routerd.net/v1alpha1',
  kind: 'ChangePolicy',
  metadata: { name: 'careful' },
  spec: { guard },
});
const careful = policy({ maxRemovals: 1 });

async function held(rig: DaemonRig): Promise<string[]> {
  const { head } = await rig.view();
  return controlOf(head).held.map(({ source, by, reasons }) =>
    [source, by, ...reasons.map(({ type }) => type)].join(' '),
  );
}

/** Short names of the refs below `refs/held/`. */
function refs(rig: DaemonRig): string[] {
  const names = userGit(rig.state, 'for-each-ref', '--format=%(refname)', 'refs/held').trim();
  return names === '' ? [] : names.split('\n').map(name => name.slice('refs/held/'.length));
}

function promotion(rig: DaemonRig, digest: string): ReturnType<typeof promote> {
  const { config, state, clock } = rig;
  return promote({
    config: { path: config, stateDir: state, schemaFiles: [] },
    state: { path: state, searchPath },
    engineVersion: '0.0.0',
    operator: 'alice',
    clock: () => clock.now(),
    lockTimeoutMs: 10_000,
    command: 'test',
    digest,
    message: 'it is meant',
  });
}

async function digestOf(rig: DaemonRig): Promise<string> {
  return controlOf((await rig.view()).head).held[0]?.digest ?? '';
}

describe('an edit beyond the guard', () => {
  const three = routerFile(careful, route('a'), route('b'), route('c'));
  const one = routerFile(careful, route('a'));

  async function guarded(): Promise<DaemonRig> {
    const rig = await DaemonRig.create(careful, route('a'), route('b'), route('c'));
    await rig.start();
    await rig.edit({ 'router.yaml': one });
    return rig;
  }

  it('is held: what was accepted stays in force, and git shows the edit beside it', async () => {
    const rig = await guarded();
    expect(await rig.routes()).to.deep.equal(['a', 'b', 'c']);
    expect(await held(rig)).to.deep.equal(['startup-config operator maxRemovals']);
    expect(refs(rig)).to.deep.equal(['startup']);
    const diff = userGit(rig.state, 'diff', 'main', 'held/startup', '--', 'effective-config.yaml');
    expect(diff).to.contain('-        name: b\n');
    expect(userGit(rig.state, 'log', '-1', '--format=%B', 'held/startup')).to.contain(
      'held: startup-config\n\n- 2 resources would go out of force, and the guard allows 1 at once\n',
    );
    expect(userGit(rig.state, 'log', '-1', '--format=%B', 'main')).to.match(
      /^control: hold startup-config [0-9a-f]{8}/,
    );
    expect(await rig.condition('Ready')).to.equal('True InputWithheld');
    expect(rig.said()).to.include('warn what the config directory holds is not taken');
    await rig.stop();
    await checkState(rig.state);
  });

  it('that is the same again changes nothing, also after a restart', async () => {
    const rig = await guarded();
    const before = rig.subjects();
    const ref = userGit(rig.state, 'rev-parse', 'held/startup');
    for (let times = 0; times < 3; times++) await rig.look();
    await rig.edit({ 'router.yaml': `# a comment\n${one}` });
    await rig.stop();
    await rig.start();
    await rig.advance(3_600_000);
    expect(rig.subjects()).to.deep.equal(before);
    expect(userGit(rig.state, 'rev-parse', 'held/startup')).to.equal(ref);
    await rig.stop();
  });

  it('gives way to a newer one, and to one that is admissible', async () => {
    const rig = await guarded();
    const first = await digestOf(rig);
    await rig.edit({ 'router.yaml': routerFile(careful, route('b')) });
    expect(await digestOf(rig)).not.to.equal(first);
    expect(await rig.routes()).to.deep.equal(['a', 'b', 'c']);
    await rig.edit({ 'router.yaml': routerFile(careful, route('a'), route('b'), route('d')) });
    expect(await rig.routes()).to.deep.equal(['a', 'b', 'd']);
    expect(await held(rig)).to.deep.equal([]);
    expect(refs(rig)).to.deep.equal([]);
    await rig.stop();
    await checkState(rig.state);
  });

  it('that is taken back leaves nothing', async () => {
    const rig = await guarded();
    await rig.edit({ 'router.yaml': three });
    expect(await held(rig)).to.deep.equal([]);
    expect(refs(rig)).to.deep.equal([]);
    expect(rig.subjects().filter(subject => subject.startsWith('generation'))).to.have.length(1);
    await rig.stop();
  });

  it('cannot lift its own guard', async () => {
    const rig = await DaemonRig.create(careful, route('a'), route('b'), route('c'));
    await rig.start();
    await rig.edit({ 'router.yaml': routerFile(route('a')) });
    expect(await rig.routes()).to.deep.equal(['a', 'b', 'c']);
    await rig.edit({ 'router.yaml': routerFile(route('a'), route('b'), route('c')) });
    expect(await held(rig)).to.deep.equal([]);
    await rig.edit({ 'router.yaml': routerFile(route('a')) });
    expect(await rig.routes()).to.deep.equal(['a']);
    await rig.stop();
  });

  it('that touches a protected interface is held by the daemon, which asks nobody', async () => {
    const rig = await DaemonRig.create();
    const text = (metric: number) =>
      `${JSON.stringify({
        apiVersion: 'routerd.net/v1alpha1',
        kind: 'Router',
        metadata: { name: 'r' },
        spec: { resources: [route('a', { metric })], reconcile: { protectedInterfaces: ['eth0'] } },
      })}\n`;
    await writeFiles(rig.config, { 'router.yaml': text(1) });
    await rig.start();
    await rig.edit({ 'router.yaml': text(2) });
    expect(await held(rig)).to.deep.equal(['startup-config operator protectedName']);
    await rig.stop();
  });

  it('is put in force by a promotion, as a new generation that says who and why', async () => {
    const rig = await guarded();
    const digest = await digestOf(rig);
    must(await promotion(rig, digest.slice('sha256:'.length, 'sha256:'.length + 8)));
    expect(await rig.routes()).to.deep.equal(['a']);
    expect(refs(rig)).to.deep.equal([]);
    const message = userGit(rig.state, 'log', '-1', '--format=%an%n%B', 'main');
    expect(message).to.match(/^alice\ngeneration 2: -2 \(promote [0-9a-f]{12}\)\n/);
    expect(message).to.contain('why: it is meant\n');
    expect(message).to.contain(`Trigger: promote ${digest}\n`);
    expect(message).not.to.contain('Trigger: config');
    await rig.look();
    expect(await rig.routes()).to.deep.equal(['a']);
    await rig.stop();
    await checkState(rig.state);
  });

  it('that the directory no longer holds cannot be promoted', async () => {
    const rig = await guarded();
    const digest = await digestOf(rig);
    await rig.stop();
    await writeFiles(rig.config, { 'router.yaml': three });
    const refused = await promotion(rig, digest);
    expect(refused).to.deep.include({ ok: false });
    expect(JSON.stringify(refused)).to.contain('no longer holds that edit');
    expect(JSON.stringify(await promotion(rig, 'sha256:00000000'))).to.contain('is not held');
    expect(JSON.stringify(await promotion(rig, digest.slice(0, 14)))).to.contain('is not held');
  });

  it('gets its ref again where that was lost, and a ref that nothing names goes', async () => {
    const rig = await guarded();
    await rig.stop();
    const subjects = rig.subjects();
    userGit(rig.state, 'update-ref', '-d', 'refs/held/startup');
    userGit(rig.state, 'update-ref', 'refs/held/Plugin-x', 'main');
    await rig.start();
    expect(refs(rig)).to.deep.equal(['startup']);
    expect(rig.subjects()).to.deep.equal(subjects);
    await rig.stop();
  });
});

describe('a result beyond the guard', () => {
  const several = { resources: ['x', 'y', 'z'].map(name => proposing(name)['resources']).flat() } as ValueMap;

  async function guarded(guard: ValueMap = {}): Promise<DaemonRig> {
    const rig = await DaemonRig.create(policy(guard), route('own'));
    await rig.add('p', { every: '100s', ttl: '300s' });
    rig.plugins.behave('p', answering(several));
    await rig.start();
    return rig;
  }

  it('cannot empty a router: the part in force stays, and ends with its lease as written', async () => {
    const rig = await guarded();
    expect(await rig.routes()).to.deep.equal(['own', 'x', 'y', 'z']);
    const [part] = (await rig.view()).head.parts;
    rig.plugins.behave('p', answering({}));
    await rig.advance(100_000);
    expect(await held(rig)).to.deep.equal(['Plugin/p Plugin/p sourceEmptied']);
    expect(refs(rig)).to.deep.equal(['Plugin-p']);
    expect(rig.said().filter(line => line === 'warn held Plugin/p')).to.have.length(1);
    expect(await rig.routes()).to.deep.equal(['own', 'x', 'y', 'z']);
    expect((await rig.view()).head.parts[0]?.expiresAt).to.equal(part?.expiresAt);
    const subjects = rig.subjects();
    await rig.advance(100_000);
    expect(rig.subjects()).to.deep.equal(subjects);
    await rig.advance(100_000);
    expect(await rig.routes()).to.deep.equal(['own']);
    expect(await held(rig)).to.deep.equal([]);
    expect(refs(rig)).to.deep.equal([]);
    await rig.stop();
    await checkState(rig.state);
  });

  it('is over with a result that is admissible', async () => {
    const rig = await guarded();
    rig.plugins.behave('p', answering({}));
    await rig.advance(100_000);
    rig.plugins.behave('p', answering(several));
    await rig.advance(100_000);
    expect(await held(rig)).to.deep.equal([]);
    expect(refs(rig)).to.deep.equal([]);
    expect(await rig.routes()).to.deep.equal(['own', 'x', 'y', 'z']);
    await rig.stop();
  });

  it('is promoted under the lease that it was last given', async () => {
    const rig = await guarded({ maxRemovals: 1 });
    rig.plugins.behave('p', answering(proposing('x')));
    await rig.advance(200_000);
    must(await promotion(rig, await digestOf(rig)));
    expect(await rig.routes()).to.deep.equal(['own', 'x']);
    const { head } = await rig.view();
    expect(head.parts[0]?.expiresAt).to.be.greaterThan(rig.clock.now() + 200_000);
    expect(userGit(rig.state, 'log', '-1', '--format=%B', 'main')).to.match(/Trigger: promote sha256:/);
    expect(refs(rig)).to.deep.equal([]);
    await rig.stop();
    await checkState(rig.state);
  });

  it('cannot be promoted once its lease has ended', async () => {
    const rig = await guarded({ maxRemovals: 1 });
    rig.plugins.behave('p', answering(proposing('x')));
    await rig.advance(100_000);
    const digest = await digestOf(rig);
    await rig.stop();
    await rig.clock.advance(301_000);
    expect(JSON.stringify(await promotion(rig, digest))).to.contain('has ended');
  });

  it('is judged by itself, in the order of the sources', async () => {
    const rig = await DaemonRig.create(policy({ maxRemovals: 1 }), route('own'));
    for (const name of ['a', 'b', 'c']) {
      await rig.add(name, { every: '100s' });
      rig.plugins.behave(
        name,
        answering({
          resources: [`${name}1`, `${name}2`].map(of => proposing(of)['resources']).flat(),
        } as ValueMap),
      );
    }
    await rig.start();
    rig.plugins.behave('a', answering(proposing('a1')));
    rig.plugins.behave('b', answering(proposing('other')));
    rig.plugins.behave('c', answering(proposing('c1')));
    await rig.advance(100_000);
    expect(await held(rig)).to.deep.equal(['Plugin/b Plugin/b maxRemovals']);
    expect(await rig.routes()).to.deep.equal(['own', 'a1', 'b1', 'b2', 'c1']);
    await rig.stop();
  });

  it('of a lease that ends or a mask that lifts is nothing that the guard judges', async () => {
    const rig = await guarded({ maxRemovals: 0, maxRemovalPercent: 0 });
    rig.plugins.behave('p', run => {
      run.kill();
    });
    await rig.advance(400_000);
    expect(await rig.routes()).to.deep.equal(['own']);
    expect(await held(rig)).to.deep.equal([]);
    await rig.stop();
  });
});
