import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import {
  action,
  actionFiles,
  actionResult,
  actionSetting,
  assignPlan,
  executorProgram,
  listed,
} from '../rig/action-setting.js';
import { userGit } from '../rig/store.js';
import { tempDir } from '../rig/temp.js';

describe('what action prints', () => {
  const fields = [
    ...[
      'id',
      'idempotencyKey',
      'source',
      'provider',
      'providerRef',
      'action',
      'target',
      'parameters',
      'undo',
    ],
    ...['riskLevel', 'status', 'planDigest', 'approvedBy', 'approvedAt', 'executedAt', 'observed', 'message'],
    ...['error', 'transitions'],
  ];

  it('is one object with the fields of the reference, in JSON and YAML', async () => {
    const here = await actionSetting({ plans: [assignPlan(1), assignPlan(2)] });
    await action(here, 'approve', here.id, '--by', 'alice');
    await action(here, 'execute', '--approved');
    for (const args of [
      ['list'],
      ['show', here.id],
      ['journal'],
      ['execute', '--dry-run'],
      ['import', '--dry-run'],
    ]) {
      const [json, yaml] = [
        await action(here, ...args, '-o', 'json'),
        await action(here, ...args, '-o', 'yaml'),
      ];
      expect(json.stderr, args[0]).to.equal('');
      expect(json.json()).to.include({ apiVersion: 'cli.routerd.net/v1alpha1' });
      if (args[0] !== 'execute') expect(parse(yaml.stdout), args[0]).to.deep.equal(json.json());
    }
    const shown = (await action(here, 'show', here.id, '-o', 'json')).json() as Record<string, unknown>;
    expect(shown).to.include.keys([...fields, 'gates', 'revision']);
    expect(shown).to.deep.include({
      kind: 'Action',
      source: 'Plugin/planner',
      idempotencyKey: 'key-1',
      status: 'succeeded',
      approvedBy: 'alice',
      observed: { ref: 'ip-7' },
      message: 'done',
      error: '',
      direction: 'undo',
    });
    for (const item of await listed(here)) expect(item).to.include.keys(fields);
  });

  it('lists the newest activity first, and filters', async () => {
    const here = await actionSetting({ plans: [assignPlan(1), assignPlan(2), assignPlan(3)] });
    await action(here, 'approve', here.ids[1] ?? '');
    const names = async (...args: string[]) =>
      ((await action(here, 'list', ...args, '-o', 'json')).json() as { items: { name: string }[] }).items.map(
        ({ name }) => name,
      );
    expect((await names())[0]).to.equal('assign-2');
    expect(await names('--status', 'approved')).to.deep.equal(['assign-2']);
    expect(await names('--status', 'pending')).to.have.members(['assign-1', 'assign-3']);
    expect(await names('--provider', 'oci')).to.have.length(3);
    expect(await names('--provider', 'aws')).to.deep.equal([]);
    for (const wrong of [
      ['--status', 'done'],
      ['--provider', 'ovh'],
    ])
      expect((await action(here, 'list', ...wrong)).code, wrong.join(' ')).to.equal(1);
    expect((await action(here, 'list')).stdout).to.match(
      /^ID +STATE +PROVIDER +ACTION +TARGET +SOURCE +RISK +APPROVED BY\n/,
    );
  });

  it('holds no secret and no escape, unless secrets are asked for', async () => {
    const plan = assignPlan(1, {
      description: 'red \u001b[31malert',
      parameters: { authKey: 's3cret-parameter', nested: [{ token: 's3cret-nested' }] },
      undo: { action: 'unassign-secondary-ip', parameters: { password: 's3cret-undo' } },
    });
    const body = `printf '%s\\n' '${actionResult({
      status: 'succeeded',
      message: 'done \\u001b[2J',
      observed: { token: 's3cret-observed' },
    })}'`;
    const here = await actionSetting({ plans: [plan], executor: executorProgram(body) });
    await action(here, 'approve', here.id);
    const printed = [
      await action(here, 'execute', here.id, '--dry-run'),
      await action(here, 'execute', here.id, '--dry-run', '-o', 'json'),
      await action(here, 'execute', here.id, '--approved'),
    ];
    for (const args of [['list'], ['show', here.id], ['journal']])
      for (const format of ['table', 'json', 'yaml']) printed.push(await action(here, ...args, '-o', format));
    for (const { stdout, stderr } of printed) {
      expect(stdout + stderr).not.to.match(/s3cret/);
      expect(stdout + stderr).not.to.contain('\u001b');
    }
    const open = await action(here, 'show', here.id, '--show-secrets', '-o', 'json');
    expect([...new Set(open.stdout.match(/s3cret-[a-z]+/g))]).to.have.members([
      's3cret-parameter',
      's3cret-nested',
      's3cret-undo',
    ]);
    // What an executor observes is kept without its secrets in the first place.
    expect(userGit(here.state, 'log', '-p', 'actions/')).not.to.contain('s3cret-observed');
  });
});

describe('action without a generation', () => {
  const commands = [
    'import',
    'import --dry-run',
    'list',
    'show x',
    'approve x',
    'reject x -m no',
    'retry x',
    'resolve x --look',
    'execute --approved',
    'execute --dry-run',
    'rollback x --approved',
    'journal',
  ];

  it('says so with 1, and makes nothing', async () => {
    const here = await actionFiles();
    for (const command of commands) {
      const { code, stdout, stderr } = await action(here, ...command.split(' '));
      expect([code, stdout], command).to.deep.equal([1, '']);
      expect(stderr, command).to.contain('there is no generation yet');
    }
    expect(existsSync(here.state)).to.equal(false);
  });

  it("leaves a directory that is not routerd's as it is", async () => {
    const here = await actionFiles();
    const dir = join(await tempDir(), 'photos');
    await mkdir(dir);
    await writeFile(join(dir, 'cat.txt'), 'meow');
    for (const command of commands) {
      const { code, stdout } = await action(
        { ...here, where: ['--config', here.config, '--state', dir] },
        ...command.split(' '),
      );
      expect([code, stdout], command).to.deep.equal([1, '']);
    }
    expect(await readdir(dir)).to.deep.equal(['cat.txt']);
  });
});
