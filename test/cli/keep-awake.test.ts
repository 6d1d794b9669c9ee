import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { root } from '../rig/root.js';

describe('a process that is kept awake', () => {
  /** Its exit code: 7 once it has asked for a file twice. */
  async function exitCode(rest: string): Promise<number> {
    const url = pathToFileURL(join(root, 'dist/cli/keep-awake.js')).href;
    const program = `
      import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      let asked = 0;
      fs.access = () => { if (++asked === 2) process.exit(7); };
      syncBuiltinESMExports();
      const { keepAwake } = await import(${JSON.stringify(url)});
      keepAwake();
      ${rest}`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    const [code] = (await once(child, 'exit')) as [number];
    return code;
  }

  it('asks for a file again and again while it waits for something', async () => {
    expect(await exitCode('process.stdin.resume();')).to.equal(7);
  });

  it('ends as soon as there is nothing to wait for', async () => {
    expect(await exitCode('')).to.equal(0);
  });
});
