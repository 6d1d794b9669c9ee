import { expect } from 'chai';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ValueMap } from '../../protocol/resource.js';
import { action, actionSetting, permissive, setPolicy } from '../rig/action-setting.js';
import { route } from '../rig/build.js';
import { addPlugin, answers, configDir, routerFile, writeFiles } from '../rig/config-dir.js';
import type { Plan } from '../rig/documents.js';
import { checkState, history } from '../rig/invariants.js';
import { listing } from '../rig/listing.js';
import { until } from '../rig/processes.js';
import { killDaemons, startRouterd } from '../rig/routerd.js';
import { routerctl } from '../rig/routerctl.js';
import type { Ended } from '../rig/routerctl.js';
import { userGit } from '../rig/store.js';
import { tempDir } from '../rig/temp.js';

interface Entry {
  readonly digest: string;
  readonly by: string;
  readonly cause: string;
  readonly message: string;
}

interface Status {
  readonly generation: number;
  readonly conditions: readonly { readonly type: string; readonly status: string; readonly reason: string }[];
  readonly withheld: { readonly kind: string; readonly digest: string; readonly why: string } | null;
  readonly promotable: { readonly changes: Plan['changes']; readonly startupConfigHash: string } | null;
  readonly quarantined: readonly Entry[];
}

describe('rolling back', function () {
  this.timeout(60_000);
  afterEach(killDaemons);

  let config = '';
  let state = '';
  let where: readonly string[] = [];

  const ctl = (...args: string[]): Promise<Ended> => routerctl([...args, ...where]);
  const write = (...routes: ValueMap[]): Promise<void> =>
    writeFile(join(config, 'router.yaml'), routerFile(...routes));
  const inForce = (): Promise<string> => readFile(join(state, 'startup-config.yaml'), 'utf8');
  const effective = (): Promise<string> => readFile(join(state, 'effective-config.yaml'), 'utf8');
  const status = async (): Promise<Status> => (await ctl('status', '-o', 'json')).json() as Status;
  const quarantined = async (): Promise<readonly Entry[]> =>
    ((await ctl('quarantine', 'list', '-o', 'json')).json() as { items: readonly Entry[] }).items;
  const commits = (): number => Number(userGit(state, 'rev-list', '--count', 'HEAD'));

  beforeEach(async () => {
    config = await configDir({ 'router.yaml': routerFile(route('good')) });
    state = join(await tempDir(), 'S');
    where = ['--config', config, '--state', state];
    expect((await ctl('reconcile')).code).to.equal(0);
    await write(route('good'), route('bad'));
    expect((await ctl('reconcile')).code).to.equal(0);
  });

  it('puts the startup-config of an older generation in force as a new one, in one commit, and touches no file of the operator', async () => {
    const before = await listing(config);
    const good = userGit(state, 'show', 'gen/1:startup-config.yaml');
    const done = await ctl('rollback', '--to', '1', '-m', 'it cut the uplink');
    expect(done.code, done.stderr).to.equal(0);
    expect(await listing(config)).to.deep.equal(before);
    expect(await inForce()).to.equal(good);
    const [, , newest, ...more] = await checkState(state);
    expect(more).to.deep.equal([]);
    expect(newest?.subject).to.equal('generation 3: -1 (rollback 1)');
    expect(newest?.trailers.get('Trigger')).to.deep.equal(['rollback 1']);
    expect(newest?.files.has('control/quarantine.yaml')).to.equal(true);
    expect(userGit(state, 'log', '-1', '--format=%b')).to.match(/^why: it cut the uplink$/m);
    expect(newest?.author).not.to.equal('routerd');
  });

  it('shows the diff first, as a dry-run of reconcile does, and with --dry-run stops there', async () => {
    const before = await listing(state);
    const dry = await ctl('rollback', '--to', '1', '--dry-run');
    expect(dry.code).to.equal(0);
    expect(dry.stdout)
      .to.match(/^removed +IPv4Route\/bad/m)
      .and.match(/^would commit generation 3: -1$/m);
    expect(dry.stdout).to.match(/^-+ +name: bad$/m);
    expect(await listing(state)).to.deep.equal(before);
    const done = await ctl('rollback', '--to', '1');
    expect(done.stdout.startsWith(dry.stdout), 'the same, then what was done').to.equal(true);
    expect(done.stdout).to.match(/^committed generation 3 \([0-9a-f]{12}\): -1$/m);
  });

  it('quarantines what the directory holds: passes go on without it, until it changes in meaning', async () => {
    await ctl('rollback', '--to', '1', '-m', 'broken');
    for (let ticks = 0; ticks < 3; ticks++) {
      const again = await ctl('reconcile');
      expect(again.code, 'what the operator wrote is not in force').to.equal(1);
      expect(again.stderr).to.match(/is quarantined by .* \(rollback 1: broken\)/);
      expect(again.stderr).to.match(/hint: edit it, or routerctl quarantine release [0-9a-f]{12}/);
    }
    expect(commits()).to.equal(3);
    const text = await readFile(join(config, 'router.yaml'), 'utf8');
    await writeFile(join(config, 'router.yaml'), `# only a comment\n\n${text}\n# and another\n`);
    expect((await ctl('reconcile')).code, 'comments and layout do not lift it').to.equal(1);
    expect(commits()).to.equal(3);
    await write(route('good'), route('better'));
    expect((await ctl('reconcile')).code).to.equal(0);
    expect(await effective())
      .to.contain('better')
      .and.not.contain('bad');
    expect(await quarantined()).to.deep.equal([]);
    expect(await checkState(state)).to.have.length(4);
  });

  it('says so in status, who and why, and what would come into force if it were lifted', async () => {
    await ctl('rollback', '--to', '1', '-m', 'broken');
    const json = await status();
    const [entry] = json.quarantined;
    expect(json.withheld).to.include({ kind: 'quarantined', why: 'rollback 1: broken' });
    expect(entry).to.include({ cause: 'rollback 1', message: 'broken', digest: json.withheld?.digest });
    expect(json.promotable?.startupConfigHash).to.equal(entry?.digest);
    expect(
      json.promotable?.changes.map(({ action, resource }) => `${action} ${resource.name}`),
    ).to.deep.equal(['added bad']);
    const ready = json.conditions.find(({ type }) => type === 'Ready');
    expect(ready, 'a decision is no fault').to.include({ status: 'True', reason: 'InputWithheld' });
    const { stdout } = await ctl('status');
    expect(stdout).to.match(
      /^config directory: [0-9a-f]{12} is quarantined by \S+ since \S+ \(rollback 1: broken\)$/m,
    );
    expect(stdout).to.match(/^ {2}to take it would make generation 4: \+1\n {4}added +IPv4Route\/bad$/m);
    expect((await ctl('wait', '--for', 'condition=Ready', '--timeout', '1s')).code).to.equal(0);
  });

  it('releases by digest, by its beginning, or all; what is released comes back with the next pass', async () => {
    await ctl('rollback', '--to', '1');
    const [entry] = await quarantined();
    const digest = entry?.digest ?? '';
    const unknown = await ctl('quarantine', 'release', 'deadbeef');
    expect([unknown.code, unknown.stderr]).to.deep.equal([
      1,
      `routerctl: "deadbeef" is not quarantined; what is: ${digest}\n`,
    ]);
    const foreseen = (await status()).promotable?.changes;
    const released = await ctl('quarantine', 'release', digest.slice('sha256:'.length, 20), '-m', 'mended');
    expect(released.code, released.stderr).to.equal(0);
    expect(await quarantined()).to.deep.equal([]);
    const [last] = history(state, 1);
    expect(last?.trailers.get('Trigger')).to.deep.equal([`quarantine-release ${digest}`]);
    const done = await ctl('reconcile', '-o', 'json');
    expect(done.code).to.equal(0);
    expect((done.json() as Plan).changes, 'as status had foreseen').to.deep.equal(foreseen);
    const nothing = await ctl('quarantine', 'release');
    expect([nothing.code, nothing.stderr]).to.deep.equal([1, 'routerctl: nothing is quarantined\n']);
    await checkState(state);
  });

  it('answers plainly where there is no such generation, or nothing at all', async () => {
    const none = await ctl('rollback', '--to', '9');
    expect([none.code, none.stderr]).to.deep.equal([
      1,
      'routerctl: there is no generation 9: the newest is 2\n  hint: see routerctl generation list\n',
    ]);
    const elsewhere = join(await tempDir(), 'E');
    const empty = await routerctl(['rollback', '--to', '1', '--config', config, '--state', elsewhere]);
    expect([empty.code, empty.stderr]).to.deep.equal([
      1,
      'routerctl: there is no generation 1: there is none yet\n  hint: see routerctl generation list\n',
    ]);
    for (const wrong of ['0', '-1', 'x', '1.5'])
      expect((await ctl('rollback', `--to=${wrong}`)).code, wrong).to.equal(1);
    expect((await ctl('rollback')).stderr).to.contain('--to');
    expect(commits()).to.equal(2);
  });

  it('names a generation that is damaged', async () => {
    const blob = userGit(state, 'rev-parse', 'gen/1:startup-config.yaml').trim();
    await rm(join(state, '.git/objects', blob.slice(0, 2), blob.slice(2)), { force: true });
    const done = await ctl('rollback', '--to', '1');
    expect(done.code).to.equal(1);
    expect(done.stderr)
      .to.match(/^routerctl: generation 1 cannot be read: /)
      .and.contain('routerctl repair');
    expect(commits()).to.equal(2);
  });

  it('finds a generation whose tag somebody has deleted', async () => {
    userGit(state, 'tag', '-d', 'gen/1');
    expect((await ctl('rollback', '--to', '1')).code).to.equal(0);
    await checkState(state);
  });

  it('does nothing where that is in force and the directory holds it; an edit that waits is quarantined', async () => {
    const again = await ctl('rollback', '--to', '2');
    expect([again.code, again.stdout]).to.deep.equal([0, 'nothing changed: generation 2 stays in force\n']);
    expect(commits()).to.equal(2);
    await write(route('rash'));
    const kept = await ctl('rollback', '--to', '2');
    expect(kept.code).to.equal(0);
    expect(history(state, 1)[0]?.subject).to.equal('control: rollback 2');
    expect((await ctl('reconcile')).code).to.equal(1);
    expect(await effective()).not.to.contain('rash');
    const third = await ctl('rollback', '--to', '2');
    expect([third.code, commits()], 'and a second time nothing').to.deep.equal([0, 3]);
    await checkState(state);
  });

  it('can be done twice, and taken back by rolling back to what was rolled back from', async () => {
    await ctl('rollback', '--to', '1');
    expect((await ctl('rollback', '--to', '2')).code).to.equal(0);
    expect(await effective()).to.contain('bad');
    expect(await quarantined()).to.deep.equal([]);
    expect((await ctl('reconcile')).code).to.equal(0);
    await ctl('rollback', '--to', '3');
    expect((await quarantined()).map(({ cause }) => cause)).to.deep.equal(['rollback 3']);
    expect(await checkState(state)).to.have.length(5);
  });

  it('works while the directory is broken or empty: then what was in force must not come back by itself', async () => {
    const bad = await readFile(join(config, 'router.yaml'), 'utf8');
    for (const broken of ['kind: [\n', '']) {
      await writeFile(join(config, 'router.yaml'), broken);
      expect((await ctl('rollback', '--to', '1')).code).to.equal(0);
      expect((await ctl('reconcile')).code).to.equal(1);
      expect(await effective()).not.to.contain('bad');
      await writeFile(join(config, 'router.yaml'), bad);
      expect((await ctl('reconcile')).code, 'mended to what it was').to.equal(1);
      expect(await effective()).not.to.contain('bad');
      await ctl('quarantine', 'release');
      expect((await ctl('reconcile')).code).to.equal(0);
    }
    await checkState(state);
  });

  it('refuses an old startup-config that does not validate by the schemas of today', async () => {
    const schema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: {
        apiVersion: { const: 'net.routerd.net/v1alpha1' },
        kind: { const: 'IPv4Route' },
        metadata: { type: 'object', required: ['annotations'] },
        spec: { type: 'object' },
      },
    };
    await writeFiles(config, { 'schemas/route.json': JSON.stringify(schema) });
    const noted = (name: string): ValueMap => ({
      ...route(name),
      metadata: { name, annotations: { a: 'b' } },
    });
    await write(noted('good'));
    const edited = await ctl('reconcile');
    expect(edited.code, edited.stderr).to.equal(0);
    const done = await ctl('rollback', '--to', '1');
    expect(done.code).to.equal(1);
    expect(done.stderr).to.match(/^startup-config\.yaml of generation 1:\d+:\d+: error: /m);
    expect(done.stderr).to.contain('does not validate any more: it is not put in force');
    expect(commits()).to.equal(3);
    expect((await ctl('reconcile')).code, 'and nothing is quarantined').to.equal(0);
    const json = (await ctl('rollback', '--to', '1', '-o', 'json')).json() as {
      problems: readonly unknown[];
    };
    expect(json.problems).to.have.length(1);
  });

  it('keeps the parts that live, and sets one aside that conflicts with the old startup-config', async () => {
    await addPlugin(config, 'p', { program: answers('p', { resources: [route('bad'), route('more')] }) });
    expect((await ctl('reconcile')).code).to.equal(0);
    await write(route('good'));
    expect((await ctl('reconcile')).code).to.equal(0);
    expect(await effective()).to.contain('name: more');
    // Generation 2 has no DynamicConfigSource: what nobody binds any more ends, as after an edit.
    const to2 = (await ctl('rollback', '--to', '2', '--dry-run', '-o', 'json')).json() as Plan;
    expect(to2.findings.map(({ reason }) => reason)).to.deep.equal(['PartUnbound']);
    const before = userGit(state, 'show', 'HEAD:parts/Plugin-p.yaml');
    const done = await ctl('rollback', '--to', '3', '-o', 'json');
    expect(done.code, done.stderr).to.equal(0);
    expect((done.json() as Plan).findings.map(({ reason }) => reason)).to.deep.equal(['ResourceConflict']);
    expect(await effective()).not.to.contain('name: more');
    expect(userGit(state, 'show', 'HEAD:parts/Plugin-p.yaml')).to.equal(before);
    await checkState(state);
  });

  it('holds while routerd runs: it takes neither what is there nor a comment, but an edit, and what is released', async () => {
    const daemon = await startRouterd(where);
    await until('it looks', () => daemon.log().includes('waiting'));
    expect((await ctl('rollback', '--to', '1', '-m', 'broken')).code).to.equal(0);
    expect((await ctl('reconcile', '--wait')).code, 'what the operator wrote is not in force').to.equal(1);
    const text = await readFile(join(config, 'router.yaml'), 'utf8');
    await writeFile(join(config, 'router.yaml'), `# only a comment\n${text}`);
    expect((await ctl('reconcile', '--wait')).code).to.equal(1);
    expect(commits()).to.equal(3);
    expect(daemon.log()).to.contain('what the config directory holds is not taken');
    await ctl('quarantine', 'release');
    await until('what was released is in force', async () => (await effective()).includes('bad'));
    await ctl('rollback', '--to', '1');
    await write(route('edited'));
    await until('the edit is in force', async () => (await effective()).includes('edited'));
    expect(await daemon.stop()).to.equal(0);
    expect(await checkState(state), 'rollback, release, promotion, rollback, edit').to.have.length(7);
  });

  it('puts the ProviderActionPolicy of then in force too: the one that is quarantined permits nothing', async () => {
    const here = await actionSetting({ policy: { enabled: false } });
    const { generation } = (await routerctl(['status', ...here.where, '-o', 'json'])).json() as Status;
    await setPolicy(here, permissive);
    await writeFiles(here.config, { 'more.yaml': JSON.stringify(route('more')) });
    expect((await routerctl(['reconcile', ...here.where])).code).to.equal(0);
    await action(here, 'approve', here.id);
    expect((await routerctl(['rollback', '--to', `${generation}`, ...here.where])).code).to.equal(0);
    const refused = await action(here, 'execute', here.id, '--approved');
    expect(refused.code).to.equal(2);
    expect(refused.stdout + refused.stderr).to.contain('the policy is not enabled');
    await routerctl(['quarantine', 'release', ...here.where]);
    expect((await action(here, 'execute', here.id, '--approved')).code).to.equal(0);
  });
});
