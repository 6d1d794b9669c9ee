import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import {
  appendLines,
  ensureDir,
  isTemporaryName,
  readRegular,
  removeDurably,
  writeAtomic,
} from '../../state/files.js';
import { StorageError } from '../../state/storage-error.js';
import { tempDir } from '../rig/temp.js';

async function errorOf(promise: Promise<unknown>): Promise<StorageError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof StorageError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

describe('files on disk', () => {
  let dir = '';
  let mask = 0;
  beforeEach(async () => {
    dir = await tempDir();
    mask = process.umask(0o022);
  });
  afterEach(() => {
    process.umask(mask);
  });

  describe('writeAtomic', () => {
    for (const umask of [0o000, 0o022, 0o777]) {
      it(`writes with mode 0600 under umask ${umask.toString(8)}`, async () => {
        const path = join(dir, 'file');
        process.umask(umask);
        await writeAtomic(path, 'one');
        await writeAtomic(path, new Uint8Array([0, 255, 10]));
        process.umask(mask);
        expect([...(await readFile(path))]).to.deep.equal([0, 255, 10]);
        expect(await modeOf(path)).to.equal(0o600);
        expect(await readdir(dir)).to.deep.equal(['file']);
      });
    }

    it('replaces a link and leaves its target alone', async () => {
      await writeFile(join(dir, 'target'), 'old');
      await symlink('target', join(dir, 'link'));
      await writeAtomic(join(dir, 'link'), 'new');
      expect(await readFile(join(dir, 'target'), 'utf8')).to.equal('old');
      expect(await readFile(join(dir, 'link'), 'utf8')).to.equal('new');
    });

    it('takes a name of 255 bytes', async () => {
      const path = join(dir, 'x'.repeat(255));
      await writeAtomic(path, 'long');
      expect(await readFile(path, 'utf8')).to.equal('long');
    });

    it('leaves nothing behind when it fails', async () => {
      await mkdir(join(dir, 'taken/child'), { recursive: true });
      const error = await errorOf(writeAtomic(join(dir, 'taken'), 'x'));
      expect(error.path).to.equal(join(dir, 'taken'));
      expect(error.operation).to.equal('write');
      expect(await readdir(dir)).to.deep.equal(['taken']);
    });

    it('names the path when the folder is missing', async () => {
      const path = join(dir, 'no/such/file');
      const error = await errorOf(writeAtomic(path, 'x'));
      expect(error.code).to.equal('ENOENT');
      expect(error.message).to.equal(
        `cannot write ${path}: it, or the folder that it should be in, does not exist`,
      );
    });

    it('keeps the old file and says what is used up on a full disk', async function () {
      const disk = join(dir, 'disk');
      await mkdir(disk);
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk], { stdio: 'ignore' });
      } catch {
        console.error('      skipped: no right to mount a file system');
        this.skip();
      }
      try {
        const path = join(disk, 'file');
        await writeAtomic(path, 'good');
        const error = await errorOf(writeAtomic(path, Buffer.alloc(1_000_000)));
        expect(error.code).to.equal('ENOSPC');
        expect(error.message).to.match(
          /no space or inodes left on the file system of .* \(\d+ bytes and \d+ inodes free\)/,
        );
        expect(await readFile(path, 'utf8')).to.equal('good');
        expect(await readdir(disk)).to.deep.equal(['file']);
      } finally {
        execFileSync('umount', [disk]);
      }
    });
  });

  it('tells its own unfinished files from others', () => {
    expect(isTemporaryName('.routerd.0123456789ab.tmp')).to.equal(true);
    for (const name of ['.routerd.tmp', 'x.tmp', '.routerd.0123456789ab.tmp~', '.routerd.0123456789AB.tmp']) {
      expect(isTemporaryName(name), name).to.equal(false);
    }
  });

  describe('readRegular', () => {
    it('reads bytes with what is known about them', async () => {
      const path = join(dir, 'file');
      await writeFile(path, 'content');
      const { bytes, stats } = await readRegular(path, 7);
      expect(bytes.toString()).to.equal('content');
      expect(stats.size).to.equal(7);
    });

    it('reads an empty file', async () => {
      await writeFile(join(dir, 'file'), '');
      expect((await readRegular(join(dir, 'file'), 0)).bytes.length).to.equal(0);
    });

    it('refuses one byte too many', async () => {
      const path = join(dir, 'file');
      await writeFile(path, '12345678');
      const error = await errorOf(readRegular(path, 7));
      expect(error.code).to.equal('EFBIG');
      expect(error.message).to.equal(`cannot read ${path}: it is larger than 7 bytes`);
    });

    const others: Record<string, [code: string, make: (path: string) => unknown]> = {
      'a FIFO without blocking': ['ENOTREG', path => execFileSync('mkfifo', [path])],
      'a folder': ['ENOTREG', path => mkdir(path)],
      'a link': ['ELOOP', path => symlink('/etc/passwd', path)],
      'a dangling link': ['ELOOP', path => symlink('nowhere', path)],
      'what is not there': ['ENOENT', () => undefined],
    };
    for (const [what, [code, make]] of Object.entries(others)) {
      it(`refuses ${what}`, async () => {
        const path = join(dir, 'thing');
        await make(path);
        const error = await errorOf(readRegular(path, 100));
        expect(error.code).to.equal(code);
        expect(error.message).to.contain(path);
      });
    }

    it('refuses a device', async () => {
      expect((await errorOf(readRegular('/dev/zero', 100))).code).to.equal('ENOTREG');
    });

    it('refuses a socket in the same words', async () => {
      const path = join(dir, 'socket');
      const server = createServer();
      await new Promise<void>(resolve => server.listen(path, resolve));
      try {
        expect((await errorOf(readRegular(path, 100))).message).to.contain('it is not a regular file');
      } finally {
        server.close();
      }
    });

    it('says so when permission is missing', async function () {
      if (process.getuid?.() === 0) {
        console.error('      skipped: root may read everything');
        this.skip();
      }
      const path = join(dir, 'secret');
      await writeFile(path, 'x');
      await chmod(path, 0);
      expect((await errorOf(readRegular(path, 100))).message).to.equal(
        `cannot read ${path}: permission denied`,
      );
    });
  });

  describe('appendLines', () => {
    it('adds lines to a private file', async () => {
      const path = join(dir, 'log');
      process.umask(0);
      await appendLines(path, 'one\n', true);
      await appendLines(path, 'two\nthree\n', false);
      expect(await readFile(path, 'utf8')).to.equal('one\ntwo\nthree\n');
      expect(await modeOf(path)).to.equal(0o600);
    });

    it('ends a torn line before it adds its own', async () => {
      const path = join(dir, 'log');
      await writeFile(path, 'whole\nto');
      await appendLines(path, 'next\n', true);
      expect(await readFile(path, 'utf8')).to.equal('whole\nto\nnext\n');
    });

    it('refuses a FIFO without blocking', async () => {
      const path = join(dir, 'fifo');
      execFileSync('mkfifo', [path]);
      const error = await errorOf(appendLines(path, 'x\n', true));
      expect(error.code).to.equal('ENOTREG');
    });
  });

  describe('ensureDir', () => {
    for (const umask of [0o000, 0o777]) {
      it(`makes private folders under umask ${umask.toString(8)}`, async () => {
        process.umask(umask);
        await ensureDir(join(dir, 'a/b/c'));
        process.umask(mask);
        for (const folder of ['a', 'a/b', 'a/b/c'])
          expect(await modeOf(join(dir, folder)), folder).to.equal(0o700);
      });
    }

    it('leaves an existing folder as it is', async () => {
      await chmod(dir, 0o755);
      await ensureDir(dir);
      expect(await modeOf(dir)).to.equal(0o755);
    });

    it('refuses to go through a file', async () => {
      await writeFile(join(dir, 'file'), '');
      for (const path of ['file', 'file/below']) {
        expect((await errorOf(ensureDir(join(dir, path)))).code).to.equal('ENOTDIR');
      }
    });
  });

  it('removes a file, or finds it gone', async () => {
    const path = join(dir, 'file');
    await writeFile(path, '');
    await removeDurably(path);
    await removeDurably(path);
    expect(await readdir(dir)).to.deep.equal([]);
  });

  it('escapes control characters of a path in messages', () => {
    const error = new StorageError({ path: '/tmp/\u001b[2J', operation: 'read', code: 'EIO' });
    expect(error.message).to.equal('cannot read /tmp/\\u001b[2J: the device reported an input/output error');
  });
});
