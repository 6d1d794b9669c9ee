import { expect } from 'chai';
import { chmod, chown, mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkTrust, findDistrust, trustWalk } from '../../state/trust-walk.js';
import { runningIdentity } from '../../state/trust.js';
import { tempDir } from '../rig/temp.js';

describe('the walk of who could replace a file', () => {
  let dir = '';
  let file = '';

  beforeEach(async () => {
    dir = await tempDir();
    await mkdir(join(dir, 'a/b'), { recursive: true });
    file = join(dir, 'a/b/file');
    await writeFile(file, '');
    for (const path of ['a', 'a/b', 'a/b/file']) await chmod(join(dir, path), 0o755);
  });

  it('finds nothing in a private folder below a sticky one', () => {
    expect(findDistrust(file)).to.deep.equal([]);
  });

  it('finds the file itself and any folder above it, outermost first', async () => {
    await chmod(file, 0o646);
    await chmod(join(dir, 'a'), 0o757);
    const found = findDistrust(file);
    expect(found.map(({ path, mode }) => [path, mode])).to.deep.equal([
      [join(dir, 'a'), 0o757],
      [file, 0o646],
    ]);
    expect(checkTrust(file)).to.deep.equal(found[0]);
  });

  it('lets a sticky folder be writable', async () => {
    await chmod(join(dir, 'a'), 0o1777);
    expect(findDistrust(file)).to.deep.equal([]);
  });

  it('finds everything that belongs to a stranger', async () => {
    const paths = [dir, join(dir, 'a'), join(dir, 'a/b'), file];
    if (runningIdentity().uid === 0) for (const path of paths) await chown(path, 4242, 4242);
    const { uid } = await stat(file);
    const found = findDistrust(file, { uid: uid + 1, gid: 4242 });
    const inside = found.filter(({ path }) => path.startsWith(dir));
    expect(inside.map(({ path, rule, owner }) => [path, rule, owner])).to.deep.equal(
      paths.map(path => [path, 'owner', uid]),
    );
  });

  it('accepts writing by the primary group of a user other than root', async () => {
    await chmod(file, 0o664);
    const { uid, gid } = await stat(file);
    const someone = { uid: uid === 0 ? 4242 : uid, gid };
    expect(findDistrust(file, someone)).to.deep.equal([]);
    const [distrust] = findDistrust(file, { ...someone, gid: gid + 1 });
    expect(distrust).to.include({ path: file, rule: 'group-writable' });
  });

  it('looks at the folders of links and at those that they lead to', async () => {
    await mkdir(join(dir, 'links'));
    await mkdir(join(dir, 'target'));
    await writeFile(join(dir, 'target/file'), '');
    await symlink('../target', join(dir, 'links/relative'));
    await symlink(join(dir, 'links/relative/./file'), join(dir, 'a/absolute'));
    const path = join(dir, 'a/absolute');
    expect(findDistrust(path)).to.deep.equal([]);
    for (const folder of ['a', 'links', 'target']) {
      await chmod(join(dir, folder), 0o777);
      expect(findDistrust(path).map(found => found.path)).to.deep.equal([join(dir, folder)]);
      await chmod(join(dir, folder), 0o755);
    }
  });

  it('throws the error of the system where the path leads nowhere', async () => {
    await symlink('loop', join(dir, 'loop'));
    for (const [name, code] of [
      ['none', 'ENOENT'],
      ['a/b/file/x', 'ENOTDIR'],
      ['loop', 'ELOOP'],
    ] as const) {
      expect(() => findDistrust(join(dir, name)))
        .to.throw()
        .with.property('code', code);
    }
  });

  it('remembers what it has seen, for many files of one pass', async () => {
    const walk = trustWalk();
    await chmod(join(dir, 'a'), 0o777);
    const before = walk.find(file);
    await chmod(join(dir, 'a'), 0o755);
    expect(walk.find(join(dir, 'a/b'))).to.deep.equal(before);
    expect(trustWalk().find(file)).to.deep.equal([]);
  });
});
