import { expect } from 'chai';
import { dirname, join } from 'node:path';
import { copyExample } from './rig/config-dir.js';
import { checkState } from './rig/invariants.js';
import { constantText, readmeSteps } from './rig/readme.js';
import { root } from './rig/root.js';
import { shell } from './rig/routerctl.js';
import { userGit } from './rig/store.js';
import { tempDir } from './rig/temp.js';

/** What differs from run to run: besides times and commits, how long a lease has left, and ids of objects. */
function constant(text: string): string {
  return constantText(
    text
      .replaceAll(/\b(?:\d+m)?\d+(?:\.\d+)?(?:s|ms)\b/g, 'SPAN')
      .replaceAll(/for \S+ still/g, 'for SPAN still')
      .replaceAll(/\b[0-9a-f]{40}\b/g, 'COMMIT')
      .replaceAll(/^index .*$/gm, 'index'),
  );
}

describe('docs/explain.md', function () {
  this.timeout(120_000);

  it('is a story that can be played as it stands', async () => {
    const config = await copyExample('cloudedge');
    const [cwd, state] = [dirname(dirname(config)), join(await tempDir(), 'state')];
    const [setting, ...steps] = readmeSteps(join(root, 'docs/explain.md'));
    const codes: (number | null)[] = [];
    for (const { commands, shown } of steps) {
      const lines = `${setting?.commands ?? ''}${commands}`.replaceAll('/tmp/night', state);
      const { code, stdout } = await shell(`exec 2>&1\n${lines}`, { cwd });
      codes.push(code);
      const author = userGit(state, 'log', '-1', '--format=%an', 'gen/1').trim();
      const told = stdout
        .replaceAll(state, '/tmp/night')
        .replaceAll(` ${author} `, ' alice ')
        .replaceAll(` by ${author}:`, ' by alice:');
      expect(constant(told), commands).to.equal(constant(shown));
    }
    expect(codes, 'exit codes').to.deep.equal([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    await checkState(state);
  });
});
