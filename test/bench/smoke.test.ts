import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { root } from '../rig/root.js';

describe('benchmarks', () => {
  it('run, each beside its floor', function () {
    this.timeout(120_000);
    const output = execFileSync(
      process.execPath,
      [join(root, 'dist/test/bench/run.js'), '--smoke', '--json'],
      { encoding: 'utf8' },
    );
    const rows = JSON.parse(output) as { readonly name: string; readonly ratio: number }[];
    expect(rows).not.to.deep.equal([]);
    for (const { name, ratio } of rows) expect(ratio, name).to.be.greaterThan(0);
  });
});
