import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { copyExample } from '../rig/config-dir.js';
import type { Plan } from '../rig/documents.js';
import { checkState } from '../rig/invariants.js';
import { routerctl, shell } from '../rig/routerctl.js';
import { userGit } from '../rig/store.js';
import { tempDir } from '../rig/temp.js';

interface RouterDocument {
  readonly kind: string;
  readonly spec: { readonly resources: readonly Entry[] };
}

interface Entry {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** `Kind/name` of everything in the effective-config of a generation. */
function resourcesOf(state: string, generation: number): string[] {
  const text = userGit(state, 'show', `gen/${generation}:effective-config.yaml`);
  const { spec } = parse(text) as RouterDocument;
  return spec.resources.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
}

describe('examples/minimal', () => {
  it('is good, and becomes generation 1 as it stands', async () => {
    const [config, state] = [await copyExample('minimal'), join(await tempDir(), 'S')];
    const judged = await routerctl(['validate', config]);
    expect([judged.code, judged.stdout]).to.deep.equal([0, 'valid: 2 resources, 0 plugins\n']);
    const { code, stdout } = await routerctl(['reconcile', '--config', config, '--state', state]);
    expect(code).to.equal(0);
    expect(stdout).to.match(/^committed generation 1 \([0-9a-f]{12}\): \+2$/m);
    expect(resourcesOf(state, 1)).to.deep.equal(['IPv4Route/default', 'IPv4Route/no-private-leak']);
    const [commit, ...more] = await checkState(state);
    expect(more).to.deep.equal([]);
    expect(commit?.trailers.get('Trigger')).to.deep.equal(['config router.yaml']);
    expect(userGit(state, 'show', 'gen/1:startup-config.yaml')).to.equal(
      userGit(state, 'show', 'gen/1:effective-config.yaml'),
    );
  });

  it('walks through edit, dry-run, reconcile and git', async () => {
    const [config, state] = [await copyExample('minimal'), join(await tempDir(), 'S')];
    const where = ['--config', config, '--state', state];
    await routerctl(['reconcile', ...where]);
    const router = join(config, 'router.yaml');
    await writeFile(router, (await readFile(router, 'utf8')).replace('metric: 100', 'metric: 50'));

    const dry = await routerctl(['reconcile', '--dry-run', ...where]);
    expect(dry.code).to.equal(0);
    expect(dry.stdout).to.match(/^changed +IPv4Route\/default +startup-config: spec\.metric$/m);
    expect(dry.stdout).to.contain('would commit generation 2: ~1');
    expect(dry.stdout).to.match(/^- +metric: 100\n\+ +metric: 50$/m);

    expect((await routerctl(['reconcile', ...where])).code).to.equal(0);
    expect(userGit(state, 'diff', 'gen/1', 'gen/2', '--', 'effective-config.yaml')).to.match(
      /^- +metric: 100\n\+ +metric: 50$/m,
    );
    expect(await checkState(state)).to.have.length(2);
  });
});

describe('examples/cloudedge', () => {
  let config = '';
  let state = '';
  const reconcile = () =>
    shell('routerctl reconcile --config examples/cloudedge --state S', { cwd: dirname(dirname(config)) });
  beforeEach(async () => {
    config = await copyExample('cloudedge');
    state = join(dirname(dirname(config)), 'S');
  });

  it('gives generation 1, with the claim added and the fallback masked', async () => {
    const { code, stdout } = await reconcile();
    expect(code).to.equal(0);
    expect(stdout).to.contain('committed generation 1 ');
    expect(stdout).to.match(/^added +RemoteAddressClaim\/app-10-0-1-123 +Plugin\/oci-inventory#1$/m);
    expect(stdout).to.match(
      /^masked +IPv4Route\/cloud-app-static-fallback +Plugin\/oci-inventory#1 until \d{4}-\d\d-\d\dT[\d:]+Z: RemoteAddressClaim\/app-10-0-1-123 is active$/m,
    );
    const names = resourcesOf(state, 1);
    expect(names).to.include('RemoteAddressClaim/app-10-0-1-123');
    expect(names).to.include('IPv4Route/default');
    expect(names).not.to.include('IPv4Route/cloud-app-static-fallback');
    const [commit] = await checkState(state);
    expect(commit?.subject).to.equal('generation 1: +5 -1 (Plugin/oci-inventory#1)');
    expect(commit?.trailers.get('Generation')).to.deep.equal(['1']);
    expect(commit?.trailers.get('Trigger')).to.deep.equal(['config router.yaml', 'interval oci-inventory']);
  });

  it('keeps the action plan in the part, inert', async () => {
    const { stderr } = await reconcile();
    expect(stderr).to.contain('[PlanNotImportable]');
    const part = parse(userGit(state, 'show', 'gen/1:parts/Plugin-oci-inventory.yaml')) as {
      readonly metadata: { readonly name: string };
      readonly spec: Readonly<Record<string, unknown>>;
    };
    expect(part.metadata.name).to.equal('Plugin-oci-inventory-1');
    expect(part.spec['actionPlans']).to.deep.equal([
      {
        name: 'assign-cloud-secondary-ip',
        provider: 'oci',
        action: 'assign-secondary-ip',
        target: { nicRef: 'ocid1.vnic.oc1..example', address: '10.0.1.123' },
        undo: { action: 'unassign-secondary-ip' },
      },
    ]);
    expect(userGit(state, 'ls-tree', '-r', '--name-only', 'gen/1')).not.to.contain('actions/');
    expect(userGit(state, 'show', 'gen/1:effective-config.yaml')).not.to.contain('assign-secondary-ip');
  });

  it('adds no commit when it is run again, and says that nothing changed', async () => {
    await reconcile();
    const { code, stdout, stderr } = await reconcile();
    expect([code, stdout, stderr]).to.deep.equal([0, 'nothing changed: generation 1 stays in force\n', '']);
    expect(await checkState(state)).to.have.length(1);
  });

  it('lets plain git show the hash of the effective-config', async () => {
    await reconcile();
    await reconcile();
    const log = await shell(
      "git -C S log --format='%h %s %(trailers:key=Effective-Config-Hash,valueonly)' -- effective-config.yaml",
      { cwd: dirname(state) },
    );
    const lines = log.stdout.split('\n').filter(line => line !== '');
    expect(lines).to.have.length(1);
    const [, hash] = /^[0-9a-f]+ generation 1: .* sha256:([0-9a-f]{64})$/.exec(lines[0] ?? '') ?? [];
    const sum = await shell('git -C S show gen/1:effective-config.yaml | sha256sum', {
      cwd: dirname(state),
    });
    expect(sum.stdout).to.equal(`${hash}  -\n`);
  });

  it('can be run by a command that only knows the older names of --state', async () => {
    for (const option of ['--state-file', '--state-dir']) {
      const { code } = await routerctl(['reconcile', '--config', config, option, state]);
      expect(code, option).to.equal(0);
    }
    expect(await checkState(state)).to.have.length(1);
    const byEnv = await routerctl(['status', '-o', 'json'], {
      env: { ROUTERD_CONFIG: config, ROUTERD_STATE: state },
    });
    expect(byEnv.json()).to.include({ kind: 'Status', generation: 1 });
  });
});

describe('examples/host-routes', () => {
  it('takes the routes of this machine into the configuration', async function () {
    if (!existsSync('/proc/net/route')) this.skip(); // this system does not show its routes there
    const [config, state] = [await copyExample('host-routes'), join(await tempDir(), 'S')];
    const { code, json, stderr } = await routerctl([
      ...['reconcile', '--config', config, '--state', state, '-o', 'json'],
    ]);
    expect(stderr).to.equal('');
    expect(code).to.equal(0);
    const plan = json() as Plan;
    expect(plan.plugins.map(({ name, outcome }) => [name, outcome])).to.deep.equal([
      ['host-routes', 'accepted'],
    ]);
    const table = (await readFile('/proc/net/route', 'utf8')).split('\n').slice(1);
    const up = table.filter(line => (parseInt(line.split('\t')[3] ?? '0', 16) & 0x201) === 1);
    expect(resourcesOf(state, 1).filter(name => name.startsWith('IPv4Route/host-'))).to.have.length(
      up.length,
    );
    await checkState(state);
  });

  it('reads addresses, masks, metrics and flags as the kernel prints them', async () => {
    const config = await copyExample('host-routes');
    const table = join(config, 'table');
    const rows = [
      'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT',
      'wan0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0',
      'lan0.7\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
      'lan0\t7B01000A\t00000000\t0005\t0\t0\t4000\tFFFFFFFF\t0\t0\t0',
      'down0\t0000000A\t00000000\t0000\t0\t0\t0\t000000FF\t0\t0\t0',
      '*\t0000FEA9\t00000000\t0201\t0\t0\t0\t0000FFFF\t0\t0\t0',
    ];
    await writeFile(table, `${rows.join('\n')}\n`);
    const program = join(config, 'plugins/host-routes/bin/host-routes');
    const output = execFileSync(program, { env: { PATH: '/usr/bin:/bin', ROUTE_TABLE: table }, input: '{}' });
    const result = JSON.parse(output.toString()) as {
      readonly status: { readonly resources: readonly Entry[] };
    };
    expect(
      result.status.resources.map(({ metadata, spec }) => ({ name: metadata.name, ...spec })),
    ).to.deep.equal([
      {
        name: 'host-0-0-0-0-0-wan0-100',
        destination: '0.0.0.0/0',
        device: 'wan0',
        metric: 100,
        gateway: '192.0.2.1',
      },
      { name: 'host-192-168-1-0-24-lan0-7-0', destination: '192.168.1.0/24', device: 'lan0.7', metric: 0 },
      { name: 'host-10-0-1-123-32-lan0-4000', destination: '10.0.1.123/32', device: 'lan0', metric: 4000 },
    ]);
  });
});
