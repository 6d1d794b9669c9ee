import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { route } from '../rig/build.js';
import { addPlugin, answers, setProgram } from '../rig/config-dir.js';
import { reasonsOf } from '../rig/documents.js';
import type { Plan, PluginRun } from '../rig/documents.js';
import { reconcile, run, setting } from '../rig/setting.js';
import type { Setting } from '../rig/setting.js';
import { checkState } from '../rig/invariants.js';
import { listing } from '../rig/listing.js';
import { until } from '../rig/processes.js';
import { routerctl, startRouterctl } from '../rig/routerctl.js';
import { userGit } from '../rig/store.js';

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
});
