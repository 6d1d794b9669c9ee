import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { copyExample } from '../rig/config-dir.js';
import { checkState } from '../rig/invariants.js';
import { commandLines, until } from '../rig/processes.js';
import { routerctl, shell, startRouterctl } from '../rig/routerctl.js';
import { userGit } from '../rig/store.js';
import { tempDir } from '../rig/temp.js';

/** Commands of the README, with what it shows of their output. */
interface Step {
  readonly commands: string;
  readonly shown: string;
}

function stepsOf(readme: string): Step[] {
  const blocks = [...readme.matchAll(/^```(sh|text)\n(.*?)^```$/gms)];
  return blocks.flatMap(([, kind, commands = ''], i) => {
    const next = blocks[i + 1];
    return kind === 'sh' ? [{ commands, shown: next?.[1] === 'text' ? (next[2] ?? '') : '' }] : [];
  });
}

/** Text without what differs from run to run: times, commits, digests, the user's name, and the widths of columns. */
function constant(text: string, user: string): string {
  return text
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/\b[0-9a-f]{7}(?= action: )|\b[0-9a-f]{12}\b/g, 'COMMIT')
    .replaceAll(new RegExp(`\\b${user}\\b`, 'g'), 'USER')
    .replaceAll(/ +/g, ' ')
    .replaceAll(/ $/gm, '');
}

/** What a README shows, as a pattern: a line `…` stands for any number of lines. */
function pattern(shown: string): RegExp {
  const lines = shown
    .split('\n')
    .map(line => (line === '…' ? '(?:.*\\n)*?' : `${line.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}\n`));
  return new RegExp(`^${lines.slice(0, -1).join('')}$`);
}

/** Without the cloud that somebody has made who tried the example in this very clone. */
async function freshExample(): Promise<string> {
  const config = await copyExample('provider-actions');
  await rm(cloudOf(config), { force: true });
  return config;
}

const cloudOf = (config: string): string => join(config, 'plugins/oci-executor/cloud.json');

describe('examples/provider-actions', function () {
  this.timeout(120_000);

  it('is walked through as its README says, and git log and action journal tell it', async () => {
    const config = await freshExample();
    const [cwd, state] = [dirname(dirname(config)), join(await tempDir(), 'state')];
    const [setting, ...steps] = stepsOf(readFileSync(join(config, 'README.md'), 'utf8'));
    const codes: (number | null)[] = [];
    for (const { commands, shown } of steps) {
      const lines = `${setting?.commands ?? ''}${commands}`.replaceAll('/tmp/actions', state);
      const { code, stdout } = await shell(`exec 2>&1\n${lines}`, { cwd });
      codes.push(code);
      expect(constant(stdout, userInfo().username), commands).to.match(pattern(constant(shown, 'root')));
    }
    expect(codes).to.deep.equal([0, 0, 2, 0, 1, 2, 0, 0, 0, 0, 0]);

    const walked = [
      'pending',
      'pending -> approved',
      'approved -> executing',
      'executing -> succeeded',
      'succeeded -> rollingBack',
      'rollingBack -> rolledBack',
    ];
    const id = 'assign-secondary-ip-6eca891268';
    const subjects = userGit(state, 'log', '--reverse', '--format=%h %s', 'actions/').trim().split('\n');
    const own = subjects.filter(line => line.includes(` ${id} `));
    expect(own.map(line => / action: \S+ (.*) \(.*\)$/.exec(line)?.[1])).to.deep.equal(walked);
    const where = ['--config', config, '--state', state];
    const told = (await routerctl(['action', 'journal', ...where])).stdout.trim().split('\n').slice(1);
    const gist = told
      .map(line => line.split(/ {2,}/))
      .map(([, name, step, , commit]) => [commit, name, step]);
    expect(gist.map(([commit = '', ...rest]) => [commit.slice(0, 7), ...rest].join(' '))).to.deep.equal(
      subjects.map(line =>
        line
          .replace(/ \([^)]*\)$/, '')
          .replace(' action:', '')
          .replace(' -> ', '→'),
      ),
    );
    await checkState(state);
  });

  it('an execution that is killed is unknown, and settled by what its executor sees', async () => {
    const config = await freshExample();
    const state = join(await tempDir(), 'state');
    const where = ['--config', config, '--state', state];
    const id = 'assign-secondary-ip-6eca891268';
    const action = (...args: string[]) => routerctl(['action', ...args, ...where]);
    await routerctl(['reconcile', ...where]);
    await action('import');
    await action('approve', id);

    // While the executor's program is locked, it waits before it does anything.
    const program = join(config, 'plugins/oci-executor/bin/oci-executor');
    const holder = spawn('flock', [program, 'sh', '-c', 'echo held; read -r _'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    await once(holder.stdout, 'data');
    const { child, ended } = await startRouterctl(['action', 'execute', id, '--approved', ...where]);
    await until('the executor waits', () =>
      commandLines().some(line => line.startsWith('flock ') && line.endsWith(` ${program}`)),
    );
    expect(userGit(state, 'log', '-1', '--format=%s')).to.contain('approved -> executing');
    child.kill('SIGKILL');
    holder.stdin.end();
    expect((await ended).signal).to.equal('SIGKILL');
    const cloud = cloudOf(config);
    await until('the executor has gone on by itself', () => existsSync(cloud));

    expect((await action('execute', id, '--approved')).code).to.equal(2);
    expect((await action('show', id)).stdout).to.match(/^\S+: unknown$/m);
    expect((await action('resolve', id, '--look')).code).to.equal(0);
    expect((await action('show', id)).stdout).to.match(/^\S+: succeeded$/m);
    expect((await action('rollback', id, '--approved')).code).to.equal(0);
    expect(readFileSync(cloud, 'utf8')).not.to.contain('"address": "10.0.1.123"');
    await checkState(state);
  });
});
