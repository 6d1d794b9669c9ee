import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { installFixture, readPids } from '../../../rig/plugins.js';
import { untilGone } from '../../../rig/processes.js';
import { root } from '../../../rig/root.js';
import { tempDir } from '../../../rig/temp.js';

const runner = pathToFileURL(join(root, 'dist/reconciler/plugin/child/run-child.js')).href;

describe('the process that ran a child', () => {
  let dir = '';
  beforeEach(async () => {
    dir = await tempDir();
  });

  /** Runs a program in a process of its own, which has nothing else to do, and gives what the outcome says. */
  async function runApart(executable: string, env: Record<string, string>): Promise<string> {
    const request = JSON.stringify({ executable, env, input: 'x'.repeat(100_000), timeoutMs: 600_000 });
    const script = `
      import { runChild } from ${JSON.stringify(runner)};
      const { outcome } = await runChild(${request});
      console.log(outcome.error?.reason ?? 'success');`;
    // A timer, listener or pipe that is left over would keep it alive until execFile ends it and rejects.
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
      timeout: 20_000,
    });
    return (await run).stdout.trim();
  }

  it('can end after a good run', async () => {
    expect(await runApart(await installFixture('exits-at-once', dir), {})).to.equal('success');
  });

  it('can end after a refused start', async () => {
    expect(await runApart(join(dir, 'none'), {})).to.equal('PluginNotStarted');
  });

  it('can end while what the child left behind goes on', async function () {
    const env = { PIDS: join(dir, 'pids') };
    try {
      await promisify(execFile)('setsid', ['true']);
    } catch {
      this.skip(); // no setsid here
    }
    const program = await installFixture('leaves-session-holding-stdout', dir);
    try {
      expect(await runApart(program, env)).to.equal('OutputHeldOpen');
    } finally {
      const pids = await readPids(env.PIDS);
      for (const pid of pids) process.kill(pid, 'SIGKILL');
      await untilGone(pids);
    }
  });
});
