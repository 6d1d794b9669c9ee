import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import {
  action,
  actionResult,
  actionSetting,
  assignPlan,
  effectsOf,
  executorProgram,
  pathOf,
  setExecutor,
} from '../rig/action-setting.js';
import { closedGates, outcomes, run, watched } from '../rig/action-run.js';
import { checkState } from '../rig/invariants.js';

describe('action rollback', () => {
  const refusesUndo = executorProgram(
    'if [ "$verb" = unassign-secondary-ip ]; then answer failed; else answer succeeded; fi',
  );

  it('takes an action back, once, under the observed facts', async () => {
    const keep = executorProgram(
      `[ "$mode" = execute ] && printf '%s\\n' "$request" >> "$EFFECTS.requests"\necho '${actionResult({ status: 'succeeded', observed: { ref: 'ip-7', zone: 'a' } })}'`,
    );
    const undo = { action: 'unassign-secondary-ip', parameters: { zone: 'b' } };
    const here = await actionSetting({ executor: keep, plans: [assignPlan(1, { undo })] });
    await action(here, 'approve', here.id);
    await run(here, 'execute', here.id, '--approved');
    const would = await watched(here, 'rollback', here.id, '--dry-run');
    expect([would.code, would.stdout.includes('would be taken back')]).to.deep.equal([0, true]);
    const { code, stdout } = await action(here, 'rollback', here.id, '--approved', '-m', 'wrong NIC');
    expect([code, stdout]).to.deep.equal([0, `${here.id}: rolled back\n`]);
    const again = await run(here, 'rollback', here.id, '--approved');
    expect([again.code, outcomes(again)]).to.deep.equal([0, ['done']]);
    expect((await action(here, 'rollback', here.id, '--dry-run')).stdout).to.contain('rolled back already');
    expect(await pathOf(here, here.id)).to.equal(
      'pending→approved→executing→succeeded→rollingBack→rolledBack',
    );
    expect(effectsOf(here)).to.deep.equal(['key-1', 'key-1:undo']);
    const [, second = ''] = readFileSync(`${here.effects}.requests`, 'utf8').split('\n');
    expect((JSON.parse(second) as { spec: unknown }).spec).to.deep.equal({
      action: 'unassign-secondary-ip',
      provider: 'oci',
      target: { address: '10.0.1.1', nicRef: 'nic-1' },
      parameters: { ref: 'ip-7', zone: 'b' },
      mode: 'execute',
      idempotencyKey: 'key-1:undo',
    });
    await checkState(here.state);
  });

  it('is refused where the policy permits no undo, or the action has not succeeded', async () => {
    const here = await actionSetting({ policy: { allowUndo: false } });
    const early = await run(here, 'rollback', here.id, '--approved');
    expect([early.code, closedGates(early)[0]]).to.deep.equal([2, ['state', 'undo']]);
    await action(here, 'approve', here.id);
    await run(here, 'execute', here.id, '--approved');
    const denied = await run(here, 'rollback', here.id, '--approved');
    expect([denied.code, outcomes(denied), closedGates(denied)]).to.deep.equal([2, ['refused'], [['undo']]]);
    expect((await action(here, 'rollback', 'nobody', '--approved')).code).to.equal(1);
    expect(effectsOf(here)).to.deep.equal(['key-1']);
  });

  it('that fails leaves the action done, and can be asked for again', async () => {
    const here = await actionSetting({ executor: refusesUndo });
    await action(here, 'approve', here.id);
    await run(here, 'execute', here.id, '--approved');
    const failed = await run(here, 'rollback', here.id, '--approved');
    expect([failed.code, outcomes(failed), failed.items[0]?.status]).to.deep.equal([
      1,
      ['failed'],
      'succeeded',
    ]);
    await setExecutor(here, executorProgram('answer succeeded'));
    const done = await run(here, 'rollback', here.id, '--approved');
    expect([done.code, done.items[0]?.status]).to.deep.equal([0, 'rolledBack']);
  });
});
