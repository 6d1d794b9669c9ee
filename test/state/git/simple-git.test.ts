import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { simpleGitForOneCall } from '../../../state/git/simple-git.js';

type Copy = ReturnType<typeof simpleGitForOneCall>;

/** Calls until another copy comes, which is never on the first call. */
function nextCopy(): { readonly copy: WeakRef<Copy>; readonly calls: number } {
  const before = simpleGitForOneCall();
  let copy = before;
  let calls = 1;
  while (copy === before && calls < 100_000) {
    copy = simpleGitForOneCall();
    calls++;
  }
  return { copy: new WeakRef(copy), calls };
}

describe('simple-git for one call', () => {
  it('shares a copy among many calls', () => {
    nextCopy();
    const first = simpleGitForOneCall();
    for (let i = 0; i < 100; i++) expect(simpleGitForOneCall()).to.equal(first);
  });

  it('lets go of the copies before, apart from the first', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    nextCopy(); // the first may belong to an earlier test
    const old = [nextCopy(), nextCopy(), nextCopy()];
    expect(old.every(({ calls }) => calls <= 2_001)).to.equal(true);
    nextCopy();
    for (let i = 0; i < 5; i++) {
      await turn();
      collect();
    }
    expect(old.filter(({ copy }) => copy.deref() !== undefined)).to.have.length(0);
  });
});
