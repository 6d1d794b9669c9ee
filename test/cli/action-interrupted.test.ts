import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import {
  action,
  actionSetting,
  assignPlan,
  effectsOf,
  executorProgram,
  pathOf,
  permissive,
  setExecutor,
  setPolicy,
  statusOf,
} from '../rig/action-setting.js';
import type { ActionSetting } from '../rig/action-setting.js';
import { windowIn } from '../rig/action-run.js';
import { checkState } from '../rig/invariants.js';
import { readPids } from '../rig/plugins.js';
import { until, untilGone } from '../rig/processes.js';
import { startRouterctl } from '../rig/routerctl.js';
import type { Running } from '../rig/routerctl.js';

/** Waits for the file `$EFFECTS.go`, however often it is told to end. */
const waiting = [
  "trap '' TERM INT",
  'echo $$ > "$EFFECTS.new" && mv "$EFFECTS.new" "$EFFECTS.pid"',
  'until [ -e "$EFFECTS.go" ]; do sleep 0.05; done',
  'answer succeeded',
].join('\n');

/** An approved action whose executor is at work, and waits. */
async function atWork(
  what = 'execute',
): Promise<ActionSetting & { id: string; ids: readonly string[]; running: Running; told: () => string }> {
  const plans = [assignPlan(1), assignPlan(2)];
  const here = await actionSetting({ plans, timeout: '10m', executor: executorProgram('answer succeeded') });
  await setPolicy(here, { ...permissive, requireApproval: false });
  if (what === 'rollback') await action(here, 'execute', here.id, '--approved');
  await setExecutor(here, executorProgram(waiting));
  const args = what === 'rollback' ? ['rollback', here.id] : ['execute', ...here.ids];
  const running = await startRouterctl(['action', ...args, '--approved', ...here.where]);
  const told = heard(running);
  await until('the executor runs', () => existsSync(`${here.effects}.pid`));
  return { ...here, running, told };
}

/** What a command has said on stderr so far. */
function heard({ child }: Running): () => string {
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  return () => text;
}

/** Kills routerctl, and its executor with it, as a machine that loses power would. */
async function lose({ running, effects }: ActionSetting & { running: Running }): Promise<void> {
  running.child.kill('SIGKILL');
  await running.ended;
  const pids = await readPids(`${effects}.pid`);
  for (const pid of pids) process.kill(-pid, 'SIGKILL');
  await untilGone(pids);
}

describe('an action that is interrupted', () => {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`by ${signal}: its result is recorded, no further one is started, exit ${code}`, async () => {
      const here = await atWork();
      here.running.child.kill(signal);
      await until('it has heard', () => here.told().includes('a second signal leaves it unknown'));
      await writeFile(`${here.effects}.go`, '');
      const ended = await here.running.ended;
      expect([ended.code, ended.stdout]).to.deep.equal([code, `${here.id}: succeeded\n`]);
      expect([await statusOf(here, here.id), await statusOf(here, here.ids[1] ?? '')]).to.deep.equal([
        'succeeded',
        'pending',
      ]);
      expect(effectsOf(here)).to.deep.equal(['key-1']);
      await checkState(here.state);
    });

    it(`by a second ${signal}: it ends at once with ${code}, no child survives, and the action is unknown`, async () => {
      const here = await atWork();
      here.running.child.kill(signal);
      await until('it has heard', () => here.told().includes('a second signal'));
      here.running.child.kill(signal);
      expect((await here.running.ended).code).to.equal(code);
      await untilGone(await readPids(`${here.effects}.pid`));
      await action(here, 'import');
      expect(await pathOf(here, here.id)).to.equal('pending→executing→unknown');
      expect(effectsOf(here)).to.deep.equal(['key-1']);
    });
  }

  it('by kill -9: show says so, the next command that writes makes it unknown, and it is settled by a word', async () => {
    const here = await atWork();
    await lose(here);
    const shown = await action(here, 'show', here.id);
    expect(shown.stdout).to.match(/: executing, but the process that ran its executor is gone/);
    await setExecutor(here, executorProgram('answer succeeded'));
    expect((await action(here, 'execute', here.id, '--approved')).code).to.equal(2);
    expect(await statusOf(here, here.id)).to.equal('unknown');
    expect(effectsOf(here)).to.deep.equal(['key-1']);

    for (const wrong of [
      ['resolve', here.id],
      ['resolve', here.id, '--succeeded'],
      ['resolve', here.id, '--failed', '-m', ' '],
      ['resolve', here.id, '--succeeded', '--failed', '-m', 'both'],
      ['resolve', here.id, '--look', '--failed', '-m', 'both'],
    ]) {
      const { code, stdout } = await action(here, ...wrong);
      expect([code, stdout], wrong.join(' ')).to.deep.equal([1, '']);
    }
    const settled = await action(here, 'resolve', here.id, '--failed', '-m', 'the console shows no address');
    expect([settled.code, settled.stdout]).to.deep.equal([
      0,
      `${here.id}: unknown -> failed (the console shows no address)\n`,
    ]);
    expect((await action(here, 'resolve', here.id, '--failed', '-m', 'again')).code).to.equal(1);
    expect((await action(here, 'execute', here.id, '--approved')).code, 'not without a retry').to.equal(2);
    expect((await action(here, 'retry', here.id, '-m', 'try again')).stdout).to.contain('failed -> pending');
    expect((await action(here, 'execute', here.id, '--approved')).code).to.equal(0);
    expect(await pathOf(here, here.id)).to.equal(
      'pending→executing→unknown→failed→pending→executing→succeeded',
    );
    expect(effectsOf(here)).to.deep.equal(['key-1', 'key-1']);
    await checkState(here.state);
  });

  it('whose executor outlives routerctl is left alone until that has ended', async () => {
    const here = await atWork();
    here.running.child.kill('SIGKILL');
    await here.running.ended;
    await action(here, 'import');
    expect(await statusOf(here, here.id), 'the executor may yet act').to.equal('executing');
    expect((await action(here, 'resolve', here.id, '--failed', '-m', 'nothing there')).code).to.equal(1);
    expect((await action(here, 'execute', here.id, '--approved')).code).to.equal(2);
    const pids = await readPids(`${here.effects}.pid`);
    await writeFile(`${here.effects}.go`, '');
    await untilGone(pids);
    await action(here, 'import');
    expect(await pathOf(here, here.id)).to.equal('pending→executing→unknown');
    expect(effectsOf(here)).to.deep.equal(['key-1']);
  });

  it('may be settled as succeeded, and then be taken back', async () => {
    const here = await atWork();
    await lose(here);
    await setExecutor(here, executorProgram('answer succeeded'));
    expect((await action(here, 'resolve', here.id, '--succeeded', '-m', 'it is there')).code).to.equal(0);
    expect((await action(here, 'execute', here.id, '--approved')).code, 'done').to.equal(0);
    expect((await action(here, 'rollback', here.id, '--approved')).code).to.equal(0);
    expect(effectsOf(here)).to.deep.equal(['key-1', 'key-1:undo']);
  });

  for (const [word, state] of [
    ['--succeeded', 'rolledBack'],
    ['--failed', 'succeeded'],
  ] as const) {
    it(`in an undo: resolve ${word} speaks about the undo, and makes it ${state}`, async () => {
      const here = await atWork('rollback');
      await lose(here);
      await action(here, 'import');
      expect(await statusOf(here, here.id)).to.equal('unknown');
      expect((await action(here, 'resolve', here.id, word, '-m', 'seen')).code).to.equal(0);
      expect(await statusOf(here, here.id)).to.equal(state);
    });
  }

  it('is settled by an executor that can look, and by no other', async () => {
    const here = await atWork();
    await lose(here);
    await setExecutor(here, executorProgram('answer succeeded'));
    const blind = await action(here, 'resolve', here.id, '--look');
    expect(blind.code).to.equal(1);
    expect(blind.stderr).to.contain('does not say whether the effect is there');
    expect(await statusOf(here, here.id)).to.equal('unknown');
    await setExecutor(
      here,
      executorProgram('answer succeeded | sed \'s/}}$/,"observed":{"effect":"present"}}}/\''),
    );
    const seen = await action(here, 'resolve', here.id, '--look', '-o', 'json');
    expect(seen.code).to.equal(0);
    expect((seen.json() as { items: unknown[] }).items[0]).to.include({
      moved: true,
      from: 'unknown',
      to: 'succeeded',
    });
    expect(effectsOf(here)).to.deep.equal(['key-1']);
    await checkState(here.state);
  });
});

describe('action execute --wait-window', () => {
  it('waits for the window where it alone is closed, and then executes', async () => {
    const here = await actionSetting({ policy: { executionWindow: windowIn(6) } });
    await action(here, 'approve', here.id);
    expect((await action(here, 'execute', here.id, '--approved')).code).to.equal(2);
    const running = await startRouterctl(['action', 'execute', '--approved', '--wait-window', ...here.where]);
    const told = heard(running);
    await until('it waits', () => told().includes('waiting for it'));
    expect(effectsOf(here)).to.deep.equal([]);
    await setPolicy(here, permissive);
    const { code, stdout, stderr } = await running.ended;
    expect([code, stdout]).to.deep.equal([0, `${here.id}: succeeded: done\n`]);
    expect(stderr).to.match(
      new RegExp(`^${here.id}: the execution window is closed at .*; waiting for it\n$`),
    );
    expect(effectsOf(here)).to.deep.equal(['key-1']);
    await checkState(here.state);
  });

  it('waits for nothing else', async () => {
    const here = await actionSetting({ policy: { executionWindow: windowIn(6), enabled: false } });
    await action(here, 'approve', here.id);
    const { code, stdout } = await action(here, 'execute', here.id, '--approved', '--wait-window');
    expect(code).to.equal(2);
    expect(stdout).to.contain('the policy is not enabled').and.to.contain('the execution window is closed');
    expect((await action(here, 'execute', '--dry-run', '--wait-window')).code).to.equal(1);
  });

  for (const [end, exit] of [
    ['signal', 143],
    ['closed gate', 2],
  ] as const) {
    it(`stops waiting at a ${end}: ${exit}`, async () => {
      const here = await actionSetting({ policy: { executionWindow: windowIn(6) } });
      await action(here, 'approve', here.id);
      const running = await startRouterctl([
        'action',
        'execute',
        '--approved',
        '--wait-window',
        ...here.where,
      ]);
      const told = heard(running);
      await until('it waits', () => told().includes('waiting for it'));
      if (end === 'signal') running.child.kill('SIGTERM');
      else await setPolicy(here, { ...permissive, enabled: false });
      expect((await running.ended).code).to.equal(exit);
      expect([await statusOf(here, here.id), effectsOf(here)]).to.deep.equal(['approved', []]);
    });
  }
});
