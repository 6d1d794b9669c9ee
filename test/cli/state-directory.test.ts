import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { configDir, copyExample } from '../rig/config-dir.js';
import { reasonsOf } from '../rig/documents.js';
import type { ValidationReport } from '../rig/documents.js';
import { checkState } from '../rig/invariants.js';
import { routerctl } from '../rig/routerctl.js';
import { userGit } from '../rig/store.js';
import { tempDir } from '../rig/temp.js';

describe('the state directory', () => {
  let config = '';
  beforeEach(async () => {
    config = await copyExample('minimal');
  });

  /** What reconcile and its dry-run say about a state directory that they refuse. */
  async function refusal(state: string): Promise<string> {
    const [real, dry] = await Promise.all([
      routerctl(['reconcile', '--config', config, '--state', state]),
      routerctl(['reconcile', '--dry-run', '--config', config, '--state', state]),
    ]);
    expect([real.code, real.stdout, dry.code, dry.stdout]).to.deep.equal([1, '', 1, '']);
    expect(dry.stderr).to.equal(real.stderr);
    expect(real.stderr).to.contain(state).and.to.contain('\n  hint: ');
    return real.stderr;
  }

  it('is refused when it is a file', async () => {
    const file = join(await tempDir(), 'state.db');
    await writeFile(file, 'precious');
    expect(await refusal(file)).to.contain('is a file, not a directory');
    expect(await readFile(file, 'utf8')).to.equal('precious');
  });

  it('is refused when it holds something else', async () => {
    const dir = await configDir({ 'precious.txt': 'precious' });
    expect(await refusal(dir)).to.contain('holds files but no state of routerd');
    expect(execFileSync('ls', ['-A', dir]).toString()).to.equal('precious.txt\n');
  });

  it('is refused when it is a repository of somebody else', async () => {
    const dir = await tempDir();
    userGit(dir, 'init', '--quiet');
    expect(await refusal(dir)).to.contain('is a git repository that routerd did not make');
    expect(execFileSync('ls', ['-A', dir]).toString()).to.equal('.git\n');
  });

  it('is refused when others can write to it', async () => {
    const dir = join(await tempDir(), 'S');
    await mkdir(dir);
    await chmod(dir, 0o777);
    expect(await refusal(dir)).to.contain('is writable by everyone');
  });

  it('may lie inside the config directory, where it is not read', async () => {
    const state = join(config, 'state');
    for (const generation of [1, 1]) {
      const { code, stdout } = await routerctl(['reconcile', '--config', config, '--state', state]);
      expect(code).to.equal(0);
      expect(stdout).to.contain(`generation ${generation}`);
    }
    expect(await checkState(state)).to.have.length(1);
  });

  it('must not be, or hold, the config directory', async () => {
    const state = join(await tempDir(), 'S');
    await routerctl(['reconcile', '--config', config, '--state', state]);
    for (const inside of [state, join(state, 'run')]) {
      const judged = await routerctl(['validate', inside, '--state', state, '-o', 'json']);
      const { problems } = judged.json() as ValidationReport;
      expect([judged.code, ...reasonsOf(problems)]).to.deep.equal([2, 'StateInsideConfig']);
      const { code: failed, stderr } = await routerctl(['reconcile', '--config', inside, '--state', state]);
      expect(failed).to.equal(1);
      expect(stderr).to.contain('[StateInsideConfig]');
    }
    expect(await checkState(state)).to.have.length(1);
    // Before there is any state: the operator's own files must not become part of it.
    const above = dirname(config);
    expect(await refusal(above)).to.contain('holds files but no state of routerd');
    expect(await refusal(config)).to.contain('holds files but no state of routerd');
  });

  it('is made with the folders above it', async () => {
    const state = join(await tempDir(), 'not/yet/there');
    expect((await routerctl(['reconcile', '--config', config, '--state', state])).code).to.equal(0);
    await checkState(state);
  });
});
