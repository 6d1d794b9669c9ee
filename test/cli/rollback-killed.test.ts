import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { route } from '../rig/build.js';
import { configDir, routerFile } from '../rig/config-dir.js';
import { checkState } from '../rig/invariants.js';
import { root } from '../rig/root.js';
import { routerctl } from '../rig/routerctl.js';
import { searchPath } from '../rig/store.js';
import { tempDir } from '../rig/temp.js';

const preload = pathToFileURL(join(root, 'dist/test/rig/kill-at-operation.js')).href;
const program = join(root, 'dist/bin/routerctl.js');

/** More than a rollback has operations: the search ends before. */
const mostOperations = 400;
/** Every operation would take minutes; over the runs of a step that shares no factor with the others all kinds are met. */
const stride = 7;

/** Runs routerctl and ends it in place of its n-th change of a file or start of a process; whether it was. */
async function killedAt(n: number, args: readonly string[]): Promise<boolean> {
  const child = spawn(process.execPath, ['--import', preload, program, ...args], {
    env: { PATH: searchPath, HOME: await tempDir(), KILL_AT: String(n) },
    stdio: 'ignore',
  });
  const [, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return signal === 'SIGKILL';
}

describe('a rollback that is killed', () => {
  it('leaves the old generation or the new one, with the quarantine in the same commit, and can be repeated', async () => {
    const config = await configDir({ 'router.yaml': routerFile(route('good')) });
    const dir = await tempDir();
    const template = join(dir, 'template');
    const on = (state: string): string[] => ['--config', config, '--state', state];
    await routerctl(['reconcile', ...on(template)]);
    await writeFile(join(config, 'router.yaml'), routerFile(route('good'), route('bad')));
    await routerctl(['reconcile', ...on(template)]);

    const seen = { before: 0, after: 0 };
    let n = 1;
    for (; n < mostOperations; n += stride) {
      const state = join(dir, `S${n}`);
      await cp(template, state, { recursive: true });
      if (!(await killedAt(n, ['rollback', '--to', '1', ...on(state)]))) break;
      const again = await routerctl(['rollback', '--to', '1', ...on(state)]);
      expect(again.code, again.stderr).to.equal(0);
      seen[again.stdout.startsWith('nothing changed') ? 'after' : 'before']++;
      expect((await routerctl(['reconcile', ...on(state)])).code, 'it is quarantined').to.equal(1);
      const commits = await checkState(state);
      expect(commits.map(({ subject }) => subject).slice(2)).to.deep.equal(['generation 3: -1 (rollback 1)']);
    }
    expect(n, 'it came to its end').to.be.lessThan(mostOperations);
    expect(seen.before).to.be.greaterThan(0);
    expect(seen.after).to.be.greaterThan(0);
  }).timeout(180_000);
});
