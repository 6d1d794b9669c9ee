import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { must } from '../rig/store.js';
import { acquireLock } from '../../state/lock.js';
import { cloudedge, inventory, replaceIn } from '../rig/cloudedge.js';
import { addPlugin, answers, configDir, copyExample, proposer, routerFile } from '../rig/config-dir.js';
import { route } from '../rig/build.js';
import { checkState } from '../rig/invariants.js';
import { readPids } from '../rig/plugins.js';
import { until, untilGone } from '../rig/processes.js';
import { routerctl, startRouterctl } from '../rig/routerctl.js';
import { tempDir } from '../rig/temp.js';

const good = answers('oci-inventory', inventory);

describe('exit codes', () => {
  describe('of what was typed wrongly', () => {
    const typed: readonly (readonly [args: string, code: number, said: string])[] = [
      ['frobnicate', 1, "unknown command 'frobnicate'"],
      ['plugin frobnicate', 1, "unknown command 'frobnicate'"],
      ['reconcile --frobnicate', 1, "unknown option '--frobnicate'"],
      ['reconcile surplus', 1, 'too many arguments'],
      ['reconcile -o xml', 1, 'table, json, yaml'],
      ['plugin run', 1, "missing required argument 'name'"],
      ['generation list --limit 0', 1, 'a whole number above 0'],
      ['completion tcsh', 1, 'bash, zsh, fish'],
      ['validate --frobnicate', 2, "unknown option '--frobnicate'"],
      ['dynamic diff --frobnicate', 2, "unknown option '--frobnicate'"],
      ['generation diff', 2, "missing required argument 'from'"],
    ];
    for (const [args, code, said] of typed) {
      it(`routerctl ${args}: ${code}`, async () => {
        const ended = await routerctl(args.split(' '));
        expect([ended.code, ended.stdout]).to.deep.equal([code, '']);
        expect(ended.stderr).to.contain(said).and.to.contain('--help');
        expect(ended.stderr).not.to.match(/^ +at /m);
      });
    }

    it('is 0 where help or the version was asked for', async () => {
      for (const args of [['--help'], ['plugin', 'run', '--help'], ['--version'], ['version']]) {
        const { code, stdout, stderr } = await routerctl(args);
        expect([code, stderr], args.join(' ')).to.deep.equal([0, '']);
        expect(stdout).to.match(/\S/);
      }
    });

    it('is 1 without a command, which shows the help', async () => {
      const { code, stdout, stderr } = await routerctl([]);
      expect([code, stdout]).to.deep.equal([1, '']);
      expect(stderr).to.contain('Usage: routerctl');
    });
  });

  it('of validate: 0 good, 1 bad, 2 could not run', async () => {
    const config = await copyExample('cloudedge');
    expect((await routerctl(['validate', config])).code).to.equal(0);
    expect((await routerctl(['validate', '--config', config])).code).to.equal(0);
    await replaceIn(join(config, 'plugins/oci-inventory/plugin.yaml'), 'timeout: 10s', 'timeout: 10');
    expect((await routerctl(['validate', config])).code, 'a broken manifest is a problem').to.equal(1);
    expect((await routerctl(['validate', `${config}-missing`])).code).to.equal(2);
    // What is only suspicious is no failure.
    const warned = await configDir({
      'router.yaml': routerFile({
        apiVersion: 'example.org/v1',
        kind: 'Unheard',
        metadata: { name: 'x' },
        spec: { password: 'x' },
      }),
    });
    expect((await routerctl(['validate', warned])).code).to.equal(0);
  });

  it('of the diffs: 0 same, 1 differ, 2 trouble', async () => {
    const { config, state, where, router } = await cloudedge(good);
    const diffs = async (...commands: string[]) => {
      const ended = commands.map(command => routerctl([...command.split(' '), ...where]));
      return (await Promise.all(ended)).map(({ code }) => code);
    };
    expect(await diffs('dynamic diff', 'generation diff 1'), 'there is nothing yet').to.deep.equal([2, 2]);
    await routerctl(['reconcile', ...where]);
    expect(await diffs('dynamic diff', 'generation diff 1', 'generation diff 1 2')).to.deep.equal([1, 0, 2]);
    await writeFile(router, routerFile(route('only')));
    await routerctl(['reconcile', ...where]);
    expect(
      await diffs('dynamic diff', 'generation diff 1', 'generation diff gen/2 2', 'generation diff zero'),
    ).to.deep.equal([0, 1, 0, 2]);
    await checkState(state);
    expect((await routerctl(['dynamic', 'diff', '--config', config, '--state', router])).code).to.equal(2);
  });

  it('of showing what is not there: 1', async () => {
    const { state, where } = await cloudedge(good);
    await routerctl(['reconcile', ...where]);
    for (const command of ['dynamic describe Plugin/nobody', 'generation show 7', 'plugin run nobody']) {
      const { code, stdout, stderr } = await routerctl([...command.split(' '), ...where]);
      expect([code, stdout], command).to.deep.equal([1, '']);
      expect(stderr).to.match(/^routerctl: there is no .*\n$/);
    }
    await checkState(state);
  });

  it('of status and the lists before the first generation', async () => {
    const where = ['--config', await copyExample('cloudedge'), '--state', join(await tempDir(), 'S')];
    for (const command of ['status', 'dynamic list', 'plugin list', 'plugin runs']) {
      expect((await routerctl([...command.split(' '), ...where])).code, command).to.equal(0);
    }
    for (const command of ['generation list', 'generation show 1', 'dynamic render']) {
      const { code, stderr } = await routerctl([...command.split(' '), ...where]);
      expect(code, command).to.equal(1);
      expect(stderr).to.contain('there is no generation yet');
    }
    expect(existsSync(where[3] ?? ''), 'looking makes nothing').to.equal(false);
  });

  describe('while somebody else writes', () => {
    it('lets readers and dry-runs go on', async () => {
      const { state, where } = await cloudedge(good);
      await routerctl(['reconcile', ...where]);
      const lock = must(
        await acquireLock(join(state, 'run/lock'), { timeoutMs: 1_000, holder: { command: 'a test' } }),
      );
      try {
        for (const command of [
          'status',
          'reconcile --dry-run',
          'generation list',
          'dynamic list',
          'dynamic render',
        ]) {
          expect((await routerctl([...command.split(' '), ...where])).code, command).to.equal(0);
        }
      } finally {
        await lock.release();
      }
    });

    it('is 75 for a writer that does not get its turn in time, which is told who writes', async () => {
      const { state, where } = await cloudedge(good);
      await routerctl(['reconcile', ...where]);
      const lock = must(
        await acquireLock(join(state, 'run/lock'), { timeoutMs: 1_000, holder: { command: 'a test' } }),
      );
      try {
        for (const command of ['reconcile', 'plugin run oci-inventory']) {
          const args = [...command.split(' '), '--lock-timeout', '0', ...where];
          const { code, stderr } = await routerctl(args);
          expect([code, stderr.includes(`a test (pid ${process.pid}`)], command).to.deep.equal([75, true]);
        }
      } finally {
        await lock.release();
      }
      await checkState(state);
    });

    it('lets a writer wait for its turn, and a signal ends the wait', async () => {
      const { state, where } = await cloudedge(good);
      await mkdir(join(state, 'run'), { recursive: true, mode: 0o700 });
      const lock = must(
        await acquireLock(join(state, 'run/lock'), { timeoutMs: 1_000, holder: { command: 'a test' } }),
      );
      try {
        const given = await startRouterctl(['reconcile', ...where]);
        await until('it has begun', () => existsSync(join(state, 'run/plugins')));
        const waiting = await startRouterctl(['reconcile', ...where]);
        given.child.kill('SIGTERM');
        expect((await given.ended).code).to.equal(143);
        await lock.release();
        expect((await waiting.ended).code).to.equal(0);
      } finally {
        await lock.release();
      }
      await checkState(state);
    });
  });

  describe('of a command that is interrupted', () => {
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const) {
      for (const command of ['reconcile', 'reconcile --dry-run', 'plugin run stuck']) {
        it(`${command}, by ${signal}: ${code}, and no child survives`, async () => {
          const config = await configDir({ 'router.yaml': routerFile(route('default')) });
          const state = join(await tempDir(), 'S');
          const pidFile = join(config, '.pids');
          const program = `#!/bin/sh\ntrap '' TERM INT\nsleep 600 &\necho "$$\n$!" > "$PIDS.new"\nmv "$PIDS.new" "$PIDS"\nwait\n`;
          await addPlugin(config, 'stuck', {
            program,
            spec: { ...proposer, timeout: '10m', env: { PIDS: pidFile } },
          });
          const { child, ended } = await startRouterctl([
            ...[...command.split(' '), '--config', config, '--state', state],
          ]);
          await until('the plugin runs', () => existsSync(pidFile));
          child.kill(signal);
          const { code: exit, stdout, stderr } = await ended;
          expect([exit, stdout, stderr]).to.deep.equal([code, '', '']);
          await untilGone(await readPids(pidFile));
        });
      }
    }

    it('leaves nothing to repair', async () => {
      const { config, state, where } = await cloudedge(good);
      await routerctl(['reconcile', ...where]);
      const pidFile = join(config, '.pids');
      await addPlugin(config, 'stuck', {
        program: '#!/bin/sh\necho $$ > "$PIDS"\nsleep 600\n',
        spec: { ...proposer, timeout: '10m', env: { PIDS: pidFile } },
      });
      const { child, ended } = await startRouterctl(['reconcile', ...where]);
      await until('the plugin runs', () => existsSync(pidFile));
      child.kill('SIGKILL');
      await ended;
      for (const pid of await readPids(pidFile)) process.kill(-pid, 'SIGKILL');
      await addPlugin(config, 'stuck', { program: answers('stuck', {}) });
      expect(await checkState(state)).to.have.length(1);
      const { code, stdout } = await routerctl(['reconcile', ...where]);
      expect(code).to.equal(0);
      expect(stdout).to.contain('plugin stuck: accepted');
      expect(await checkState(state)).to.have.length(2);
    });
  });
});
