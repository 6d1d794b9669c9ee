import { expect } from 'chai';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { chmod, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../../../../protocol/digest.js';
import { killAllChildren } from '../../../../reconciler/plugin/child/process-group.js';
import type { ChildRequest, ChildRun } from '../../../../reconciler/plugin/child/request.js';
import { runChild } from '../../../../reconciler/plugin/child/run-child.js';
import { installFixture, readPids } from '../../../rig/plugins.js';
import { isRunning, until, untilGone } from '../../../rig/processes.js';
import { tempDir } from '../../../rig/temp.js';

describe('runChild', () => {
  let dir = '';
  let pidFile = '';
  beforeEach(async () => {
    dir = await tempDir();
    pidFile = join(dir, 'pids');
  });
  afterEach(() => {
    // A run that a failed test did not wait for must not keep mocha from ending.
    killAllChildren();
  });

  /** Runs a fixture that never needs its deadline, unless the test sets one. */
  async function run(name: string, more: Partial<ChildRequest> = {}): Promise<ChildRun> {
    return runChild({
      executable: await installFixture(name, dir),
      env: { PIDS: pidFile },
      input: '',
      timeoutMs: 600_000,
      graceMs: 100,
      path: process.env['PATH'],
      ...more,
    });
  }

  /** Runs a fixture that makes a session of its own, and ends what that leaves behind. */
  async function runWithSession(context: Mocha.Context, name: string): Promise<ChildRun> {
    const path = process.env['PATH'] ?? '';
    if (!path.split(':').some(folder => existsSync(join(folder, 'setsid')))) context.skip(); // no setsid here
    try {
      return await run(name);
    } finally {
      for (const pid of await readPids(pidFile)) {
        expect(isRunning(pid), 'a child that left its group is out of reach').to.equal(true);
        process.kill(pid, 'SIGKILL');
        await untilGone([pid]);
      }
    }
  }

  describe('a good run', () => {
    it('gives the output, its digest and the facts', async () => {
      const { outcome, stdout } = await run('repeats-its-input', { input: '{"größe": 1}' });
      expect(stdout.toString()).to.equal('{"größe": 1}');
      const { durationMs, ...facts } = outcome;
      expect(facts).to.deep.equal({
        exitCode: 0,
        signal: null,
        timedOut: false,
        stdoutDigest: sha256('{"größe": 1}'),
        stderr: '',
        error: null,
      });
      expect(durationMs).to.satisfy(Number.isInteger).and.to.be.at.least(0);
    });

    it('passes large inputs and outputs whole', async () => {
      const input = '0123456789abcdef'.repeat(2 ** 18);
      const { outcome, stdout } = await run('repeats-its-input', { input });
      expect(outcome.error).to.equal(null);
      expect(stdout.length).to.equal(4 * 2 ** 20);
      expect(outcome.stdoutDigest).to.equal(sha256(input));
    });

    it('keeps a character whole that comes in two pieces', async () => {
      const { outcome, stdout } = await run('splits-a-character');
      expect(stdout.toString()).to.equal('é');
      expect(outcome.stderr).to.equal('é');
    });

    it('does not judge what was printed', async () => {
      const { outcome, stdout } = await run('prints-half-a-json');
      expect(outcome.error).to.equal(null);
      expect(stdout.toString()).to.equal('{"apiVersion":');
    });

    for (const timeoutMs of [2 ** 31, 30 * 86_400_000, Infinity]) {
      it(`has time until its deadline of ${timeoutMs} ms`, async () => {
        const { outcome } = await run('splits-a-character', { timeoutMs });
        expect(outcome.error).to.equal(null);
      });
    }
  });

  describe('the environment', () => {
    /** Names that a shell sets by itself. */
    const shell = ['PWD', 'OLDPWD', 'SHLVL', '_'];
    async function environment(more: Partial<ChildRequest>): Promise<readonly [string, string[]]> {
      const { stdout } = await run('prints-environment', more);
      const [folder = '', ...lines] = stdout.toString().trimEnd().split('\n');
      return [folder, lines.filter(line => !shell.includes(line.split('=')[0] ?? '')).sort()];
    }

    it('is PATH and what was declared, in the root folder', async () => {
      expect(await environment({ env: { B: 'two words', A: '1' }, path: '/usr/bin:/bin' })).to.deep.equal([
        '/',
        ['A=1', 'B=two words', 'PATH=/usr/bin:/bin'],
      ]);
    });

    for (const path of [undefined, '']) {
      it(`has the fallback for a PATH of ${JSON.stringify(path)}`, async () => {
        const [, lines] = await environment({ env: {}, path });
        expect(lines).to.deep.equal(['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']);
      });
    }

    it('takes a declared PATH', async () => {
      const [, lines] = await environment({ env: { PATH: '/bin:/usr/bin' }, path: '/nowhere' });
      expect(lines).to.deep.equal(['PATH=/bin:/usr/bin']);
    });

    it('does not even get what Node hands on by itself', async () => {
      const before = process.env['NODE_V8_COVERAGE'];
      process.env['NODE_V8_COVERAGE'] = dir;
      try {
        const [, lines] = await environment({ env: {}, path: '/usr/bin:/bin' });
        expect(lines).to.deep.equal(['PATH=/usr/bin:/bin']);
      } finally {
        if (before === undefined) delete process.env['NODE_V8_COVERAGE'];
        else process.env['NODE_V8_COVERAGE'] = before;
      }
    });
  });

  describe('a request that nobody wants', () => {
    const input = 'x'.repeat(5 * 2 ** 20);
    for (const name of ['closes-stdin', 'exits-at-once', 'leaves-quiet-child']) {
      it(`is no error: ${name}`, async () => {
        const { outcome } = await run(name, { input });
        expect(outcome.error).to.equal(null);
      });
    }
  });

  describe('a failed run', () => {
    it('with an exit code keeps stderr and drops the output', async () => {
      const { outcome, stdout } = await run('exits-3-with-output');
      expect(outcome).to.include({ exitCode: 3, signal: null, timedOut: false });
      expect(outcome).to.include({ stderr: 'no such account\n', stdoutDigest: sha256('{}\n') });
      expect(outcome.error?.reason).to.equal('PluginExited');
      expect(stdout.length).to.equal(0);
    });

    it('by a signal drops the output', async () => {
      const { outcome, stdout } = await run('dies-by-signal-with-output');
      expect(outcome).to.include({ exitCode: null, signal: 'SIGKILL', timedOut: false });
      expect(outcome.error?.reason).to.equal('PluginKilled');
      expect(stdout.length).to.equal(0);
    });
  });

  describe('the deadline', () => {
    const rows: readonly (readonly [string, string])[] = [
      ['hangs', 'SIGTERM'],
      ['ignores-sigterm', 'SIGKILL'],
      ['stops-itself', 'SIGKILL'],
      ['leaves-stubborn-child', 'SIGTERM'],
    ];
    for (const [name, signal] of rows) {
      it(`ends the whole group: ${name}`, async () => {
        const { outcome, stdout } = await run(name, { timeoutMs: 1_000 });
        expect(outcome).to.include({ exitCode: null, signal, timedOut: true });
        expect(outcome.error).to.deep.equal({
          reason: 'PluginTimedOut',
          message: 'the program did not end within 1s',
        });
        expect(stdout.length).to.equal(0);
        const pids = await readPids(pidFile);
        expect(pids).to.not.be.empty;
        await untilGone(pids);
      });
    }

    it('is not held against a program that ended while the parent was busy', async () => {
      const env = { PIDS: pidFile, GO: join(dir, 'go') };
      const running = run('ends-when-told', { env, timeoutMs: 1_000 });
      await until('the program runs', () => hasContent(pidFile));
      // What follows runs where the event loop goes on with timers, and looks for ended children only after them.
      await new Promise(setImmediate);
      writeFileSync(env.GO, '');
      blockUntilGone(Number(readFileSync(pidFile, 'utf8')));
      const { outcome } = await running;
      expect(outcome.error).to.equal(null);
    });
  });

  describe('a caller that gives up', () => {
    it('ends the whole group', async () => {
      const controller = new AbortController();
      const running = run('ignores-sigterm', { signal: controller.signal });
      await until('the program runs', () => hasContent(pidFile));
      controller.abort();
      const { outcome } = await running;
      expect(outcome).to.include({ signal: 'SIGKILL', timedOut: false });
      expect(outcome.error?.reason).to.equal('PluginCancelled');
      await untilGone(await readPids(pidFile));
    });

    it('starts nothing when it gave up before', async () => {
      const { outcome } = await run('hangs', { signal: AbortSignal.abort() });
      expect(outcome.error?.reason).to.equal('PluginCancelled');
      expect(existsSync(pidFile)).to.equal(false);
    });

    it('leaves no listener on its signal', async () => {
      const controller = new AbortController();
      const seen = new Set<string>();
      const { signal } = controller;
      const add = signal.addEventListener.bind(signal);
      const remove = signal.removeEventListener.bind(signal);
      signal.addEventListener = (...args: Parameters<typeof add>) => {
        seen.add(args[0]);
        add(...args);
      };
      signal.removeEventListener = (...args: Parameters<typeof remove>) => {
        seen.delete(args[0]);
        remove(...args);
      };
      await run('exits-at-once', { signal });
      expect([...seen]).to.deep.equal([]);
    });
  });

  describe('output without end', () => {
    it('on stdout fails the run at the limit, of which the digest speaks', async () => {
      const { outcome, stdout } = await run('prints-without-end');
      expect(outcome.error).to.deep.equal({
        reason: 'OutputTooLarge',
        message: 'the program printed more than 4 MiB',
      });
      expect(outcome.timedOut).to.equal(false);
      expect(outcome.stdoutDigest).to.equal(sha256(Buffer.alloc(4 * 2 ** 20)));
      expect(stdout.length).to.equal(0);
    });

    it('has a limit to the byte', async () => {
      const within = await run('repeats-its-input', { input: 'x'.repeat(1_000), stdoutLimit: 1_000 });
      expect(within.outcome.error).to.equal(null);
      const beyond = await run('repeats-its-input', { input: 'x'.repeat(1_001), stdoutLimit: 1_000 });
      expect(beyond.outcome.error?.reason).to.equal('OutputTooLarge');
    });

    it('on stderr is read, dropped and noted', async () => {
      const { outcome, stdout } = await run('floods-stderr');
      expect(outcome.error).to.equal(null);
      expect(stdout.toString()).to.equal('{}\n');
      expect(outcome.stderr)
        .to.match(/^first words\n/)
        .and.match(/last words\n$/);
      expect(outcome.stderr).to.match(/\n\[… 671\d{5} bytes left out …\]\n/);
      expect(Buffer.byteLength(outcome.stderr)).to.be.at.most(8 * 1024);
    });
  });

  describe('what a program leaves behind', () => {
    it('is killed, and fails the run when it held stdout open', async () => {
      const { outcome, stdout } = await run('leaves-child-holding-stdout');
      expect(outcome).to.include({ exitCode: 0, signal: null });
      expect(outcome.error?.reason).to.equal('OutputHeldOpen');
      expect(stdout.length).to.equal(0);
      await untilGone(await readPids(pidFile));
    });

    it('is killed, and does no harm when it did not', async () => {
      const { outcome, stdout } = await run('leaves-quiet-child');
      expect(outcome.error).to.equal(null);
      expect(stdout.toString()).to.equal('{}\n');
      await untilGone(await readPids(pidFile));
    });

    it('fails the run when it left the group with stdout open', async function () {
      const { outcome } = await runWithSession(this, 'leaves-session-holding-stdout');
      expect(outcome).to.include({ exitCode: 0 });
      expect(outcome.error?.reason).to.equal('OutputHeldOpen');
    });

    it('does no harm when it left the group with stderr open', async function () {
      const { outcome, stdout } = await runWithSession(this, 'leaves-session-holding-stderr');
      expect(outcome.error).to.equal(null);
      expect(stdout.toString()).to.equal('{}\n');
    });
  });

  describe('killAllChildren', () => {
    it('ends every group that is in use, and no other', async () => {
      await run('exits-at-once');
      expect(killAllChildren()).to.equal(0);

      const files = [join(dir, 'first'), join(dir, 'second')];
      const runs = files.map(file => run('ignores-sigterm', { env: { PIDS: file } }));
      await until('both programs run', () => files.every(hasContent));
      expect(killAllChildren()).to.equal(2);
      for (const { outcome } of await Promise.all(runs)) expect(outcome.signal).to.equal('SIGKILL');
      for (const file of files) await untilGone(await readPids(file));
      expect(killAllChildren()).to.equal(0);
    });
  });

  describe('a program that cannot be started', () => {
    async function refusal(executable: string, env: Record<string, string> = {}): Promise<string> {
      const { outcome, stdout } = await runChild({ executable, env, input: 'x', timeoutMs: 1_000 });
      expect(outcome).to.include({ exitCode: null, signal: null, timedOut: false, stderr: '' });
      expect(outcome.stdoutDigest).to.equal(sha256(''));
      expect(outcome.error?.reason).to.equal('PluginNotStarted');
      expect(stdout.length).to.equal(0);
      return outcome.error?.message ?? '';
    }

    it('because it does not exist', async () => {
      expect(await refusal(join(dir, 'none')))
        .to.contain('does not exist')
        .and.contain('(ENOENT)');
    });

    it('because its interpreter does not exist', async () => {
      await writeFile(join(dir, 'script'), '#!/no/such/interpreter\n', { mode: 0o755 });
      expect(await refusal(join(dir, 'script'))).to.contain('the interpreter in its first line');
    });

    it('because it may not be executed', async () => {
      const path = await installFixture('exits-at-once', dir);
      await chmod(path, 0o644);
      expect(await refusal(path)).to.contain('may not execute it (EACCES)');
    });

    it('because somebody is writing to it', async function () {
      const path = await installFixture('exits-at-once', dir);
      const file = await open(path, 'r+');
      try {
        const { outcome } = await runChild({ executable: path, env: {}, input: '', timeoutMs: 10_000 });
        if (outcome.error === null) this.skip(); // a system that lets a program be written while it runs
        expect(outcome.error.message).to.contain('writing to the file').and.contain('(ETXTBSY)');
      } finally {
        await file.close();
      }
    });

    it('because its environment is too large or holds a NUL', async () => {
      const path = await installFixture('exits-at-once', dir);
      expect(await refusal(path, { A: 'x'.repeat(5 * 2 ** 20) })).to.contain('environment is too large');
      expect(await refusal(path, { A: 'a\0b' })).to.contain('NUL');
    });
  });
});

/** A shell creates a file before it writes to it. */
function hasContent(path: string): boolean {
  return existsSync(path) && readFileSync(path, 'utf8').endsWith('\n');
}

/** Keeps the event loop from turning until a child has ended and its deadline has passed. */
function blockUntilGone(pid: number): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const end = performance.now() + 1_100;
  while (performance.now() < end || (isRunning(pid) && performance.now() < end + 2_000)) {
    Atomics.wait(pause, 0, 0, 10);
  }
}
