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
    const { rows } = JSON.parse(output) as { rows: { readonly name: string; readonly value: number }[] };
    expect(rows.map(({ name }) => name)).to.have.length(18);
    for (const { name, value } of rows) expect(value, name).to.satisfy(Number.isFinite);
  });
});
