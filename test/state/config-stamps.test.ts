import { expect } from 'chai';
import { appendFile, chmod, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { takeStamps } from '../../state/config/stamps.js';
import { tempDir } from '../rig/temp.js';

describe('the stamps of a config directory', () => {
  let top = '';
  let real = '';
  const later = () => Date.now() + 10_000;
  const at = (path: string, nowMs = later()) =>
    takeStamps({ path, stateDir: join(top, 'state'), schemaFiles: [] }, [join(top, 'outside')], nowMs);

  beforeEach(async () => {
    top = await tempDir();
    real = join(top, 'config');
    await mkdir(join(real, 'plugins/p/bin'), { recursive: true });
    for (const path of ['router.yaml', 'more.yaml', 'plugins/p/plugin.yaml', 'plugins/p/bin/p'])
      await writeFile(join(real, path), path);
    await writeFile(join(top, 'outside'), 'x');
    await symlink(real, join(top, 'link'));
  });

  const roots = {
    'a directory': 'config',
    'a link to a directory': 'link',
    'a single file': 'config/router.yaml',
  };
  const changes: Record<string, () => Promise<void>> = {
    'a file in place': () => appendFile(join(real, 'router.yaml'), '#'),
    'a manifest in place': () => appendFile(join(real, 'plugins/p/plugin.yaml'), '#'),
    'a program in place': () => appendFile(join(real, 'plugins/p/bin/p'), '#'),
    'the mode of a program': () => chmod(join(real, 'plugins/p/bin/p'), 0o711),
    'a program elsewhere': () => appendFile(join(top, 'outside'), '#'),
    'the mode of a folder above': () => chmod(top, 0o711),
  };
  for (const [what, root] of Object.entries(roots)) {
    describe(`that is ${what}`, () => {
      it('are the same while nothing changes, and not known while all is new', () => {
        expect(at(join(top, root)))
          .to.be.a('string')
          .and.to.equal(at(join(top, root)));
        expect(at(join(top, root), Date.now())).to.equal(undefined);
      });

      for (const [change, make] of Object.entries(changes)) {
        it(`tell of ${change}`, async () => {
          const before = at(join(top, root));
          await make();
          expect(at(join(top, root)))
            .to.be.a('string')
            .and.not.to.equal(before);
        });
      }
    });
  }

  it('tell of files that come and go, and of a link that leads elsewhere', async () => {
    const seen = [at(join(top, 'link'))];
    await writeFile(join(real, 'new.yaml'), '');
    seen.push(at(join(top, 'link')));
    await rm(join(real, 'new.yaml'));
    seen.push(at(join(top, 'link')));
    await rename(real, join(top, 'moved'));
    await rm(join(top, 'link'));
    await symlink(join(top, 'moved'), join(top, 'link'));
    seen.push(at(join(top, 'link')));
    expect(new Set(seen).size).to.equal(4);
  });

  it('are not known where something is missing', async () => {
    await rm(join(top, 'outside'));
    expect(at(real)).to.equal(undefined);
  });
});
