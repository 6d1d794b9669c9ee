import { expect } from 'chai';
import type { ValueMap } from '../../protocol/resource.js';
import { assignPlan, proposingActions } from '../rig/action-setting.js';
import { addPlugin, answers, writeFiles } from '../rig/config-dir.js';
import { checkState } from '../rig/invariants.js';
import { memberValue } from '../rig/mobility.js';
import { farAway, look, owners, poolRouter, poolSetting, seeing, tell } from '../rig/pool-setting.js';
import { routerctl } from '../rig/routerctl.js';
import { userGit } from '../rig/store.js';

interface Found {
  readonly decision: { readonly class: string };
  readonly rules: readonly {
    readonly rule: string;
    readonly applies: boolean;
    readonly decides: boolean;
    readonly reason: string;
    readonly evidence: readonly { readonly file: string; readonly commit: string; readonly place?: object }[];
  }[];
  readonly findings: readonly { readonly reason: string; readonly message: string }[];
}

const claim = (name: string, address: string): ValueMap => ({
  apiVersion: 'hybrid.routerd.net/v1alpha1',
  kind: 'RemoteAddressClaim',
  metadata: { name },
  spec: {
    domainRef: 'edge',
    address,
    ownerSide: 'cloud',
    capture: { type: 'provider-secondary-ip', providerRef: 'oci-prod' },
    delivery: { peerRef: 'peer', mode: 'route' },
  },
});

describe('routerctl ownership', () => {
  it('prints a row for each address, and the same as JSON and YAML', async () => {
    const here = await poolSetting({ seen: seeing(20) });
    await tell(here, 'observed', { address: '10.0.1.30', expiresAt: farAway });
    await look(here);
    const { code, stdout, stderr } = await owners(here, []);
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(stdout.split('\n').map(line => line.split(/ {2,}/).slice(0, 5).join('|'))).to.deep.equal([
      'ADDRESS|CLASS|HOME|CAPTURE|ADVERTISE',
      '10.0.1.4|LocalRouterSelf|oci|-|no',
      '10.0.1.20|LocalHomeOwned|oci|-|yes',
      '10.0.1.30|RemoteHomeOwned|aws|-|no, aws',
      '',
    ]);
    const document = (await owners(here, ['-o', 'json'])).json() as { decisions: { address: string }[] };
    expect(document).to.include({
      apiVersion: 'cli.routerd.net/v1alpha1',
      kind: 'Ownership',
      pool: 'app',
      node: 'oci',
    });
    expect(document.decisions.map(({ address }) => address)).to.deep.equal([
      '10.0.1.4',
      '10.0.1.20',
      '10.0.1.30',
    ]);
    expect((await owners(here, ['-o', 'yaml'])).stdout).to.contain('kind: Ownership\n');
  });

  it('goes through the rules for an address, with the commit of what each went by', async () => {
    const here = await poolSetting({ seen: seeing(20) });
    await look(here);
    await tell(here, 'observed', { address: '10.0.1.20', expiresAt: farAway });
    await look(here);
    const found = (await owners(here, ['10.0.1.20', '-o', 'json'])).json() as Found;
    expect(found.rules.map(({ rule }) => rule)).to.deep.equal([
      'static-owned',
      'static-handover',
      'fresh-home-owner',
      'confirmed-capture',
      'capture-not-desired',
      'local-router-self',
      'local-home-inventory',
      'nobody-known',
    ]);
    expect(found.rules.filter(({ decides }) => decides).map(({ rule }) => rule)).to.deep.equal([
      'fresh-home-owner',
    ]);
    expect(found.rules.filter(({ applies }) => applies).map(({ rule }) => rule)).to.deep.equal([
      'fresh-home-owner',
      'local-home-inventory',
    ]);
    for (const { reason } of found.rules) expect(reason).not.to.equal('');
    const evidence = found.rules.flatMap(rule => rule.evidence);
    expect(evidence.map(({ file }) => file)).to.deep.equal([
      'inventory/remote/app.yaml',
      'inventory/app.oci.yaml',
    ]);
    for (const { file, commit } of evidence)
      expect(commit, file).to.equal(userGit(here.state, 'log', '-1', '--format=%H', '--', file).trim());
    const text = (await owners(here, ['10.0.1.20/32'])).stdout;
    expect(text).to.match(/^10\.0\.1\.20 of app on oci: RemoteHomeOwned$/m);
    expect(text).to.match(/^ {2}DECIDES +fresh-home-owner +aws says that it lives there$/m);
    expect(text).to.match(/^ +by inventory\/remote\/app\.yaml as of [0-9a-f]{12}$/m);
  });

  it('says where the operator wrote what it went by', async () => {
    const pool = { members: [memberValue({ staticOwnedAddresses: ['10.0.1.8/29'] })] };
    const here = await poolSetting({ pool });
    const found = (await owners(here, ['10.0.1.9', '-o', 'json'])).json() as Found;
    expect(found.decision.class).to.equal('StaticOwned');
    const [evidence] = found.rules[0]?.evidence ?? [];
    expect(evidence).to.deep.include({ file: 'startup-config.yaml' });
    expect(evidence?.place).to.include({ file: 'router.yaml', line: 1 });
    expect((await owners(here, ['10.0.1.9'])).stdout).to.match(
      /^ +by startup-config\.yaml \(router\.yaml:1:\d+\) as of [0-9a-f]{12}$/m,
    );
  });

  it('goes by the part whose plan it is, and by the journal once it is imported', async () => {
    const here = await poolSetting();
    const plan = assignPlan(20, { target: { address: '10.0.1.20', nicRef: 'nic-self' } });
    await addPlugin(here.config, 'planner', {
      program: answers('planner', { actionPlans: [plan] }),
      spec: proposingActions,
    });
    const filesOf = async () => {
      const found = (await owners(here, ['10.0.1.20', '-o', 'json'])).json() as Found;
      const rule = found.rules.find(({ decides }) => decides);
      return [rule?.rule, ...(rule?.evidence ?? []).map(({ file, commit }) => `${file} ${commit}`)];
    };
    const lastOf = (file: string) =>
      `${file} ${userGit(here.state, 'log', '-1', '--format=%H', '--', file).trim()}`;
    await routerctl(['reconcile', ...here.where]);
    expect(await filesOf()).to.deep.equal(['capture-not-desired', lastOf('parts/Plugin-planner.yaml')]);
    const imported = await routerctl(['action', 'import', ...here.where, '-o', 'json']);
    const { transitions } = imported.json() as { transitions: { id: string }[] };
    expect(await filesOf()).to.deep.equal([
      'capture-not-desired',
      lastOf(`actions/${transitions[0]?.id}.yaml`),
    ]);
  });

  it('knows nothing of an address that nothing names, and says so', async () => {
    const here = await poolSetting();
    const { code, stdout } = await owners(here, ['10.0.1.99']);
    expect(code).to.equal(0);
    expect(stdout).to.match(/^10\.0\.1\.99 of app on oci: Unknown$/m);
    expect(stdout).to.match(/^ {2}DECIDES +nobody-known +nothing says where it lives$/m);
  });

  for (const [address, why] of [
    ['10.0.2.1', 'is not in 10.0.1.0/24, the prefix of the pool app'],
    ['10.0.1.0/24', 'is not one address'],
    ['fd00::1', 'is not in 10.0.1.0/24'],
    ['here', 'is not one address'],
  ] as const) {
    it(`refuses ${address}`, async () => {
      const { code, stdout, stderr } = await owners(await poolSetting(), [address]);
      expect([code, stdout]).to.deep.equal([1, '']);
      expect(stderr).to.contain(`routerctl: "${address}" ${why}`);
    });
  }

  it('tells of events that nobody has taken in yet', async () => {
    const here = await poolSetting({ seen: seeing() });
    await tell(here, 'observed', { address: '10.0.1.30', expiresAt: farAway });
    const before = await owners(here, []);
    expect(before.code).to.equal(0);
    expect(before.stderr).to.equal(
      'routerctl: 1 event of another node waits to be taken in, by routerd or routerctl inventory run app\n',
    );
    expect(before.stdout).not.to.contain('10.0.1.30');
    await look(here);
    expect((await owners(here, [])).stderr).to.equal('');
  });

  it('finds claims of addresses that this router would not capture, and keeps the finding', async () => {
    const resources = [
      claim('of-a-client', '10.0.1.20/32'),
      claim('of-the-router', '10.0.1.4/32'),
      claim('of-another-node', '10.0.1.30/32'),
      claim('of-nobody', '10.0.1.99/32'),
      claim('elsewhere', '10.0.9.20/32'),
    ];
    const here = await poolSetting({ seen: seeing(20), resources });
    await tell(here, 'observed', { address: '10.0.1.30', expiresAt: farAway });
    await look(here);
    const { findings } = (await owners(here, ['-o', 'json'])).json() as Found;
    expect(findings.map(({ reason, message }) => `${reason} ${message}`)).to.deep.equal([
      'ClaimNotCaptured of-a-client claims 10.0.1.20, which this router does not capture: LocalHomeOwned, the provider shows it on this side',
      'ClaimNotCaptured of-the-router claims 10.0.1.4, which this router does not capture: LocalRouterSelf, it is an address of this router',
    ]);
    expect((await owners(here, [])).stdout).to.match(
      /^router\.yaml:1:\d+: startup-config: warning: of-a-client claims 10\.0\.1\.20.* \[ClaimNotCaptured\]$/m,
    );
    expect(userGit(here.state, 'show', 'HEAD:inventory/app.ownership.yaml')).to.contain('ClaimNotCaptured');
    const one = (await owners(here, ['10.0.1.20', '-o', 'json'])).json() as Found;
    expect(one.findings).to.have.length(1);

    await writeFiles(here.config, { 'router.yaml': poolRouter({}) });
    await routerctl(['reconcile', ...here.where]);
    await look(here);
    expect(userGit(here.state, 'show', 'HEAD:inventory/app.ownership.yaml')).to.contain('findings: []');
    await checkState(here.state);
  });

  it('finds a claim of an address inside a network that is owned here, which nothing else names', async () => {
    const here = await poolSetting({
      pool: { members: [memberValue({ staticOwnedAddresses: ['10.0.1.8/29'] })] },
      resources: [claim('inside', '10.0.1.10/32')],
    });
    const { findings } = (await owners(here, ['-o', 'json'])).json() as Found;
    expect(findings.map(({ reason }) => reason)).to.deep.equal(['ClaimNotCaptured']);
  });

  it('finds addresses with two homes', async () => {
    const here = await poolSetting({ seen: seeing(20) });
    await tell(here, 'observed', { address: '10.0.1.20', expiresAt: farAway });
    await look(here);
    const { code, stdout } = await owners(here, []);
    expect(code).to.equal(0);
    expect(stdout).to.match(
      /warning: 10\.0\.1\.20 has more than one home: aws and oci \[AddressConflict\]$/m,
    );
    expect((await owners(here, ['10.0.1.20'])).stdout).to.contain('[AddressConflict]');
    expect(userGit(here.state, 'show', 'HEAD:inventory/app.ownership.yaml')).to.contain('AddressConflict');
  });
});
