import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { sha256 } from '../../protocol/digest.js';
import type { ValueMap } from '../../protocol/resource.js';
import { route } from '../rig/build.js';
import { addPlugin, answers, configDir, proposer, routerFile, setProgram } from '../rig/config-dir.js';
import { reasonsOf } from '../rig/documents.js';
import type { Plan, PluginRun } from '../rig/documents.js';
import { checkState } from '../rig/invariants.js';
import { listing } from '../rig/listing.js';
import { until } from '../rig/processes.js';
import { routerctl, startRouterctl } from '../rig/routerctl.js';
import { searchPath, userGit } from '../rig/store.js';
import { tempDir } from '../rig/temp.js';

interface Setting {
  readonly config: string;
  readonly state: string;
  readonly where: readonly string[];
}

/** A router with one route, and the plugin `p` that proposes another. */
async function setting(status: ValueMap = { resources: [route('of-p')] }, ttl?: string): Promise<Setting> {
  const config = await configDir({ 'router.yaml': routerFile(route('default')) });
  const state = join(await tempDir(), 'S');
  await addPlugin(config, 'p', { program: answers('p', status), ...(ttl === undefined ? {} : { ttl }) });
  return { config, state, where: ['--config', config, '--state', state] };
}

async function run({ where }: Setting, ...more: string[]): Promise<PluginRun & { code: number | null }> {
  const { code, json } = await routerctl(['plugin', 'run', 'p', ...where, ...more, '-o', 'json']);
  return { ...(json() as PluginRun), code };
}

async function reconcile({ where }: Setting): Promise<Plan & { code: number | null }> {
  const { code, json } = await routerctl(['reconcile', ...where, '-o', 'json']);
  return { ...(json() as Plan), code };
}

interface Lease {
  readonly source: string;
  readonly generation: number;
  readonly observedAt: string;
  readonly expiresAt: string;
}

async function leaseOf({ state }: Setting): Promise<Lease> {
  const { items } = parse(await readFile(join(state, 'run/leases.yaml'), 'utf8')) as { items: Lease[] };
  expect(items).to.have.length(1);
  return items[0] ?? expect.fail('no lease');
}

describe('plugin run', () => {
  it('takes in, merges and commits, as a pass in which this plugin alone is due', async () => {
    const here = await setting();
    await addPlugin(here.config, 'other', { program: answers('other', { resources: [route('other')] }) });
    const result = await run(here);
    expect(result).to.deep.include({
      ...{ code: 0, kind: 'PluginRun', plugin: 'p', source: 'Plugin/p', dryRun: false, stored: true },
      summary: { resources: 1, directives: 0, actionPlans: 0, events: 0 },
      problems: [],
    });
    expect(result.outcome).to.include({
      exitCode: 0,
      signal: null,
      timedOut: false,
      stderr: '',
      error: null,
    });
    const [commit] = await checkState(here.state);
    expect(commit?.files.get('effective-config.yaml'))
      .to.contain('of-p')
      .and.not.to.contain('name: other\n    spec');
    expect(commit?.trailers.get('Dynamic-Part')?.map(text => text.split(' ')[0])).to.deep.equal([
      'Plugin/p#1',
    ]);
    expect(commit?.trailers.get('Trigger')).to.include('manual p');
    // It counts as the last run of the plugin; the other one has yet to run.
    const next = await reconcile(here);
    expect(next.plugins.map(({ name, outcome }) => `${name} ${outcome}`)).to.deep.equal([
      'other accepted',
      'p notDue',
    ]);
  });

  it('prints the candidate part with --dry-run, and writes nothing', async () => {
    const here = await setting();
    const places = [dirname(here.state), here.config];
    const before = await Promise.all(places.map(listing));
    const { code, stdout, stderr } = await routerctl(['plugin', 'run', 'p', '--dry-run', ...here.where]);
    const dry = await run(here, '--dry-run');
    expect(await Promise.all(places.map(listing))).to.deep.equal(before);
    expect([code, stderr, dry.code]).to.deep.equal([0, '', 0]);
    expect(dry).to.include({ dryRun: true, stored: false });
    expect(dry.part).to.deep.include({
      apiVersion: 'config.routerd.net/v1alpha1',
      kind: 'DynamicConfigPart',
      metadata: { name: 'Plugin-p-1' },
    });
    const { spec } = dry.part as { spec: Record<string, unknown> };
    expect(spec).to.include({ source: 'Plugin/p', generation: 1 });
    expect(spec['resources']).to.deep.equal([route('of-p')]);
    expect(stdout).to.match(/^apiVersion: config\.routerd\.net\/v1alpha1\nkind: DynamicConfigPart\n/);
    expect(stdout).to.contain('would commit generation 1: ');
  });

  it('renews the lease of the same content without a commit', async () => {
    const here = await setting();
    expect((await run(here)).code).to.equal(0);
    const before = await leaseOf(here);
    const committed = userGit(here.state, 'show', 'HEAD:parts/Plugin-p.yaml');
    await until('the clock has gone on', () => Date.now() > Date.parse(before.observedAt) + 1_000);
    const again = await run(here);
    expect([again.code, again.stored]).to.deep.equal([0, true]);
    const after = await leaseOf(here);
    expect([after.source, after.generation]).to.deep.equal(['Plugin/p', 1]);
    expect(Date.parse(after.expiresAt)).to.be.above(Date.parse(before.expiresAt));
    expect(userGit(here.state, 'show', 'HEAD:parts/Plugin-p.yaml')).to.equal(committed);
    expect(await checkState(here.state)).to.have.length(1);
    const listed = await routerctl(['dynamic', 'list', ...here.where, '-o', 'json']);
    expect((listed.json() as { items: Lease[] }).items[0]?.expiresAt).to.equal(after.expiresAt);
  });

  it('shortens a lease too, when the same content comes with less time', async () => {
    const here = await setting();
    await run(here);
    const before = await leaseOf(here);
    await setProgram(here.config, 'p', answers('p', { resources: [route('of-p')], ttl: '60s' }));
    expect((await run(here)).stored).to.equal(true);
    expect(Date.parse((await leaseOf(here)).expiresAt)).to.be.below(Date.parse(before.expiresAt));
    expect(await checkState(here.state)).to.have.length(1);
  });

  it('gives other content, an empty one included, the next number', async () => {
    const here = await setting();
    await run(here);
    await setProgram(here.config, 'p', answers('p', {}));
    const { part } = await run(here);
    expect(part).to.include({ source: 'Plugin/p', generation: 2 });
    const [, second] = await checkState(here.state);
    expect(second?.files.get('effective-config.yaml')).not.to.contain('of-p');
    expect(second?.files.has('parts/Plugin-p.yaml'), 'an empty part is a part').to.equal(true);
  });

  it('rejects what was observed before the part in force', async () => {
    const here = await setting();
    await run(here);
    const { observedAt } = await leaseOf(here);
    const earlier = new Date(Date.parse(observedAt) - 5_000).toISOString();
    await setProgram(here.config, 'p', answers('p', { observedAt: earlier, resources: [route('late')] }));
    const { code, stored, problems } = await run(here);
    expect([code, stored, ...reasonsOf(problems)]).to.deep.equal([1, false, 'StaleObservation']);
    expect(await checkState(here.state)).to.have.length(1);
  });

  it('keeps nothing of a plugin that no DynamicConfigSource names, and says so', async () => {
    const here = await setting();
    await rm(join(here.config, 'sources'), { recursive: true });
    const { code, stored, problems, part, outcome } = await run(here);
    expect([code, stored, part, ...reasonsOf(problems)]).to.deep.equal([0, false, undefined, 'NotBound']);
    expect(outcome.exitCode).to.equal(0);
    const { stderr } = await routerctl(['plugin', 'run', 'p', ...here.where]);
    expect(stderr).to.contain('no DynamicConfigSource names the plugin');
    const [commit] = await checkState(here.state);
    expect(commit?.files.get('effective-config.yaml')).not.to.contain('of-p');
    const { json } = await routerctl(['plugin', 'runs', 'p', ...here.where, '-o', 'json']);
    expect((json() as { items: { outcome: string }[] }).items.map(item => item.outcome)).to.deep.equal([
      'notBound',
      'notBound',
    ]);
  });

  it('does not run an executor', async () => {
    const here = await setting();
    await addPlugin(here.config, 'p', {
      program: answers('p', {}),
      spec: { capabilities: ['execute.providerAction'] },
      ttl: null,
    });
    const { code, stderr } = await routerctl(['plugin', 'run', 'p', ...here.where]);
    expect(code).to.equal(1);
    expect(stderr).to.contain('plugin p does not run: ');
  });

  it('ends the back-off of a plugin that failed', async () => {
    const here = await setting();
    await setProgram(here.config, 'p', '#!/bin/sh\nexit 1\n');
    const failures = async (): Promise<number[]> => {
      const { json } = await routerctl(['status', ...here.where, '-o', 'json']);
      return (json() as { plugins: { failures: number }[] }).plugins.map(plugin => plugin.failures);
    };
    expect([(await run(here)).code, (await run(here)).code]).to.deep.equal([1, 1]);
    expect(await failures()).to.deep.equal([2]);
    await setProgram(here.config, 'p', answers('p', {}));
    expect((await run(here)).code).to.equal(0);
    expect(await failures()).to.deep.equal([0]);
  });

  it('drops a result whose inputs changed while the plugin ran, and runs it again at the next pass', async () => {
    const here = await setting();
    const manifest = join(here.config, 'plugins/p/plugin.yaml');
    const flag = join(here.config, '.done');
    const meddle = `[ -e '${flag}' ] || { sed -i 's/20s/21s/' '${manifest}'; : > '${flag}'; }\n`;
    await setProgram(
      here.config,
      'p',
      answers('p', { resources: [route('of-p')] }).replace('\n', `\n${meddle}`),
    );
    const first = await reconcile(here);
    expect(first.code, 'that is no failure').to.equal(0);
    expect(first.plugins.map(({ outcome, problems }) => [outcome, ...reasonsOf(problems)])).to.deep.equal([
      ['superseded', 'Superseded'],
    ]);
    const second = await reconcile(here);
    expect(second.plugins.map(({ outcome, why }) => [outcome, why])).to.deep.equal([
      ['accepted', 'its inputs changed'],
    ]);
    await checkState(here.state);
  });

  it('never runs one plugin twice at once: a pass leaves it out, plugin run waits', async () => {
    const here = await setting();
    const [begun, go] = [join(here.config, '.begun'), join(here.config, '.go')];
    const hold = `: > '${begun}'\nuntil [ -e '${go}' ]; do sleep 0.01; done\n`;
    await setProgram(
      here.config,
      'p',
      answers('p', { resources: [route('of-p')] }).replace('\n', `\n${hold}`),
    );
    const first = await startRouterctl(['reconcile', ...here.where, '-o', 'json']);
    await until('the plugin runs', () => existsSync(begun));
    for (const more of [[], ['--dry-run']]) {
      const { code, json } = await routerctl(['reconcile', ...more, ...here.where, '-o', 'json']);
      expect(code).to.equal(0);
      expect((json() as Plan).plugins.map(({ outcome }) => outcome)).to.deep.equal(['running']);
    }
    const asked = await startRouterctl(['plugin', 'run', 'p', ...here.where, '-o', 'json']);
    await writeFile(go, '');
    const [one, two] = [await first.ended, await asked.ended];
    expect([one.code, two.code]).to.deep.equal([0, 0]);
    expect((one.json() as Plan).plugins.map(({ outcome }) => outcome)).to.deep.equal(['accepted']);
    expect((two.json() as PluginRun).stored).to.equal(true);
    const { json } = await routerctl(['plugin', 'runs', ...here.where, '-o', 'json']);
    expect((json() as { items: unknown[] }).items).to.have.length(2);
    await checkState(here.state);
  });

  it('ends the part of a plugin that is no longer bound, may no longer propose, or is gone', async () => {
    const endings: readonly ((here: Setting) => Promise<void>)[] = [
      ({ config }) => rm(join(config, 'sources'), { recursive: true }),
      ({ config }) =>
        addPlugin(config, 'p', {
          program: answers('p', {}),
          spec: { ...proposer, capabilities: ['observe.cloud'] },
        }),
      async ({ config }) => {
        await rm(join(config, 'sources'), { recursive: true });
        await rm(join(config, 'plugins'), { recursive: true });
      },
    ];
    for (const end of endings) {
      const here = await setting();
      await run(here);
      await end(here);
      const { code, findings, generation } = await reconcile(here);
      expect([code, generation.next, ...reasonsOf(findings)]).to.deep.equal([0, 2, 'PartUnbound']);
      const [, second] = await checkState(here.state);
      expect(second?.trailers.get('Trigger')).to.include('unbound Plugin/p');
      expect(second?.files.get('effective-config.yaml')).not.to.contain('of-p');
      expect(second?.files.has('parts/Plugin-p.yaml')).to.equal(false);
      // What it says from now on is not taken in and dropped again by turns.
      await routerctl(['plugin', 'run', 'p', ...here.where]);
      await reconcile(here);
      expect(await checkState(here.state)).to.have.length(2);
    }
  });
});

describe('plugin runs', () => {
  it('lists the runs newest first, failed ones too, without what they printed', async () => {
    const here = await setting();
    await run(here);
    await setProgram(here.config, 'p', '#!/bin/sh\necho on-stdout\necho on-stderr >&2\nexit 3\n');
    await run(here);
    const { stdout, json } = await routerctl(['plugin', 'runs', ...here.where, '-o', 'json']);
    const { items } = json() as {
      readonly items: readonly { plugin: string; outcome: string; run: Record<string, unknown> }[];
    };
    expect(
      items.map(({ plugin, outcome, run: child }) => [plugin, outcome, child['exitCode']]),
    ).to.deep.equal([
      ['p', 'failed', 3],
      ['p', 'accepted', 0],
    ]);
    expect(stdout).to.contain('on-stderr').and.not.to.contain('on-stdout');
    const none = await routerctl(['plugin', 'runs', 'q', ...here.where, '-o', 'json']);
    expect((none.json() as { items: unknown[] }).items).to.deep.equal([]);
  });
});

describe('plugin list', () => {
  it('shows what each plugin may do, what runs it, and what keeps it from running', async () => {
    const here = await setting();
    await addPlugin(here.config, 'broken', { program: answers('broken', {}), ttl: null });
    await rm(join(here.config, 'plugins/broken/bin/broken'));
    const { code, json } = await routerctl(['plugin', 'list', ...here.where, '-o', 'json']);
    expect(code).to.equal(0);
    const { items } = json() as { items: Record<string, unknown>[] };
    const [broken, p] = items;
    expect(broken).to.include({ name: 'broken', runnable: false, boundBy: null });
    expect(p).to.deep.include({
      name: 'p',
      source: 'Plugin/p',
      executable: join(here.config, 'plugins/p/bin/p'),
      capabilities: ['propose.dynamicConfig'],
      triggers: ['every 5m'],
      timeout: '20s',
      boundBy: 'p',
      runnable: true,
      problems: [],
    });
    const { stdout } = await routerctl(['plugin', 'list', '--config', here.config]);
    expect(stdout)
      .to.match(/^NAME +RUNNABLE/)
      .and.to.match(/^p +yes +p +every 5m /m);
  });
});

describe('what a plugin gets', () => {
  /** A program that keeps every request and its environment, one file a run, and answers with nothing. */
  const recorder = (dir: string): string =>
    answers('p', {}).replace(
      'cat > /dev/null',
      `cat > '${dir}'/request.$$\nenv > '${dir}'/env.$$\npwd >> '${dir}'/env.$$`,
    );

  async function recorded(dir: string, kind: string): Promise<string> {
    const names = (await readdir(dir)).filter(name => name.startsWith(kind));
    expect(names).to.have.length(1);
    const [name = ''] = names;
    const text = await readFile(join(dir, name), 'utf8');
    await rm(join(dir, name));
    return text;
  }

  interface Request {
    readonly spec: { readonly now: string; readonly context?: unknown };
  }

  it('is the PluginRequest of the seed, and nothing more', async () => {
    const here = await setting();
    const dir = await tempDir();
    await setProgram(here.config, 'p', recorder(dir));
    const request = async (): Promise<Request> => {
      const text = await recorded(dir, 'request');
      expect(text.endsWith('}\n')).to.equal(true);
      return JSON.parse(text) as Request;
    };
    const expected = (type: string, topic: string, generations: readonly [number, number]) => ({
      apiVersion: 'plugin.routerd.net/v1alpha1',
      kind: 'PluginRequest',
      metadata: { name: 'p' },
      spec: {
        trigger: { type, topic },
        startupConfigHash: sha256(userGit(here.state, 'show', 'HEAD:startup-config.yaml')),
        effectiveGeneration: generations[0],
        previousDynamicGeneration: generations[1],
      },
    });
    const withoutNow = ({ spec: { now, ...spec }, ...rest }: Request): unknown => {
      expect(now).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z$/);
      expect(Math.abs(Date.parse(now) - Date.now())).to.be.below(60_000);
      return { ...rest, spec };
    };

    await reconcile(here);
    expect(withoutNow(await request())).to.deep.equal(expected('interval', '', [0, 0]));
    await run(here);
    expect(withoutNow(await request())).to.deep.equal(expected('event', 'routerd.plugin.run', [1, 1]));
    await setProgram(here.config, 'p', `${recorder(dir)}# changed\n`);
    await reconcile(here);
    expect(withoutNow(await request())).to.deep.equal(expected('event', 'routerd.config.changed', [1, 1]));
  });

  it('holds the resources of its allow-list, redacted, and no others', async () => {
    const here = await setting();
    const dir = await tempDir();
    const tunnel = {
      apiVersion: 'example.org/v1',
      kind: 'Tunnel',
      metadata: { name: 'tunnel' },
      spec: {
        peer: '192.0.2.1',
        Pre_Shared_Key: 's3cret',
        credentials: { user: 's3cret' },
        tokens: ['s3cret'],
        keyFile: '/s3cret',
        passwordFrom: { file: '/s3cret' },
        deviceFrom: { resource: 'Interface/lan0' },
        list: [{ psk: 's3cret', port: 1 }],
      },
    };
    await writeFile(join(here.config, 'router.yaml'), routerFile(route('default'), tunnel));
    const ref = (kind: string, name: string) => ({ apiVersion: 'example.org/v1', kind, name });
    await addPlugin(here.config, 'p', {
      program: recorder(dir),
      spec: { ...proposer, context: { resources: [ref('Tunnel', 'tunnel'), ref('Tunnel', 'absent')] } },
    });
    await reconcile(here);
    const text = await recorded(dir, 'request');
    expect(text).not.to.contain('s3cret');
    expect((JSON.parse(text) as Request).spec.context).to.deep.equal({
      resources: [
        {
          ...ref('Tunnel', 'tunnel'),
          spec: {
            peer: '192.0.2.1',
            Pre_Shared_Key: '',
            tokens: '',
            deviceFrom: { resource: 'Interface/lan0' },
            list: [{ psk: '', port: 1 }],
          },
        },
      ],
    });
    // A change elsewhere reruns nothing; one of what it may read does.
    await writeFile(join(here.config, 'more.yaml'), JSON.stringify(route('more')));
    expect((await reconcile(here)).plugins.map(({ outcome }) => outcome)).to.deep.equal(['notDue']);
    const other = { ...tunnel, spec: { ...tunnel.spec, peer: '192.0.2.9' } };
    await writeFile(join(here.config, 'router.yaml'), routerFile(route('default'), other));
    expect((await reconcile(here)).plugins.map(({ why }) => why)).to.deep.equal(['its inputs changed']);
  });

  it('comes with PATH and the declared variables alone, in the root folder', async () => {
    const here = await setting();
    const dir = await tempDir();
    const spec = { ...proposer, env: { REGION: 'eu-1' } };
    await addPlugin(here.config, 'p', { program: recorder(dir), spec });
    const env = {
      ROUTERD_STATE: here.state,
      SECRET: 'x',
      GIT_DIR: '/x',
      NODE_OPTIONS: '--no-warnings',
      LANG: 'C',
    };
    const { code } = await routerctl(['reconcile', '--config', here.config], { env, cwd: here.config });
    expect(code).to.equal(0);
    const lines = (await recorded(dir, 'env')).split('\n').filter(line => line !== '');
    // These three are the shell's own.
    const own = lines.filter(line => !/^(?:PWD|OLDPWD|SHLVL|_)=/.test(line)).sort();
    expect(own).to.deep.equal(['/', `PATH=${searchPath}`, 'REGION=eu-1']);
  });

  it('gets the places of programs where PATH is not set', async () => {
    const here = await setting();
    const dir = await tempDir();
    await addPlugin(here.config, 'p', { program: recorder(dir) });
    const { code, stderr } = await routerctl(['reconcile', ...here.where], { env: { PATH: '' } });
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(await recorded(dir, 'env')).to.contain(
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n',
    );
  });
});
