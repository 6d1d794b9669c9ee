import { expect } from 'chai';
import fc from 'fast-check';
import { foldersOf, treePathProblem, treeProblem } from '../../../state/git/names.js';

describe('names in a tree', () => {
  const good = [
    'generation.yaml',
    'parts/Plugin-oci-inventory.yaml',
    'actions/2026-05-29T12:00:00Z+a@b=c.yaml',
    '_x/0',
    'running',
    'plugins/run',
    'x'.repeat(255),
  ];
  for (const path of good) {
    it(`takes ${path.slice(0, 40)}`, () => {
      expect(treePathProblem(path)).to.equal(undefined);
    });
  }

  const bad = [
    '',
    '/etc/passwd',
    'a//b',
    'a/',
    '.',
    '..',
    'a/../b',
    '../../etc/passwd',
    '.git',
    '.GIT/config',
    'a/.git/hooks/pre-commit',
    'git~1',
    '.gitattributes',
    '.gitmodules',
    '-rf',
    'a\\b',
    'a b',
    'a\nb',
    'a\0b',
    'a\u001b[2Jb',
    '.g\u200cit',
    'é',
    'e\u0301',
    '\ud800',
    '\u202etxt',
    'x'.repeat(256),
    'x/'.repeat(600),
    'run',
    'run/lock',
  ];
  for (const path of bad) {
    it(`refuses ${JSON.stringify(path.slice(0, 40))}`, () => {
      expect(treePathProblem(path)).to.be.a('string');
    });
  }

  it('refuses a file where a folder is needed', () => {
    expect(treeProblem(['a', 'a-b', 'a/b'])).to.deep.equal({ path: 'a/b', reason: 'a is a file' });
    expect(treeProblem(['a', 'ab/c', 'b'])).to.equal(undefined);
  });

  it('lists the folders above a path', () => {
    expect(foldersOf('a/b/c')).to.deep.equal(['a', 'a/b']);
    expect(foldersOf('a')).to.deep.equal([]);
  });

  it('lets nothing through that could leave the directory or reach into .git', () => {
    const part = fc.oneof(fc.string(), fc.constantFrom('.', '..', '.git', 'a', ''));
    const path = fc.array(part, { minLength: 1, maxLength: 4 }).map(parts => parts.join('/'));
    fc.assert(
      fc.property(path, text => {
        fc.pre(treePathProblem(text) === undefined);
        expect(text.split('/').some(name => name.startsWith('.') || name === '')).to.equal(false);
      }),
    );
  });
});
