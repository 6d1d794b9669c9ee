import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ValueMap } from '../../protocol/resource.js';
import { stateOf } from '../../reconciler/action/action.js';
import { readJournal } from '../../reconciler/action/journal.js';
import { addPlugin, routerFile } from '../rig/config-dir.js';
import { DaemonRig } from '../rig/daemon-rig.js';
import { answering } from '../rig/driven-plugins.js';
import { suspendFor } from '../rig/operator.js';
import { until } from '../rig/processes.js';
import { tempDir } from '../rig/temp.js';

const open: ValueMap = {
  enabled: true,
  dryRunOnly: false,
  requireApproval: false,
  allowedProviders: ['oci'],
  allowedActions: ['assign-secondary-ip'],
  maxActionsPerRun: 10,
};

function policy(spec: ValueMap): string {
  return routerFile({
    apiVersion: 'hybrid.routerd.net/v1alpha1',
    kind: 'ProviderActionPolicy',
    metadata: { name: 'actions' },
    spec,
  });
}

function planning(...hosts: number[]): ValueMap {
  return {
    actionPlans: hosts.map(host => ({
      name: `assign-${host}`,
      provider: 'oci',
      action: 'assign-secondary-ip',
      target: { address: `10.0.0.${host}`, nicRef: 'nic' },
      idempotencyKey: `key-${host}`,
    })),
  };
}

/** Writes down every request that it gets, and says that it is done. */
const obeying = `#!/bin/sh
key=$(sed 's/.*"idempotencyKey":"\\([^"]*\\)".*/\\1/')
echo "$key" >> "$LEDGER"
echo '{"apiVersion":"provideraction.routerd.net/v1alpha1","kind":"ExecuteActionResult","status":{"status":"succeeded"}}'
`;

const hanging = '#!/bin/sh\necho started >> "$LEDGER"\nexec sleep 600\n';

class ActionRig {
  private constructor(
    readonly rig: DaemonRig,
    readonly ledger: string,
  ) {}

  static async create(spec: ValueMap, program = obeying): Promise<ActionRig> {
    const rig = await DaemonRig.create();
    const ledger = join(await tempDir(), 'ledger');
    await rig.add('planner', {
      every: '60s',
      more: { capabilities: ['propose.dynamicConfig', 'propose.providerAction'] },
    });
    await addPlugin(rig.config, 'oci-executor', {
      program,
      spec: { capabilities: ['execute.providerAction'], timeout: '300s', env: { LEDGER: ledger } },
      ttl: null,
    });
    await rig.start();
    await rig.edit({ 'router.yaml': policy(spec) });
    return new ActionRig(rig, ledger);
  }

  async plan(...hosts: number[]): Promise<void> {
    this.rig.plugins.open('planner').answer(planning(...hosts));
    this.rig.plugins.behave('planner', answering(planning(...hosts)));
    await this.rig.idle();
  }

  /** States by host, in the order of the hosts. */
  async states(): Promise<string[]> {
    const { head } = await this.rig.view();
    return [...readJournal(head.files, this.rig.state).values()]
      .map(action => `${action.idempotencyKey} ${stateOf(action)}`)
      .sort();
  }

  async reaches(...states: string[]): Promise<void> {
    await until(`the actions are ${states.join(', ')}`, async () => {
      await this.rig.idle();
      return String(await this.states()) === String(states);
    });
  }

  async executed(): Promise<string[]> {
    try {
      return (await readFile(this.ledger, 'utf8')).trim().split('\n');
    } catch {
      return [];
    }
  }
}

describe('the daemon and provider actions', () => {
  it('imports the plans of a part, and voids them when the part no longer holds them', async () => {
    const actions = await ActionRig.create({});
    await actions.plan(1, 2);
    await actions.reaches('key-1 pending', 'key-2 pending');
    actions.rig.plugins.behave('planner', answering(planning(2)));
    await actions.rig.advance(61_000);
    await actions.reaches('key-1 void', 'key-2 pending');
    expect(await actions.executed()).to.deep.equal([]);
    await actions.rig.stop();
  });

  it('executes nothing by itself while an approval is needed', async () => {
    const actions = await ActionRig.create({ ...open, requireApproval: true });
    await actions.plan(1);
    await actions.reaches('key-1 pending');
    await actions.rig.advance(600_000);
    expect(await actions.states()).to.deep.equal(['key-1 pending']);
    expect(await actions.executed()).to.deep.equal([]);
    await actions.rig.stop();
  });

  for (const target of ['plugin/oci-executor', 'all']) {
    it(`executes nothing while ${target} is suspended, and goes on by itself`, async () => {
      const actions = await ActionRig.create(open);
      await suspendFor(actions.rig, target, 120_000);
      await actions.plan(1);
      await actions.reaches('key-1 pending');
      await actions.rig.advance(110_000);
      expect(await actions.executed()).to.deep.equal([]);
      await actions.rig.advance(10_000);
      await actions.reaches('key-1 succeeded');
      await actions.rig.stop();
    });
  }

  it('executes each action once where the policy says so, and commits every step', async () => {
    const actions = await ActionRig.create(open);
    await actions.plan(1, 2);
    await actions.reaches('key-1 succeeded', 'key-2 succeeded');
    await actions.rig.advance(600_000);
    expect((await actions.executed()).sort()).to.deep.equal(['key-1', 'key-2']);
    const steps = actions.rig.subjects().filter(subject => subject.startsWith('action: '));
    expect(steps.map(subject => subject.replace(/^action: \S+ /, '')).sort()).to.deep.equal([
      'executing -> succeeded (Plugin/oci-executor)',
      'executing -> succeeded (Plugin/oci-executor)',
      'pending (routerd)',
      'pending (routerd)',
      'pending -> executing (routerd)',
      'pending -> executing (routerd)',
    ]);
    await actions.rig.stop();
  });

  it('starts no more in a minute than the policy allows, over a restart as well', async () => {
    const actions = await ActionRig.create({ ...open, maxActionsPerRun: 1 });
    await actions.plan(1, 2);
    await actions.reaches('key-1 succeeded', 'key-2 pending');
    await actions.rig.stop();
    await actions.rig.start();
    await actions.rig.advance(50_000);
    expect(await actions.states()).to.deep.equal(['key-1 succeeded', 'key-2 pending']);
    await actions.rig.advance(11_000);
    await actions.reaches('key-1 succeeded', 'key-2 succeeded');
    await actions.rig.stop();
  });

  it('asks the policy again before each action', async () => {
    const actions = await ActionRig.create({ ...open, maxActionsPerRun: 1 });
    await actions.plan(1, 2);
    await actions.reaches('key-1 succeeded', 'key-2 pending');
    await actions.rig.edit({ 'router.yaml': policy({ ...open, enabled: false }) });
    await actions.rig.advance(600_000);
    expect(await actions.executed()).to.deep.equal(['key-1']);
    await actions.rig.stop();
  });

  it('executes nothing while the config directory is broken', async () => {
    const actions = await ActionRig.create({ ...open, maxActionsPerRun: 1 });
    await actions.plan(1, 2);
    await actions.reaches('key-1 succeeded', 'key-2 pending');
    await actions.rig.edit({ 'broken.yaml': 'a: [\n' });
    await actions.rig.advance(600_000);
    expect(await actions.executed()).to.deep.equal(['key-1']);
    await actions.rig.stop();
  });

  it('ends an executor that does not come to an end when it stops, and does not know then what came of it', async () => {
    const actions = await ActionRig.create(open, hanging);
    await actions.plan(1);
    await until('the executor runs', async () => (await actions.executed()).length === 1);
    const stopped = actions.rig.stop();
    await actions.rig.clock.advance(8_000);
    await stopped;
    expect(await actions.states()).to.deep.equal(['key-1 unknown']);
    await actions.rig.start();
    await actions.rig.advance(600_000);
    expect(await actions.executed()).to.deep.equal(['started']);
    expect(await actions.states()).to.deep.equal(['key-1 unknown']);
    await actions.rig.stop();
  });
});
