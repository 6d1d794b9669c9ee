import { expect } from 'chai';
import { isHint, isUnwatched } from '../../watch/names.js';

describe('names in a config directory', () => {
  for (const [name, watched, hint] of [
    ['router.yaml', true, true],
    ['plugins', true, true],
    ['README.md', true, true],
    ['4913.yaml', true, true],
    ['a.swp.yaml', true, true],
    ['.git', false, false],
    ['.router.yaml.swp', false, false],
    ['.#router.yaml', false, false],
    ['router.yaml.swp', false, false],
    ['router.yaml~', false, false],
    ['4913', false, false],
    ['node_modules', false, false],
    ['__pycache__', false, false],
    ['..data', false, true],
    ['..2026_05_29_12_00_00.1', false, true],
  ] as const) {
    it(`${name} is ${watched ? '' : 'not '}watched, and its change is ${hint ? 'a' : 'no'} hint`, () => {
      expect([!isUnwatched(name), isHint(name)]).to.deep.equal([watched, hint]);
    });
  }
});
