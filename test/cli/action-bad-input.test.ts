import { expect } from 'chai';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ValueMap } from '../../protocol/resource.js';
import {
  action,
  actionResult,
  actionSetting,
  answering,
  assignPlan,
  effectsOf,
  executorProgram,
  listed,
  pathOf,
  permissive,
  setExecutor,
  setPlans,
  setPolicy,
  statusOf,
} from '../rig/action-setting.js';
import { checkState } from '../rig/invariants.js';
import { until } from '../rig/processes.js';
import { routerctl, startRouterctl } from '../rig/routerctl.js';

/** What each entry of the "What bad input gets" comes to. Nothing is run twice, and the journal says what was. */
describe('bad input to actions', () => {
  describe('an executor that', () => {
    const bad: readonly (readonly [does: string, body: string, timeout: string, said: RegExp])[] = [
      ['times out', 'sleep 600', '1s', /did not end|time/i],
      ['dies', 'kill -9 $$', '20s', /SIGKILL/],
      ['fails after its answer', 'answer succeeded\nexit 3', '20s', /3/],
      ['prints rubbish', "echo '}{ no YAML ['", '20s', /./],
      ['prints nothing', 'exit 0', '20s', /./],
      ['prints something else', 'echo \'{"kind": "PluginResult"}\'', '20s', /not well formed/],
      ['says another word', 'answer perhaps', '20s', /not well formed/],
      [
        'echoes another key',
        `echo '${actionResult({ status: 'succeeded', idempotencyKey: 'key-2' })}'`,
        '20s',
        /another request/,
      ],
    ];
    for (const [does, body, timeout, said] of bad) {
      it(`${does} leaves the action unknown, and nobody starts it again`, async () => {
        const here = await actionSetting({ executor: executorProgram(body), timeout });
        await action(here, 'approve', here.id);
        const { code, stdout, stderr } = await action(here, 'execute', '--approved');
        expect([code, stderr]).to.deep.equal([1, '']);
        expect(stdout).to.match(new RegExp(`^${here.id}: unknown: .*routerctl action resolve ${here.id}\n$`));
        expect(await pathOf(here, here.id)).to.equal('pending→approved→executing→unknown');
        expect((await listed(here))[0]?.error).to.match(said);
        await setExecutor(here, answering({ status: 'succeeded' }));
        await action(here, 'import');
        expect((await action(here, 'execute', '--approved')).code).to.equal(0);
        expect([await statusOf(here, here.id), effectsOf(here)]).to.deep.equal(['unknown', ['key-1']]);
        await checkState(here.state);
      });
    }

    it('leaves an action that only a resolution moves', async () => {
      const here = await actionSetting({ executor: executorProgram('exit 3') });
      await action(here, 'approve', here.id);
      expect((await action(here, 'execute', here.id, '--approved')).code).to.equal(1);
      await setExecutor(here, answering({ status: 'succeeded' }));
      for (const args of [
        ['execute', here.id, '--approved'],
        ['rollback', here.id, '--approved'],
      ])
        expect((await action(here, ...args)).code, args[0]).to.equal(2);
      for (const args of [
        ['approve', here.id],
        ['retry', here.id],
        ['reject', here.id, '-m', 'no'],
      ])
        expect((await action(here, ...args)).code, args[0]).to.equal(1);
      expect([await statusOf(here, here.id), effectsOf(here)]).to.deep.equal(['unknown', ['key-1']]);
    });

    it('says succeeded in a dry-run moves nothing', async () => {
      const here = await actionSetting();
      await action(here, 'approve', here.id);
      expect((await action(here, 'execute', here.id, '--dry-run')).code).to.equal(0);
      expect([await pathOf(here, here.id), effectsOf(here)]).to.deep.equal(['pending→approved', []]);
      await action(here, 'execute', here.id, '--approved');
      expect((await action(here, 'rollback', here.id, '--dry-run')).code).to.equal(0);
      expect(await statusOf(here, here.id)).to.equal('succeeded');
      expect(effectsOf(here)).to.deep.equal(['key-1']);
    });

    it('was changed after the approval is refused until it is approved again', async () => {
      const here = await actionSetting();
      await action(here, 'approve', here.id);
      await setExecutor(here, answering({ status: 'succeeded', message: 'the new one' }));
      const refused = await action(here, 'execute', here.id, '--approved');
      expect([refused.code, effectsOf(here)]).to.deep.equal([2, []]);
      expect(refused.stdout).to.contain('the executor is not the one that it was approved for');
      expect((await action(here, 'approve', here.id)).code).to.equal(0);
      expect((await action(here, 'execute', here.id, '--approved')).stdout).to.contain('the new one');
      expect(await pathOf(here, here.id)).to.equal('pending→approved→approved→executing→succeeded');
      await checkState(here.state);
    });

    it('is gone, cannot be started, or may be written to by anybody, is refused', async () => {
      const here = await actionSetting();
      await action(here, 'approve', here.id);
      const program = join(here.config, 'plugins/oci-executor/bin/oci-executor');
      const spoil = [
        () => setExecutor(here, '#!/nowhere/at/all\n'),
        () => chmod(program, 0o777),
        () => rm(program),
      ];
      for (const change of spoil) {
        await change();
        const refused = await action(here, 'execute', here.id, '--approved');
        expect([refused.code, await statusOf(here, here.id)]).to.deep.equal([2, 'approved']);
        expect(refused.stdout).to.contain(': refused: ').and.to.contain(program);
      }
      expect(effectsOf(here)).to.deep.equal([]);
    });
  });

  describe('a policy', () => {
    const bad: readonly (readonly [what: string, change: ValueMap])[] = [
      ['with an unknown verb', { allowedActions: ['assign-secondary-ip', 'do-as-you-like'] }],
      ['with a malformed CIDR', { allowedCIDRs: ['10.0.0.0/8', '10.0.0.0/33'] }],
      ['with a malformed window', { executionWindow: 'whenever' }],
      ['with an unknown provider', { allowedProviders: ['oci', 'ovh'] }],
      ['with a count that is no number', { maxActionsPerRun: 'many' }],
      ['with a field that nobody knows', { allowAll: true }],
    ];
    for (const [what, change] of bad) {
      it(`${what} denies everything, and validate says where`, async () => {
        const here = await actionSetting({ policy: { requireApproval: false } });
        await action(here, 'approve', here.id);
        await setPolicy(here, { ...permissive, ...change });
        const refused = await action(here, 'execute', here.id, '--approved');
        expect([refused.code, effectsOf(here)]).to.deep.equal([2, []]);
        expect(refused.stdout).to.contain('the config directory does not validate: policy.yaml');
        const checked = await routerctl(['validate', here.config]);
        expect([checked.code, checked.stdout.startsWith('policy.yaml:1:')]).to.deep.equal([1, true]);
        // It was mended: the approval counts as it did before.
        await setPolicy(here, permissive);
        expect((await action(here, 'execute', here.id, '--approved')).code).to.equal(0);
        await checkState(here.state);
      });
    }

    it('beside another one denies everything', async () => {
      const here = await actionSetting();
      await action(here, 'approve', here.id);
      await setPolicy(here, permissive, 'another');
      const refused = await action(here, 'execute', here.id, '--approved');
      expect([refused.code, effectsOf(here)]).to.deep.equal([2, []]);
      expect((await routerctl(['validate', here.config])).stdout).to.contain('DuplicatePolicy');
      await rm(join(here.config, 'another.yaml'));
      await rm(join(here.config, 'policy.yaml'));
      const none = await action(here, 'execute', here.id, '--approved');
      expect([none.code, none.stdout]).to.deep.equal([
        2,
        `${here.id}: refused: there is no ProviderActionPolicy\n`,
      ]);
    });

    it('is read right before each start: a directory that is broken anywhere denies', async () => {
      const here = await actionSetting();
      await action(here, 'approve', here.id);
      await writeFile(join(here.config, 'other.yaml'), 'kind: [');
      expect((await action(here, 'execute', here.id, '--approved')).code).to.equal(2);
      expect([await statusOf(here, here.id), effectsOf(here)]).to.deep.equal(['approved', []]);
    });
  });

  it('approving twice: the second one says who did', async () => {
    const here = await actionSetting();
    await action(here, 'approve', here.id, '--by', 'alice');
    const { code, stdout, stderr } = await action(here, 'approve', here.id, '--by', 'bob');
    expect([code, stdout]).to.deep.equal([1, '']);
    expect(stderr).to.match(
      new RegExp(`^routerctl: action ${here.id}: it is approved already, by alice at .*\n$`),
    );
    expect(await pathOf(here, here.id)).to.equal('pending→approved');
  });

  it('an id that does not exist', async () => {
    const here = await actionSetting();
    for (const command of [
      'show nobody',
      'approve nobody',
      'reject nobody -m no',
      'retry nobody',
      'resolve nobody --failed -m no',
      'resolve nobody --look',
      'execute nobody --approved',
      'rollback nobody --dry-run',
      'journal nobody',
    ]) {
      const { code, stdout, stderr } = await action(here, ...command.split(' '));
      expect([code, stdout], command).to.deep.equal([1, '']);
      expect(stderr, command).to.match(/^routerctl: .*there is no action "nobody"/);
    }
  });

  it('executing a plan that was voided, withdrawn or changed', async () => {
    const here = await actionSetting({ plans: [assignPlan(1), assignPlan(2), assignPlan(3)] });
    const [rejected = '', withdrawn = '', changed = ''] = here.ids;
    await action(here, 'approve', ...here.ids);
    await action(here, 'reject', rejected, '-m', 'not today');
    await setPlans(here, [assignPlan(1), assignPlan(3, { parameters: { zone: 'b' } })]);
    await routerctl(['reconcile', ...here.where]);
    // Nobody has imported since, so the journal has them approved still: the gate of the plan sees it.
    const early = await action(here, 'execute', ...here.ids, '--approved');
    expect([early.code, effectsOf(here)]).to.deep.equal([2, []]);
    expect(early.stdout).to.contain(`${rejected}: refused: the action is void`);
    expect(early.stdout).to.contain(
      `${withdrawn}: refused: the plan assign-2 of Plugin/planner#1 is no longer live`,
    );
    expect(early.stdout).to.contain(`${changed}: refused: the plan has changed since it was imported`);
    await action(here, 'import');
    expect(await pathOf(here, withdrawn)).to.equal('pending→approved→void');
    expect(await pathOf(here, changed)).to.equal('pending→approved→void→pending');
    const late = await action(here, 'execute', ...here.ids, '--approved');
    expect([late.code, effectsOf(here)]).to.deep.equal([2, []]);
    await checkState(here.state);
  });

  it('two processes at the same instant: one executes, the others say so', async () => {
    const here = await actionSetting();
    await action(here, 'approve', here.id);
    const args = ['action', 'execute', here.id, '--approved', '-o', 'json', ...here.where];
    const started = await Promise.all([1, 2, 3, 4].map(() => startRouterctl(args)));
    const ended = await Promise.all(started.map(run => run.ended));
    const outcomes = ended.map(({ json }) => (json() as { items: { outcome: string }[] }).items[0]?.outcome);
    expect(outcomes.filter(outcome => outcome === 'succeeded')).to.have.length(1);
    for (const [i, { code }] of ended.entries())
      expect([outcomes[i], code]).to.deep.equal([outcomes[i], outcomes[i] === 'running' ? 2 : 0]);
    expect(effectsOf(here)).to.deep.equal(['key-1']);
    expect(await pathOf(here, here.id)).to.equal('pending→approved→executing→succeeded');
    await checkState(here.state);
  });

  it('another process while the executor runs: it is told who is at it, and other actions go on', async () => {
    const plans = [assignPlan(1), assignPlan(2)];
    const body =
      'if [ "$key" = key-1 ]; then until [ -e "$EFFECTS.go" ]; do sleep 0.05; done; fi\nanswer succeeded';
    const here = await actionSetting({ plans, executor: executorProgram(body), timeout: '60s' });
    const [first = '', second = ''] = here.ids;
    await action(here, 'approve', ...here.ids);
    const slow = await startRouterctl(['action', 'execute', first, '--approved', ...here.where]);
    await until('the executor runs', () => effectsOf(here).length > 0);
    const other = await action(here, 'execute', first, second, '--approved');
    expect(other.code).to.equal(2);
    expect(other.stdout).to.match(
      new RegExp(`^${first}: running elsewhere: .*\\(pid ${slow.child.pid ?? 0}.*\n${second}: succeeded\n$`),
    );
    expect(await statusOf(here, first)).to.equal('executing');
    expect((await action(here, 'show', first, '-o', 'json')).json()).to.include({ interrupted: false });
    await writeFile(`${here.effects}.go`, '');
    expect((await slow.ended).code).to.equal(0);
    expect(effectsOf(here)).to.deep.equal(['key-1', 'key-2']);
    await checkState(here.state);
  });
});
