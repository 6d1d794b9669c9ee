import { expect } from 'chai';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  action,
  actionFiles,
  actionSetting,
  assignPlan,
  effectsOf,
  executorProgram,
  listed,
  pathOf,
  setPlans,
  statusOf,
} from '../rig/action-setting.js';
import type { ActionSetting } from '../rig/action-setting.js';
import { addPlugin, answers, proposer } from '../rig/config-dir.js';
import { checkState } from '../rig/invariants.js';
import { listing } from '../rig/listing.js';
import { routerctl } from '../rig/routerctl.js';
import { userGit } from '../rig/store.js';

interface Import {
  readonly transitions: readonly { readonly id: string; readonly to: string; readonly message: string }[];
  readonly known: number;
  readonly problems: readonly { readonly reason: string; readonly message: string }[];
}

async function imported(here: ActionSetting, ...more: string[]): Promise<Import> {
  const { code, json } = await action(here, 'import', ...more, '-o', 'json');
  expect(code).to.equal(0);
  return json() as Import;
}

async function reconcile({ where }: ActionSetting): Promise<void> {
  expect((await routerctl(['reconcile', ...where])).code).to.equal(0);
}

describe('action import', () => {
  it('takes each plan in once, says which, and a dry-run says the same beforehand', async () => {
    const here = await actionFiles({ plans: [assignPlan(1), assignPlan(2)] });
    await reconcile(here);
    const before = await listing(here.state);
    const would = await imported(here, '--dry-run');
    expect((await action(here, 'import', '--dry-run')).stdout).to.match(
      /: would be imported from .*\n0 known\n$/,
    );
    expect(await listing(here.state)).to.deep.equal(before);
    const did = await imported(here);
    expect(did.transitions).to.deep.equal(would.transitions);
    expect(did.transitions.map(({ to }) => to)).to.deep.equal(['pending', 'pending']);
    expect(await imported(here)).to.deep.include({ transitions: [], known: 2, problems: [] });
    expect((await action(here, 'import')).stdout).to.equal('2 known\n');
    await checkState(here.state);
  });

  it('voids what is withdrawn, with the reason, and takes it in anew when it comes back', async () => {
    const here = await actionSetting();
    await action(here, 'approve', here.id);
    await setPlans(here, []);
    await reconcile(here);
    const { transitions } = await imported(here);
    expect(transitions.map(({ to, message }) => [to, message])).to.deep.equal([
      ['void', 'the plan assign-1 of Plugin/planner#1 is no longer live'],
    ]);
    await setPlans(here, [assignPlan(1)]);
    await reconcile(here);
    await imported(here);
    expect(await pathOf(here, here.id)).to.equal('pending→approved→void→pending');
    const { json } = await action(here, 'show', here.id, '-o', 'json');
    expect(json()).to.include({ revision: 2, approvedBy: null, approvedAt: null, part: 'Plugin/planner#3' });
  });

  it('reports a plan that contradicts another or cannot be imported, and stops nobody else', async () => {
    const plans = [assignPlan(1), assignPlan(2, { idempotencyKey: 'KEY-1 ' }), assignPlan(3)];
    const here = await actionFiles({ plans });
    const alone = answers('bystander', { actionPlans: [assignPlan(4)] });
    await addPlugin(here.config, 'bystander', { program: alone, spec: proposer });
    await reconcile(here);
    const { code, stdout, stderr } = await action(here, 'import');
    expect(code, 'findings fail nothing').to.equal(0);
    expect(stdout.split('\n')).to.have.length(4);
    expect(stderr).to.contain('[PlanConflict]').and.to.contain('[PlanNotImportable]');
    expect((await listed(here)).map(({ name }) => name).sort()).to.deep.equal(['assign-1', 'assign-3']);
    const again = await imported(here);
    expect(again.problems.map(({ reason }) => reason)).to.have.members(['PlanConflict', 'PlanNotImportable']);
  });
});

describe('action approve, reject and retry', () => {
  it('name who and why, each action by itself', async () => {
    const here = await actionSetting({ plans: [assignPlan(1), assignPlan(2)] });
    const [first = '', second = ''] = here.ids;
    const mixed = await action(here, 'approve', first, 'nobody', second, '--by', 'Ana López', '-m', 'CHG-1');
    expect(mixed.code).to.equal(1);
    expect(mixed.stdout).to.equal(
      `${first}: pending -> approved (CHG-1)\n${second}: pending -> approved (CHG-1)\n`,
    );
    expect(mixed.stderr).to.match(/^routerctl: action nobody: there is no action/);
    expect((await listed(here)).map(({ approvedBy }) => approvedBy)).to.deep.equal([
      'Ana López',
      'Ana López',
    ]);
    expect(userGit(here.state, 'log', '-1', '--format=%an|%s')).to.equal(
      `Ana López|action: ${second} pending -> approved (Ana López)\n`,
    );
    const rejected = await action(here, 'reject', first, '-m', 'not today', '-o', 'json');
    const [item] = (rejected.json() as { items: object[] }).items;
    expect(rejected.code).to.equal(0);
    expect(item).to.include({ id: first, moved: true, from: 'approved', to: 'void', message: 'not today' });
    expect((await action(here, 'approve', first)).stderr).to.contain('it is void (not today)');
    await checkState(here.state);
  });

  it('refuse a name that cannot stand in the journal, and a rejection without a reason', async () => {
    const here = await actionSetting();
    for (const name of [
      '',
      ' ',
      '-',
      'a\nb',
      'a<b>',
      'routerd',
      'Plugin/oci-executor',
      'x\u202ey',
      'x'.repeat(101),
    ]) {
      const { code, stdout, stderr } = await action(here, 'approve', here.id, '--by', name);
      expect([code, stdout], JSON.stringify(name)).to.deep.equal([1, '']);
      expect(stderr).to.match(/^routerctl: --by ".*" cannot stand in the journal: .*\n$/);
    }
    for (const why of [[], ['-m', ' ']]) {
      const { code, stderr } = await action(here, 'reject', here.id, ...why);
      expect(code).to.equal(1);
      expect(stderr).to.match(/-m/);
    }
    expect(await pathOf(here, here.id)).to.equal('pending');
  });

  it('retry takes only what has failed or was skipped', async () => {
    const here = await actionSetting({ executor: executorProgram('answer skipped') });
    expect((await action(here, 'retry', here.id)).stderr).to.contain('it is pending, not failed or skipped');
    await action(here, 'approve', here.id);
    expect((await action(here, 'execute', '--approved')).code).to.equal(2);
    expect((await action(here, 'retry', here.id)).code).to.equal(0);
    expect(
      (await action(here, 'execute', here.id, '--approved')).stdout,
      'no approval is carried over',
    ).to.contain('nobody has approved it');
    expect([await statusOf(here, here.id), effectsOf(here)]).to.deep.equal(['pending', ['key-1']]);
  });
});

describe('action journal', () => {
  it('tells the same as git log actions/, oldest first', async () => {
    const here = await actionSetting({ plans: [assignPlan(1), assignPlan(2)] });
    const [first = '', second = ''] = here.ids;
    await action(here, 'approve', first, '-m', 'fine');
    await action(here, 'execute', '--approved');
    // A generation in between is no step of an action.
    await rm(join(here.config, 'router.yaml'));
    await writeFile(join(here.config, 'router.yaml'), JSON.stringify(router('renamed')));
    await reconcile(here);
    await action(here, 'rollback', first, '--approved');
    await action(here, 'reject', second, '-m', 'no more');
    const { json } = await action(here, 'journal', '-o', 'json');
    const { kind, items } = json() as {
      kind: string;
      items: { id: string; commit: string; from: string | null; to: string; by: string; message: string }[];
    };
    expect(kind).to.equal('ActionTransitionList');
    const told = items.map(
      ({ id, commit, from, to, by }) =>
        `${commit} action: ${id} ${from === null ? '' : `${from} -> `}${to} (${by})`,
    );
    const log = userGit(here.state, 'log', '--reverse', '--format=%H %s', 'actions/').trimEnd().split('\n');
    expect(told).to.deep.equal(log);
    expect(items.find(({ to }) => to === 'approved')?.message).to.equal('fine');

    const one = (await action(here, 'journal', first, '-o', 'json')).json() as { items: { id: string }[] };
    expect(one.items.length).to.equal(items.filter(({ id }) => id === first).length);
    const last = await action(here, 'journal', '--limit', '1');
    expect(last.stdout.split('\n')[1])
      .to.contain(second)
      .and.to.contain('pending→void')
      .and.to.contain('no more');
    expect(last.stdout.split('\n')).to.have.length(3);
    const table = await action(here, 'journal');
    for (const { commit } of items) expect(table.stdout).to.contain(commit.slice(0, 12));
    await checkState(here.state);
  });

  function router(name: string): object {
    return {
      apiVersion: 'routerd.net/v1alpha1',
      kind: 'Router',
      metadata: { name },
      spec: { resources: [] },
    };
  }
});
