import { expect } from 'chai';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { route } from '../rig/build.js';
import {
  addPlugin,
  answers,
  configDir,
  pluginResult,
  routerFile,
  setProgram,
  writeFiles,
} from '../rig/config-dir.js';
import type { Plan } from '../rig/documents.js';
import { reasonsOf } from '../rig/documents.js';
import { listing } from '../rig/listing.js';
import { routerctl } from '../rig/routerctl.js';
import type { Ended } from '../rig/routerctl.js';
import { reconcile } from '../rig/setting.js';
import type { Setting } from '../rig/setting.js';
import { tempDir } from '../rig/temp.js';

interface SupposedPlan extends Plan {
  readonly supposed: Readonly<Record<string, unknown>>;
}

/** A router with two plugins that have parts: `p` proposes a route, `q` masks `default` and listens to a topic. */
async function twoPlugins(): Promise<Setting> {
  const policy = {
    apiVersion: 'config.routerd.net/v1alpha1',
    kind: 'DynamicOverridePolicy',
    metadata: { name: 'masks' },
    spec: { allow: [{ source: 'Plugin/q', operations: ['mask'], targets: [target] }] },
  };
  const config = await configDir({ 'router.yaml': routerFile(route('default'), route('other'), policy) });
  await addPlugin(config, 'p', { program: answers('p', { resources: [route('of-p')] }) });
  await addPlugin(config, 'q', {
    program: answers('q', { directives: [{ op: 'mask', target }] }),
    spec: { capabilities: ['propose.dynamicConfig'], triggers: [{ type: 'event', topic: 'link.up' }] },
  });
  const state = join(await tempDir(), 'S');
  const here = { config, state, where: ['--config', config, '--state', state] };
  expect((await reconcile(here)).code).to.equal(0);
  return here;
}

const target = { apiVersion: 'net.routerd.net/v1alpha1', kind: 'IPv4Route', name: 'default' };

/** A dry-run that is watched: nothing may change in the state directory, `run/` included, nor anywhere beside it. */
async function dryRun(here: Setting, ...more: string[]): Promise<Ended> {
  const places = [dirname(here.state), dirname(here.config)];
  const before = await Promise.all(places.map(listing));
  const ended = await routerctl(['reconcile', '--dry-run', ...here.where, ...more]);
  expect(await Promise.all(places.map(listing))).to.deep.equal(before);
  return ended;
}

async function planned(here: Setting, ...more: string[]): Promise<SupposedPlan> {
  return (await dryRun(here, ...more, '-o', 'json')).json() as SupposedPlan;
}

const changesOf = ({ changes }: Plan) => changes.map(({ action, resource }) => `${action} ${resource.name}`);

describe('reconcile --dry-run --without', () => {
  for (const source of ['Plugin/p', 'p']) {
    it(`${source}: equals the real diff after deleting it`, async () => {
      const here = await twoPlugins();
      const plan = await planned(here, '--without', source);
      expect(plan.supposed).to.deep.equal({ without: ['Plugin/p'] });
      expect(changesOf(plan)).to.deep.equal(['removed of-p', 'removed p']);
      await rm(join(here.config, 'plugins/p'), { recursive: true });
      await rm(join(here.config, 'sources/p.yaml'));
      const real = await reconcile(here);
      expect(plan.diff).to.equal(real.diff).and.not.to.equal('');
      expect(plan.changes).to.deep.equal(real.changes);
      expect(plan.effectiveConfigHash).to.deep.equal(real.effectiveConfigHash);
      expect(plan.startupConfigHash).to.equal(real.startupConfigHash);
      expect(plan.generation).to.deep.equal(real.generation);
    });
  }

  it('is held where deleting it would be', async () => {
    const here = await twoPlugins();
    const policy = {
      apiVersion: 'config.routerd.net/v1alpha1',
      kind: 'ChangePolicy',
      metadata: { name: 'changes' },
      spec: { guard: { maxRemovals: 0 } },
    };
    await writeFiles(here.config, { 'policy.yaml': JSON.stringify(policy) });
    await reconcile(here);
    const plan = await planned(here, '--without', 'p');
    await rm(join(here.config, 'plugins/p'), { recursive: true });
    await rm(join(here.config, 'sources/p.yaml'));
    const real = await reconcile(here);
    expect(plan.changes).to.deep.equal(real.changes);
    expect(plan.effectiveConfigHash).to.deep.equal(real.effectiveConfigHash);
  });

  it('lifts the masks of what is not there, several at once', async () => {
    const here = await twoPlugins();
    const plan = await planned(here, '--without', 'p', '--without', 'q');
    expect(changesOf(plan)).to.deep.equal(['removed of-p', 'removed p', 'removed q', 'unmasked default']);
    expect(plan.plugins).to.deep.equal([]);
  });

  it('takes a plugin away that stands in the Router document', async () => {
    const here = await twoPlugins();
    const plugin = {
      apiVersion: 'plugin.routerd.net/v1alpha1',
      kind: 'Plugin',
      metadata: { name: 'inside' },
      spec: { executable: join(here.config, 'plugins/p/bin/p'), capabilities: ['observe.cloud'] },
    };
    await writeFiles(here.config, { 'inside.yaml': JSON.stringify(plugin) });
    const { json } = await dryRun(here, '-o', 'json');
    expect(changesOf(json() as Plan)).to.deep.equal(['added inside']);
    expect((await planned(here, '--without', 'inside')).changed).to.equal(false);
  });
});

describe('reconcile --dry-run --assume-expired', () => {
  it('takes the part out whose lease has ended, and masks with it', async () => {
    const here = await twoPlugins();
    const plan = await planned(here, '--assume-expired', 'Plugin/q');
    expect(changesOf(plan)).to.deep.equal(['unmasked default']);
    expect(reasonsOf(plan.findings)).to.deep.equal(['PartExpired']);
    expect(plan.generation).to.deep.equal({ current: 1, next: 2 });
    expect(plan.plugins.map(({ outcome }) => outcome)).to.deep.equal(['notDue', 'notDue']);
  });
});

describe('reconcile --dry-run --with-result', () => {
  const file = async (status: Parameters<typeof pluginResult>[1], name = 'p') => {
    const path = join(await tempDir(), 'result.json');
    await writeFiles(dirname(path), { 'result.json': JSON.stringify(pluginResult(name, status)) });
    return path;
  };

  it('accepts the file as what the plugin printed, and does not start the plugin', async () => {
    const here = await twoPlugins();
    const mark = join(await tempDir(), 'started');
    await setProgram(here.config, 'p', `#!/bin/sh\ntouch ${mark}\nexit 1\n`);
    const path = await file({ resources: [route('of-p', { metric: 7 }), route('new')] });
    const plan = await planned(here, '--with-result', `p=${path}`);
    expect(changesOf(plan)).to.deep.equal(['added new', 'changed of-p']);
    const [p] = plan.plugins;
    expect([p?.outcome, p?.why, p?.part?.generation]).to.deep.equal([
      'accepted',
      `its result is that of ${path}`,
      2,
    ]);
    expect(await listing(dirname(mark))).to.have.all.keys('.');
  });

  it('is a renewal where it says what is in force', async () => {
    const here = await twoPlugins();
    const path = await file({ resources: [route('of-p')] });
    const plan = await planned(here, '--with-result', `Plugin/p=${path}`);
    expect([plan.changed, plan.plugins[0]?.outcome]).to.deep.equal([false, 'renewed']);
  });

  it('rejects it by the rules of a real answer, with its place', async () => {
    const here = await twoPlugins();
    const wrong = await planned(here, '--with-result', `p=${await file({}, 'q')}`);
    expect(reasonsOf(wrong.plugins[0]?.problems ?? [])).to.deep.equal(['WrongPlugin']);
    const path = join(await tempDir(), 'broken.yaml');
    await writeFiles(dirname(path), { 'broken.yaml': 'status: [\n' });
    const { code, json } = await dryRun(here, '--with-result', `p=${path}`, '-o', 'json');
    const [p] = (json() as Plan).plugins;
    expect([code, p?.outcome, p?.problems[0]?.place?.file]).to.deep.equal([1, 'rejected', path]);
  });

  it('says what is wrong with the option itself', async () => {
    const here = await twoPlugins();
    const path = await file({});
    const cases: [option: string, message: RegExp][] = [
      ['p', /--with-result p names no file/],
      [`z=${path}`, /no plugin "z" takes part in passes\n {2}hint: there are: p, q\n$/],
      ['p=/nowhere/at/all', /\/nowhere\/at\/all/],
    ];
    for (const [option, message] of cases) {
      const { code, stdout, stderr } = await dryRun(here, '--with-result', option);
      expect([code, stdout]).to.deep.equal([1, '']);
      expect(stderr).to.match(message);
    }
    const twice = await dryRun(here, '--with-result', `p=${path}`, '--with-result', `Plugin/p=${path}`);
    expect([twice.code, twice.stderr]).to.deep.equal([
      1,
      'routerctl: --with-result is given twice for p\n  hint: give it once\n',
    ]);
  });
});

describe('reconcile --dry-run --event', () => {
  it('runs the plugins that listen, as if it had been published', async () => {
    const here = await twoPlugins();
    const plan = await planned(here, '--event', 'link.up');
    expect(plan.plugins.map(({ name, due, why, outcome }) => [name, due, why, outcome])).to.deep.equal([
      ['p', false, plan.plugins[0]?.why, 'notDue'],
      ['q', true, '1 waiting event', 'renewed'],
    ]);
    expect(plan.changed).to.equal(false);
  });

  it('notes a topic that nobody listens to, and refuses what is none', async () => {
    const here = await twoPlugins();
    const plan = await planned(here, '--event', 'link.down');
    expect(plan.findings.map(({ reason, hint }) => [reason, hint])).to.deep.equal([
      ['EventUnheard', 'listened to: link.up'],
    ]);
    const { code, stderr } = await dryRun(here, '--event', 'no topic');
    expect(code).to.equal(1);
    expect(stderr).to.contain('a topic is one to eight labels');
  });
});

describe('reconcile --dry-run --startup', () => {
  it('takes a file or a directory for the startup-config, plugins as they are', async () => {
    const here = await twoPlugins();
    const other = await configDir({ 'a/one.yaml': routerFile(route('one')) });
    for (const path of [join(other, 'a/one.yaml'), other]) {
      const plan = await planned(here, '--startup', path);
      expect(changesOf(plan)).to.include('added one').and.to.include('removed other');
      expect(plan.plugins.map(({ name }) => name)).to.deep.equal(['p', 'q']);
      expect(plan.supposed).to.deep.equal({ startup: path });
    }
    await rm(join(here.config, 'router.yaml'));
    await writeFiles(here.config, { 'router.yaml': routerFile(route('one')) });
    await rm(join(here.config, 'sources'), { recursive: true });
    const real = await reconcile(here);
    const plan = await planned(await twoPlugins(), '--startup', other);
    expect(plan.effectiveConfigHash.next).to.equal(real.effectiveConfigHash.next);
  });

  it('shows what is wrong with it, at its place', async () => {
    const here = await twoPlugins();
    const other = await configDir({ 'bad.yaml': routerFile({ ...route('one'), extra: 1 }) });
    const { code, json } = await dryRun(here, '--startup', other, '-o', 'json');
    const { problems, changed } = json() as Plan;
    expect([code, changed]).to.deep.equal([1, false]);
    expect(problems.map(({ reason, place }) => [reason, place?.file])).to.deep.equal([
      ['UnknownField', join(other, 'bad.yaml')],
    ]);
    const missing = await dryRun(here, '--startup', '/nowhere', '-o', 'json');
    expect([missing.code, reasonsOf((missing.json() as Plan).problems)]).to.deep.equal([
      1,
      ['ConfigMissing'],
    ]);
  });
});

describe('reconcile --dry-run --at', () => {
  it('starts no plugin, and has the leases out that end by then', async () => {
    const here = await twoPlugins();
    await writeFiles(here.config, { 'more.yaml': JSON.stringify(route('more')) });
    const soon = await planned(here, '--at', '+1m');
    expect(changesOf(soon)).to.deep.equal(['added more']);
    const later = await planned(here, '--at', '+6m');
    expect(changesOf(later)).to.deep.equal(['added more', 'removed of-p', 'unmasked default']);
    expect(later.plugins.map(({ name, due, outcome }) => [name, due, outcome])).to.deep.equal([
      ['p', true, 'notRun'],
      ['q', false, 'notDue'],
    ]);
  });

  it('refuses a time that has been, and what is no time', async () => {
    const here = await twoPlugins();
    const past = await dryRun(here, '--at', '2020-01-01T00:00:00Z');
    expect([past.code, past.stdout]).to.deep.equal([1, '']);
    expect(past.stderr).to.contain('--at 2020-01-01T00:00:00Z is in the past');
    const none = await dryRun(here, '--at', 'tomorrow');
    expect([none.code, none.stderr.includes('is meant')]).to.deep.equal([1, true]);
  });

  it('says in text what it supposes', async () => {
    const here = await twoPlugins();
    const { stdout } = await dryRun(here, '--at', '+6m', '--without', 'p', '--assume-expired', 'q');
    expect(stdout).to.match(
      /^supposed: at \S+Z, with no plugin run until then\nsupposed: without Plugin\/p\nsupposed: the lease of Plugin\/q has ended\n/,
    );
    expect(stdout).to.match(/^unmasked IPv4Route\/default/m);
  });
});

describe('suppositions', () => {
  it('go together', async () => {
    const here = await twoPlugins();
    const plan = await planned(here, '--without', 'p', '--assume-expired', 'q', '--event', 'link.up');
    // The lease of q has ended, and the event makes it propose the same again: a number of its own.
    expect(plan.plugins.map(({ name, outcome, part }) => [name, outcome, part?.generation])).to.deep.equal([
      ['q', 'accepted', 2],
    ]);
    expect(changesOf(plan)).to.deep.equal(['removed of-p', 'removed p']);
  });

  it('name what there is where they speak of something that is not', async () => {
    const here = await twoPlugins();
    const cases: [flag: string, message: string][] = [
      ['--without', 'routerctl: there is no source Plugin/z\n  hint: there are: Plugin/p, Plugin/q\n'],
      ['--assume-expired', 'routerctl: Plugin/z has no part\n  hint: there are: Plugin/p, Plugin/q\n'],
    ];
    for (const [flag, message] of cases) {
      const { code, stdout, stderr } = await dryRun(here, flag, 'z');
      expect([code, stdout, stderr]).to.deep.equal([1, '', message]);
    }
  });

  it('are for a dry-run alone', async () => {
    const here = await twoPlugins();
    const before = await listing(here.state);
    const options = [
      ['--at', '+1h'],
      ['--without', 'p'],
      ['--with-result', 'p=x'],
      ['--event', 'link.up'],
      ['--assume-expired', 'p'],
      ['--startup', here.config],
    ];
    for (const option of options) {
      const { code, stdout, stderr } = await routerctl(['reconcile', ...here.where, ...option]);
      expect([code, stdout]).to.deep.equal([1, '']);
      expect(stderr).to.equal(`routerctl: ${option[0]} goes with --dry-run alone: nothing was done\n`);
      const waiting = await routerctl(['reconcile', '--wait', ...here.where, ...option]);
      expect([waiting.code, waiting.stderr.includes('cannot be used with')]).to.deep.equal([1, true]);
    }
    expect(await listing(here.state)).to.deep.equal(before);
  });
});
