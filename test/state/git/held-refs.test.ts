import { join } from 'node:path';
import { expect } from 'chai';
import { author, commitOn, noon, storeAt, userGit } from '../../rig/store.js';
import { tempDir } from '../../rig/temp.js';

describe('candidates that are held', () => {
  const candidate = (parent: string, text: string) => ({
    parent,
    files: new Map([['a.yaml', text]]),
    message: 'held: startup-config\n',
    author,
    at: noon,
  });

  it('have a ref of their own, which plain git can compare with main, and main stays where it is', async () => {
    const store = await storeAt(join(await tempDir(), 'S'));
    const { commit } = await commitOn(store, { 'a.yaml': 'a: 1\n' });
    expect(await store.held()).to.deep.equal(new Map());
    const held = await store.hold('startup', candidate(commit, 'a: 2\n'));
    expect(await store.head()).to.equal(commit);
    expect(await store.held()).to.deep.equal(new Map([['startup', held.commit]]));
    expect(userGit(store.path, 'diff', 'main', 'held/startup')).to.contain('-a: 1\n+a: 2\n');
    expect(userGit(store.path, 'rev-parse', 'held/startup^').trim()).to.equal(commit);
    expect(userGit(store.path, 'branch', '--list', '--format=%(refname)').trim()).to.equal('refs/heads/main');
  });

  it('are replaced by newer ones, and released', async () => {
    const store = await storeAt(join(await tempDir(), 'S'));
    const { commit } = await commitOn(store, { 'a.yaml': 'a: 1\n' });
    await store.hold('startup', candidate(commit, 'a: 2\n'));
    await store.hold('Plugin-p', candidate(commit, 'a: 3\n'));
    const { commit: newer } = await store.hold('startup', candidate(commit, 'a: 4\n'));
    expect((await store.held()).get('startup')).to.equal(newer);
    await store.release(['startup', 'Plugin-gone']);
    expect([...(await store.held()).keys()]).to.deep.equal(['Plugin-p']);
    await store.release([]);
  });

  it('outlive housekeeping, packed refs and gc, and fsck finds nothing wrong', async () => {
    const store = await storeAt(join(await tempDir(), 'S'));
    const { commit } = await commitOn(store, { 'a.yaml': 'a: 1\n' });
    const held = await store.hold('Plugin-p', candidate(commit, 'a: 2\n'));
    await store.housekeep();
    userGit(store.path, 'pack-refs', '--all');
    userGit(store.path, 'gc', '--prune=now', '--quiet');
    expect(await store.held()).to.deep.equal(new Map([['Plugin-p', held.commit]]));
    expect(await store.readFile(held.commit, 'a.yaml')).to.deep.equal(Buffer.from('a: 2\n'));
    expect(await store.check()).to.deep.equal([]);
    await store.release(['Plugin-p']);
    expect(await store.held()).to.deep.equal(new Map());
  });

  it('have names of candidates alone', async () => {
    const store = await storeAt(join(await tempDir(), 'S'));
    const { commit } = await commitOn(store, { 'a.yaml': 'a: 1\n' });
    for (const name of ['', '../heads/main', 'Plugin-', 'Plugin-a/b', 'startup.lock', 'a b']) {
      const refused = await store.hold(name, candidate(commit, 'a: 2\n')).then(
        () => 'held',
        (error: unknown) => String(error),
      );
      expect(refused).to.match(/cannot hold a candidate/);
    }
  });
});
