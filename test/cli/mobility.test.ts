import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { copyExample } from '../rig/config-dir.js';
import { checkState } from '../rig/invariants.js';
import { constantText, readmeSteps } from '../rig/readme.js';
import { root } from '../rig/root.js';
import { shell } from '../rig/routerctl.js';
import { userGit } from '../rig/store.js';
import { tempDir } from '../rig/temp.js';

describe('examples/mobility', function () {
  this.timeout(120_000);

  it('is walked through as its README says, and git log tells every step with its cause', async () => {
    const config = await copyExample('mobility');
    const [cwd, state] = [dirname(dirname(config)), join(await tempDir(), 'state')];
    const [setting, ...steps] = readmeSteps(join(config, 'README.md'));
    const codes: (number | null)[] = [];
    for (const { commands, shown } of steps) {
      const lines = `${setting?.commands ?? ''}${commands}`.replaceAll('/tmp/mobility', state);
      const { code, stdout } = await shell(`exec 2>&1\n${lines}`, { cwd });
      codes.push(code);
      expect(constantText(stdout), commands).to.equal(constantText(shown));
    }
    expect(codes).to.deep.equal([0, 0, 0, 0, 0, 0, 1, 0]);

    const decided = userGit(state, 'log', '--reverse', '--format=%b', 'inventory/')
      .split('\n')
      .filter(line => /^10\.0\.1\.(20|30) /.test(line))
      .map(line => line.replace(/:.*/, ''));
    expect(decided).to.deep.equal([
      '10.0.1.30 none -> LocalHomeOwned',
      '10.0.1.20 none -> LocalHomeOwned',
      '10.0.1.20 LocalHomeOwned -> RemoteHomeOwned',
      '10.0.1.20 RemoteHomeOwned -> ConfirmedCapture',
      '10.0.1.20 ConfirmedCapture -> StaleCapture',
      '10.0.1.30 LocalHomeOwned',
    ]);
    await checkState(state);
  });

  it('has the executor of examples/provider-actions', () => {
    const program = (example: string) =>
      readFileSync(join(root, 'examples', example, 'plugins/oci-executor/bin/oci-executor'), 'utf8');
    expect(program('mobility')).to.equal(program('provider-actions'));
  });
});
