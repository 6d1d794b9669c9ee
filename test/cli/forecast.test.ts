import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { route } from '../rig/build.js';
import { writeFiles } from '../rig/config-dir.js';
import type { Plan } from '../rig/documents.js';
import { listing } from '../rig/listing.js';
import { until } from '../rig/processes.js';
import { routerctl, startRouterctl } from '../rig/routerctl.js';
import { reconcile, setting } from '../rig/setting.js';

interface ForecastDocument {
  readonly kind: string;
  readonly plugins: string;
  readonly from: string;
  readonly until: string;
  readonly current: { readonly generation: number; readonly effectiveConfigHash: string };
  readonly final: { readonly generation: number; readonly effectiveConfigHash: string };
  readonly complete: boolean;
  readonly steps: readonly {
    readonly at: string;
    readonly happenings: readonly { readonly type: string; readonly outcome?: string }[];
    readonly effectiveConfigHash: string | null;
    readonly changes: readonly { readonly action: string }[];
  }[];
}

describe('routerctl forecast', () => {
  it('prints the same in JSON and text, writes nothing, starts nothing', async () => {
    const here = await setting();
    await reconcile(here);
    const places = [dirname(here.state), dirname(here.config)];
    const before = await Promise.all(places.map(listing));
    const dead = await routerctl(['forecast', '--all-plugins-dead', ...here.where, '-o', 'json']);
    const document = dead.json() as ForecastDocument;
    expect([dead.code, document.kind, document.plugins, document.complete]).to.deep.equal([
      0,
      'Forecast',
      'dead',
      true,
    ]);
    expect(document.steps.map(({ changes }) => changes.map(({ action }) => action))).to.deep.equal([
      ['removed'],
    ]);
    expect(document.steps[0]?.effectiveConfigHash).to.equal(document.final.effectiveConfigHash);
    const text = await routerctl(['forecast', '--all-plugins-dead', ...here.where]);
    expect(text.stdout).to.contain('no plugin runs any more: nothing is renewed\n');
    expect(text.stdout).to.contain('  the lease of Plugin/p#1 ends\n  removed  IPv4Route/of-p');
    expect(text.stdout).to.contain(document.final.effectiveConfigHash);
    expect(await Promise.all(places.map(listing))).to.deep.equal(before);
  });

  it('supposes by itself that plugins renew, and tells of each once', async () => {
    const here = await setting();
    await reconcile(here);
    const { code, json } = await routerctl(['forecast', '--for', '1h', ...here.where, '-o', 'json']);
    const { steps, current, final } = json() as ForecastDocument;
    expect(code).to.equal(0);
    expect(final).to.deep.equal(current);
    const runs = steps.flatMap(({ happenings }) => happenings).filter(({ type }) => type === 'pluginRun');
    expect(runs.length).to.be.greaterThan(10);
    expect(new Set(runs.map(({ outcome }) => outcome))).to.deep.equal(new Set(['renews']));
    const { stdout } = await routerctl(['forecast', ...here.where]);
    expect(stdout.match(/plugin p runs/g)).to.have.length(1);
    expect(stdout).to.match(/ more times likewise\n/);
    expect(stdout.endsWith('generation 1 stays in force\n')).to.equal(true);
  });

  it('knows that an edit which nobody confirms is taken back, and when', async () => {
    const here = await setting();
    const first = await reconcile(here);
    await writeFiles(here.config, { 'more.yaml': JSON.stringify(route('more')) });
    // Without a daemon the command waits until somebody confirms.
    const { child, ended } = await startRouterctl(['reconcile', '--confirm', '10m', ...here.where]);
    await until('the edit is in force', () => existsSync(join(here.state, 'control/confirm.yaml')));
    child.kill('SIGKILL');
    await ended;
    const { json } = await routerctl(['forecast', ...here.where, '-o', 'json']);
    const { steps, current, final } = json() as ForecastDocument;
    expect(current.generation).to.equal(2);
    const step = steps.find(({ happenings }) => happenings.some(({ type }) => type === 'confirmExpired'));
    expect(step?.effectiveConfigHash).to.equal(first.effectiveConfigHash.next);
    expect(final.effectiveConfigHash).to.equal(first.effectiveConfigHash.next);
    const at = step?.at ?? '';
    const plan = await routerctl(['reconcile', '--dry-run', '--at', at, ...here.where, '-o', 'json']);
    expect((plan.json() as Plan).changes.map(({ action }) => action)).to.include('removed');
  });

  it('says what it cannot do', async () => {
    const here = await setting();
    const cases: [options: string[], message: string][] = [
      [['--for', 'soon'], 'a duration such as'],
      [['--for', '9000h'], 'at most 8784h'],
      [['--config', '/nowhere/at/all'], 'there is no startup-config'],
    ];
    for (const [options, message] of cases) {
      const { code, stdout, stderr } = await routerctl(['forecast', ...here.where, ...options]);
      expect([code, stdout]).to.deep.equal([1, '']);
      expect(stderr).to.contain(message);
    }
  });
});
