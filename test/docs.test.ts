import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { referencePages } from '../scripts/reference.js';
import { root } from './rig/root.js';

const read = (path: string) => readFileSync(join(root, path), 'utf8');

describe('documents', () => {
  for (const [path, text] of referencePages()) {
    it(`${path} is what the code says (npm run docs writes it)`, () => {
      expect(read(path)).to.equal(text);
    });
  }

  it('README speaks of every example, and each example has a README', () => {
    for (const entry of readdirSync(join(root, 'examples'), { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      expect(read('README.md')).to.contain(`examples/${entry.name}/README.md`);
      expect(read(`examples/${entry.name}/README.md`)).to.match(/^# /);
    }
  });

  it('README names scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...read('README.md').matchAll(/npm run ([a-z:-]+)/g)].map(match => match[1] ?? '');
    expect(named).not.to.deep.equal([]);
    expect(Object.keys(scripts)).to.include.members(named);
  });

  it('the lock file holds no download addresses', () => {
    expect(read('package-lock.json')).not.to.match(/"resolved"|https?:\/\/[^"]*registry/);
  });
});
