import { expect } from 'chai';
import { forecast } from '../../reconciler/forecast/forecast.js';
import type { Assumptions, Forecast } from '../../reconciler/forecast/forecast.js';
import type { Happening } from '../../reconciler/forecast/step.js';
import { controlPaths } from '../../reconciler/control/control.js';
import { encodeSuspensions } from '../../reconciler/control/suspension.js';
import { withOpenState } from '../../reconciler/open-state.js';
import { printYaml } from '../../render/canonical-yaml.js';
import { look } from '../../reconciler/look.js';
import type { Looked } from '../../reconciler/look.js';
import { maskPolicy, route } from '../rig/build.js';
import { writeFiles } from '../rig/config-dir.js';
import { DaemonRig, proposing } from '../rig/daemon-rig.js';
import { answering } from '../rig/driven-plugins.js';
import { listing } from '../rig/listing.js';
import { must, searchPath } from '../rig/store.js';

const minute = 60_000;

/** What a command that only looks finds at the present of the rig. */
async function looked(rig: DaemonRig): Promise<Looked> {
  return must(
    await look({
      config: { path: rig.config, stateDir: rig.state, schemaFiles: [] },
      state: { path: rig.state, searchPath },
      dryRun: true,
      engineVersion: '0.0.0',
      operator: 'operator',
      clock: () => rig.clock.now(),
      lockTimeoutMs: 0,
      command: 'test',
    }),
  );
}

async function foresee(
  rig: DaemonRig,
  forMs: number,
  plugins: Assumptions['plugins'] = 'renew',
): Promise<Forecast> {
  const from = rig.clock.now();
  return forecast(await looked(rig), { from, until: from + forMs }, { plugins, engineVersion: '0.0.0' });
}

async function effectiveHash(rig: DaemonRig): Promise<string | undefined> {
  return (await rig.view()).head.record?.effectiveConfigHash;
}

const mask = {
  op: 'mask',
  target: { apiVersion: route('').apiVersion, kind: 'IPv4Route', name: 'default' },
};

/** `often` renews every minute, `once` masks `default` for ten minutes after an event, `short` lets go between its runs. */
async function world(): Promise<DaemonRig> {
  const rig = await DaemonRig.create(route('default'), maskPolicy('Plugin/once', route('default')));
  await rig.add('often', { every: '60s', ttl: '90s' });
  await rig.add('once', { topics: ['go'], ttl: '600s' });
  await rig.add('short', { every: '240s', ttl: '100s' });
  rig.plugins.behave('often', answering(proposing('of-often')));
  rig.plugins.behave('once', answering({ directives: [mask] }));
  rig.plugins.behave('short', answering(proposing('of-short')));
  await rig.start();
  return rig;
}

const ofType = <T extends Happening['type']>({ steps }: Forecast, type: T) =>
  steps.flatMap(({ at, happenings }) =>
    happenings.flatMap(happening =>
      happening.type === type ? [{ at, ...(happening as Extract<Happening, { type: T }>) }] : [],
    ),
  );

describe('forecast', () => {
  it('says of every step what the daemon then comes to', async () => {
    const rig = await world();
    await rig.advance(7_000);
    const from = rig.clock.now();
    const seen = await foresee(rig, 15 * minute);
    const changing = seen.steps.filter(({ becomes }) => becomes !== undefined);
    expect(changing.length).to.be.greaterThan(5);
    for (const { at, becomes } of changing) {
      await rig.advance(at - 1 - rig.clock.now());
      expect(await effectiveHash(rig)).not.to.equal(becomes?.effectiveConfigHash);
      await rig.advance(1);
      expect(rig.clock.now()).to.equal(at);
      const { head } = await rig.view();
      expect([head.generation, head.record?.effectiveConfigHash]).to.deep.equal([
        becomes?.generation,
        becomes?.effectiveConfigHash,
      ]);
    }
    await rig.advance(from + 15 * minute - rig.clock.now());
    expect((await rig.view()).head.generation).to.equal(seen.final.generation);
    expect(await effectiveHash(rig)).to.equal(seen.final.effectiveConfigHash);
    await rig.stop();
  });

  it('names leases that end, masks that lift, and runs that renew', async () => {
    const rig = await world();
    const from = rig.clock.now();
    const seen = await foresee(rig, 12 * minute);
    const lifted = ofType(seen, 'maskLift');
    expect(lifted.map(({ at, resource, by }) => [at - from, resource.name, by])).to.deep.equal([
      [10 * minute, 'default', 'Plugin/once#1'],
    ]);
    const ends = ofType(seen, 'leaseEnd').map(({ at, part }) => `${(at - from) / 1_000} ${part}`);
    expect(ends).to.include('600 Plugin/once#1').and.to.include('100 Plugin/short#1');
    expect(ends.filter(text => text.includes('often'))).to.deep.equal([]);
    const outcomes = (name: string) => [
      ...new Set(
        ofType(seen, 'pluginRun')
          .filter(({ plugin }) => plugin === name)
          .map(({ outcome }) => outcome),
      ),
    ];
    expect([outcomes('often'), outcomes('short'), outcomes('once')]).to.deep.equal([
      ['renews'],
      ['again'],
      [],
    ]);
    await rig.stop();
  });

  it('of plugins that are all dead says what the router becomes, and when', async () => {
    const rig = await world();
    const from = rig.clock.now();
    const seen = await foresee(rig, 60 * minute, 'dead');
    expect(
      seen.steps.map(({ at, changes }) => [
        (at - from) / 1_000,
        changes.map(({ action, resource }) => `${action} ${resource.name}`),
      ]),
    ).to.deep.equal([
      [90, ['removed of-often']],
      [100, ['removed of-short']],
      [600, ['unmasked default']],
    ]);
    expect(ofType(seen, 'pluginRun')).to.deep.equal([]);
    for (const name of ['often', 'short', 'once']) {
      rig.plugins.behave(name, run => {
        run.fail();
      });
    }
    await rig.advance(20 * minute);
    expect(await rig.routes()).to.deep.equal(['default']);
    expect(await effectiveHash(rig)).to.equal(seen.final.effectiveConfigHash);
    await rig.stop();
  });

  it('has a lease out at its end and in a millisecond before', async () => {
    const rig = await world();
    const before = await foresee(rig, 10 * minute - 1, 'dead');
    expect(ofType(before, 'maskLift')).to.deep.equal([]);
    const at = await foresee(rig, 10 * minute, 'dead');
    expect(ofType(at, 'maskLift')).to.have.length(1);
    await rig.stop();
  });

  it('begins with what a pass would do now', async () => {
    const rig = await world();
    await rig.stop();
    await writeFiles(rig.config, { 'more.yaml': JSON.stringify(route('more')) });
    await rig.add('new', { every: '10m' });
    const [first] = (await foresee(rig, 1_000)).steps;
    expect(first?.at).to.equal(rig.clock.now());
    expect(first?.changes.map(({ action, resource }) => `${action} ${resource.name}`)).to.deep.equal([
      'added more',
      'added new',
    ]);
    expect(first?.happenings.map(happening => happening.type)).to.include('config');
    const unknown = first?.happenings.find(happening => happening.type === 'pluginRun');
    expect(unknown).to.deep.include({ plugin: 'new', outcome: 'unknown' });
  });

  it('tells when execution windows open and close, by their zone', async () => {
    const rig = await DaemonRig.create({
      apiVersion: 'hybrid.routerd.net/v1alpha1',
      kind: 'ProviderActionPolicy',
      metadata: { name: 'nights' },
      spec: { executionWindow: '22:00-04:00 Asia/Tokyo' },
    });
    await rig.start();
    const seen = await foresee(rig, 24 * 60 * minute);
    const hour = (at: number) => new Date(at).toISOString().slice(11, 16);
    const changes = seen.steps.flatMap(({ at, happenings }) =>
      happenings.map(({ type }) => [type, hour(at)]),
    );
    expect(changes.sort()).to.deep.equal([
      ['windowClose', '19:00'],
      ['windowOpen', '13:00'],
    ]);
    await rig.stop();
  });

  it('knows when a suspension ends, and what runs then', async () => {
    const rig = await world();
    await rig.stop();
    const until = rig.clock.now() + 5 * minute;
    const suspension = {
      target: 'plugin/often',
      since: rig.clock.now(),
      until,
      by: 'alice',
      reason: 'upgrade',
    };
    const where = { path: rig.state, searchPath };
    await withOpenState(
      {
        config: { path: rig.config, stateDir: rig.state, schemaFiles: [] },
        state: where,
        clock: () => rig.clock.now(),
        lockTimeoutMs: 1_000,
        command: 'test',
      },
      ({ commit }) =>
        commit({
          files: new Map([[controlPaths.suspended, printYaml(encodeSuspensions([suspension]))]]),
          message: 'control: suspend plugin/often\n',
          author: 'alice',
          at: rig.clock.now(),
        }),
    );
    const seen = await foresee(rig, 6 * minute);
    expect(ofType(seen, 'controlEnd').map(({ at, what }) => [at, what])).to.deep.equal([
      [until, 'suspend-over plugin/often'],
    ]);
    const runs = ofType(seen, 'pluginRun').filter(({ plugin }) => plugin === 'often');
    expect(runs[0]).to.deep.include({ at: until, outcome: 'again' });
    await rig.start();
    for (const { at, becomes } of seen.steps.filter(step => step.becomes !== undefined)) {
      await rig.advance(at - rig.clock.now());
      expect(await effectiveHash(rig)).to.equal(becomes?.effectiveConfigHash);
    }
    await rig.stop();
  });

  it('goes on for a plugin that runs every second only as far as makes sense', async () => {
    const rig = await DaemonRig.create(route('default'));
    await rig.add('busy', { every: '1s', ttl: '5s' });
    rig.plugins.behave('busy', answering(proposing('of-busy')));
    await rig.start();
    const from = rig.clock.now();
    const seen = await foresee(rig, 24 * 60 * minute);
    expect(seen.steps).to.have.length(5_000);
    expect(seen.reached).to.be.lessThan(from + 24 * 60 * minute);
    await rig.stop();
  });

  it('writes nothing', async () => {
    const rig = await world();
    await rig.stop();
    const before = [await listing(rig.state), await listing(rig.config)];
    await foresee(rig, 60 * minute);
    await foresee(rig, 60 * minute, 'dead');
    expect([await listing(rig.state), await listing(rig.config)]).to.deep.equal(before);
  });
});
