import { expect } from 'chai';
import { join } from 'node:path';
import {
  action,
  actionSetting,
  answering,
  assignPlan,
  effectsOf,
  executorProgram,
  pathOf,
  permissive,
  setExecutor,
  setPlans,
  setPolicy,
  statusOf,
} from '../rig/action-setting.js';
import { closedGates, outcomes, run, watched, windowIn } from '../rig/action-run.js';
import type { Run } from '../rig/action-run.js';
import { checkState } from '../rig/invariants.js';
import { routerctl } from '../rig/routerctl.js';
import { must, userGit } from '../rig/store.js';
import { acquireLock } from '../../state/lock.js';

describe('action execute', () => {
  it('does nothing by itself, and names both flags', async () => {
    const here = await actionSetting();
    await action(here, 'approve', here.id);
    for (const args of [['execute'], ['execute', here.id], ['rollback', here.id]]) {
      const { code, stdout, stderr } = await watched(here, ...args);
      expect([code, stdout], args.join(' ')).to.deep.equal([1, '']);
      expect(stderr).to.contain('--dry-run').and.to.contain('--approved');
    }
    const { code, stderr } = await watched(here, 'execute', '--dry-run', '--approved');
    expect([code, effectsOf(here)]).to.deep.equal([1, []]);
    expect(stderr).to.contain('cannot be used with');
    await checkState(here.state);
  });

  it('starts nothing where one of the ids is not there', async () => {
    const here = await actionSetting();
    await action(here, 'approve', here.id);
    for (const flag of ['--approved', '--dry-run']) {
      const { code, stdout, stderr } = await watched(here, 'execute', here.id, 'nobody', '../x', flag);
      expect([code, stdout]).to.deep.equal([1, '']);
      expect(stderr).to.match(
        /^routerctl: there is no action "nobody": .*\nrouterctl: there is no action "..\/x": .*\n$/,
      );
    }
    expect(effectsOf(here)).to.deep.equal([]);
  });

  it('executes what is approved, once, and says so when it is asked again', async () => {
    const here = await actionSetting({ plans: [assignPlan(1), assignPlan(2)] });
    const [first = '', second = ''] = here.ids;
    await action(here, 'approve', first, second);
    const { code, stdout, stderr } = await action(here, 'execute', '--approved', '-m', 'change 4711');
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(stdout.split('\n').sort()).to.deep.equal(
      ['', `${first}: succeeded: done`, `${second}: succeeded: done`].sort(),
    );
    const again = await run(here, 'execute', first, first, second, '--approved');
    expect([again.code, outcomes(again)]).to.deep.equal([0, ['done', 'done']]);
    expect((await action(here, 'execute', first, '--approved')).stdout).to.contain('has succeeded already');
    const idle = await action(here, 'execute', '--approved');
    expect([idle.code, idle.stderr]).to.deep.equal([0, 'no action is approved: see routerctl action list\n']);
    expect(effectsOf(here).sort()).to.deep.equal(['key-1', 'key-2']);
    expect(await pathOf(here, first)).to.equal('pending→approved→executing→succeeded');
    const log = await action(here, 'journal', first);
    expect(log.stdout).to.contain('change 4711');
    await checkState(here.state);
  });

  it('does not start again what a history that was set back, and adopted, has forgotten', async () => {
    const here = await actionSetting({ executor: answering({ status: 'failed', error: 'quota' }) });
    await action(here, 'approve', here.id);
    await action(here, 'execute', here.id, '--approved');
    await setExecutor(here, answering({ status: 'succeeded' }));
    await action(here, 'retry', here.id);
    await action(here, 'approve', here.id);
    const approved = userGit(here.state, 'rev-parse', 'main').trim();
    expect(outcomes(await run(here, 'execute', here.id, '--approved'))).to.deep.equal(['succeeded']);
    userGit(here.state, 'reset', '-q', '--hard', approved);
    expect((await routerctl(['adopt', ...here.where])).code).to.equal(0);
    const again = await run(here, 'execute', here.id, '--approved');
    expect([again.code, closedGates(again)]).to.deep.equal([2, [['key']]]);
    expect(effectsOf(here)).to.deep.equal(['key-1', 'key-1']);
  });

  it('takes the oldest import first', async () => {
    const here = await actionSetting({ plans: [assignPlan(9)] });
    await setPlans(here, [assignPlan(9), assignPlan(1), assignPlan(5)]);
    await routerctl(['reconcile', ...here.where]);
    await action(here, 'import');
    await setPolicy(here, { ...permissive, requireApproval: false });
    const all = await run(here, 'execute', '--approved');
    expect([all.code, all.items[0]?.id, all.items.length]).to.deep.equal([0, here.id, 3]);
    expect(effectsOf(here)[0]).to.equal('key-9');
  });

  const statuses: readonly (readonly [status: string, code: number, path: string])[] = [
    ['succeeded', 0, 'pending→approved→executing→succeeded'],
    ['skipped', 2, 'pending→approved→executing→skipped'],
    ['failed', 1, 'pending→approved→executing→failed'],
  ];
  for (const [status, code, path] of statuses) {
    it(`exits with ${code} where the executor says ${status}`, async () => {
      const here = await actionSetting({ executor: answering({ status, message: 'so it is' }) });
      await action(here, 'approve', here.id);
      const done = await run(here, 'execute', here.id, '--approved');
      expect([done.code, outcomes(done), done.items[0]?.status]).to.deep.equal([code, [status], status]);
      expect(done.items[0]?.message).to.equal('so it is');
      expect(await pathOf(here, here.id)).to.equal(path);
      expect(effectsOf(here)).to.deep.equal(['key-1']);
    });
  }

  it('refuses what nobody has approved with 2, and a failure is worse than a refusal', async () => {
    const here = await actionSetting({ plans: [assignPlan(1), assignPlan(2), assignPlan(3)] });
    const [first = '', second = '', third = ''] = here.ids;
    await action(here, 'approve', second, third);
    const refused = await run(here, 'execute', first, second, '--approved');
    expect([refused.code, outcomes(refused)]).to.deep.equal([2, ['refused', 'succeeded']]);
    expect(closedGates(refused)).to.deep.equal([['approval'], []]);
    await setExecutor(here, answering({ status: 'failed', error: 'quota' }));
    await action(here, 'approve', third);
    const worse = await run(here, 'execute', first, third, '--approved');
    expect([worse.code, outcomes(worse)]).to.deep.equal([1, ['refused', 'failed']]);
    expect(effectsOf(here)).to.deep.equal(['key-2', 'key-3']);
  });

  it('lets no denied action block those behind it', async () => {
    const plans = [
      assignPlan(1, { target: { address: '192.0.2.1', nicRef: 'n' } }),
      assignPlan(2, { provider: 'aws' }),
      assignPlan(3),
    ];
    const here = await actionSetting({ plans, policy: { allowedCIDRs: ['10.0.0.0/8'] } });
    await action(here, 'approve', ...here.ids);
    const done = await run(here, 'execute', ...here.ids, '--approved');
    expect([done.code, outcomes(done)]).to.deep.equal([2, ['refused', 'refused', 'succeeded']]);
    expect(closedGates(done)[0]).to.deep.equal(['cidr']);
    expect(closedGates(done)[1]).to.include.members(['provider', 'executor']);
    expect(effectsOf(here)).to.deep.equal(['key-3']);
  });

  it('starts at most maxActionsPerRun in one run', async () => {
    const plans = [1, 2, 3].map(n => assignPlan(n));
    const here = await actionSetting({ plans, policy: { maxActionsPerRun: 2, requireApproval: false } });
    const would = await run(here, 'execute', '--dry-run');
    expect([would.code, outcomes(would)]).to.deep.equal([2, ['ready', 'ready', 'refused']]);
    const first = await run(here, 'execute', '--approved');
    expect([first.code, outcomes(first)]).to.deep.equal([2, ['succeeded', 'succeeded', 'refused']]);
    expect(closedGates(first)[2]).to.deep.equal(['limit']);
    const second = await run(here, 'execute', '--approved');
    expect([second.code, outcomes(second)]).to.deep.equal([0, ['succeeded']]);
    await setPolicy(here, { ...permissive, maxActionsPerRun: 0 });
    expect(effectsOf(here)).to.have.length(3);
  });

  describe('--dry-run', () => {
    it('needs no approval, writes nothing, and prints gates and answer side by side', async () => {
      const here = await actionSetting({ plans: [assignPlan(1), assignPlan(2)] });
      await action(here, 'approve', here.id);
      const { code, stdout, stderr } = await watched(here, 'execute', '--dry-run');
      expect([code, stderr], 'one of them is not approved').to.deep.equal([2, '']);
      expect(stdout).to.contain(`${here.id}: would be executed\n`);
      expect(stdout).to.contain(`${here.ids[1] ?? ''}: would be refused\n`);
      expect(stdout).to.match(/^ {2}CLOSED {2}approval +nobody has approved it/m);
      expect(stdout).to.match(/^ {2}open {4}cidr /m);
      expect(stdout.match(/the executor says succeeded: done; observed {"ref":"ip-7"}/g)).to.have.length(2);
      expect((await watched(here, 'execute', here.id, '--dry-run')).code).to.equal(0);
      expect(effectsOf(here)).to.deep.equal([]);
    });

    const answers: readonly (readonly [says: string, executor: string, code: number, outcome: string])[] = [
      ['succeeded', answering({ status: 'succeeded' }), 0, 'ready'],
      ['skipped', answering({ status: 'skipped', message: 'not in a dry-run' }), 0, 'ready'],
      ['failed', answering({ status: 'failed', error: 'no such NIC' }), 1, 'failed'],
      ['rubbish', executorProgram('echo rubbish'), 1, 'unknown'],
      ['nothing', executorProgram('exit 3'), 1, 'unknown'],
    ];
    for (const [says, executor, code, outcome] of answers) {
      it(`exits with ${code} where the executor says ${says}, and moves nothing`, async () => {
        const here = await actionSetting({ executor });
        await action(here, 'approve', here.id);
        const ended = await watched(here, 'execute', here.id, '--dry-run', '-o', 'json');
        expect([ended.code, outcomes(ended.json() as Run)]).to.deep.equal([code, [outcome]]);
        expect(await statusOf(here, here.id)).to.equal('approved');
        await checkState(here.state);
      });
    }

    it('asks the executor only where policy, provider, providerRef, action and address permit it', async () => {
      const plan = assignPlan(1, { providerRef: 'oci-prod' });
      const here = await actionSetting({ plans: [plan], policy: { dryRunOnly: true } });
      const changes = [
        { allowedProviders: ['aws'] },
        { allowedProviderRefs: ['oci-test'] },
        { allowedActions: ['ensure-forwarding-enabled'] },
        { allowedCIDRs: ['192.0.2.0/24'] },
        { enabled: false },
      ];
      for (const change of changes) {
        await setPolicy(here, { ...permissive, ...change });
        const { code, stdout } = await watched(here, 'execute', '--dry-run');
        expect(code, JSON.stringify(change)).to.equal(2);
        expect(stdout, JSON.stringify(change)).to.contain('the executor is not asked');
      }
      await setPolicy(here, {
        ...permissive,
        dryRunOnly: true,
        maxActionsPerRun: 0,
        executionWindow: windowIn(6),
      });
      const asked = await run(here, 'execute', '--dry-run');
      expect(closedGates(asked)).to.deep.equal([['mode', 'window', 'approval', 'limit']]);
      expect(asked.items[0]?.answer?.outcome).to.equal('succeeded');
    });

    it('goes on while somebody else writes', async () => {
      const here = await actionSetting();
      const lock = must(
        await acquireLock(join(here.state, 'run/lock'), { timeoutMs: 1_000, holder: { command: 'a test' } }),
      );
      try {
        for (const args of [
          ['execute', '--dry-run'],
          ['import', '--dry-run'],
          ['list'],
          ['show', here.id],
          ['journal'],
        ])
          expect((await action(here, ...args)).code, args.join(' ')).to.equal(args[0] === 'execute' ? 2 : 0);
      } finally {
        await lock.release();
      }
    });
  });

  it('exits with 75 where the lock is not got, like every command that writes, and starts nothing', async () => {
    const here = await actionSetting();
    await action(here, 'approve', here.id);
    const lock = must(
      await acquireLock(join(here.state, 'run/lock'), { timeoutMs: 1_000, holder: { command: 'a test' } }),
    );
    try {
      for (const command of [
        `execute ${here.id} --approved`,
        'execute --approved',
        'import',
        `approve ${here.id}`,
        `reject ${here.id} -m no`,
        `retry ${here.id}`,
        `resolve ${here.id} --failed -m no`,
        `resolve ${here.id} --look`,
        `rollback ${here.id} --approved`,
      ]) {
        const { code, stderr } = await action(here, ...command.split(' '), '--lock-timeout', '0');
        expect([code, stderr.includes(`a test (pid ${process.pid}`)], command).to.deep.equal([75, true]);
      }
    } finally {
      await lock.release();
    }
    expect([await statusOf(here, here.id), effectsOf(here)]).to.deep.equal(['approved', []]);
  });
});
