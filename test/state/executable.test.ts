import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { chmod, chown, copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { sha256 } from '../../protocol/digest.js';
import { checkExecutable } from '../../state/executable.js';
import type { ExecutableFailure } from '../../state/executable.js';
import { installFixture } from '../rig/plugins.js';
import { tempDir } from '../rig/temp.js';

describe('checkExecutable', () => {
  let dir = '';
  beforeEach(async () => {
    dir = await tempDir();
  });

  async function program(content: string | Uint8Array, mode = 0o755): Promise<string> {
    const path = join(dir, 'program');
    await writeFile(path, content);
    await chmod(path, mode);
    return path;
  }

  async function failureOf(path: string): Promise<ExecutableFailure> {
    const result = await checkExecutable(path);
    if (result.ok) throw new Error(`${path} was accepted`);
    expect(result.failure.message).to.contain(path);
    expect(result.failure.hint).to.not.equal('');
    return result.failure;
  }

  it('accepts a script and gives the digest of its bytes', async () => {
    const content = `#!/bin/sh\n${'# a long comment\n'.repeat(20_000)}`;
    const path = await program(content);
    expect(await checkExecutable(path)).to.deep.equal({
      ok: true,
      value: { path, realPath: path, digest: sha256(content) },
    });
  });

  it('accepts an installed fixture', async () => {
    const path = await installFixture('exits-at-once', dir);
    expect(await checkExecutable(path)).to.have.property('ok', true);
  });

  it('accepts a native program', async () => {
    const path = join(dir, 'native');
    await copyFile('/bin/sh', path);
    await chmod(path, 0o755);
    expect(await checkExecutable(path)).to.have.property('ok', true);
  });

  it('does not look for the program that env is to find', async () => {
    const path = await program('#!/usr/bin/env no-such-program\n');
    expect(await checkExecutable(path)).to.have.property('ok', true);
  });

  it('follows links and names both ends', async () => {
    const realPath = await program('#!/bin/sh\n');
    const path = join(dir, 'link');
    await symlink('program', path);
    const result = await checkExecutable(path);
    expect(result).to.have.deep.property('value', { path, realPath, digest: sha256('#!/bin/sh\n') });
    await chmod(realPath, 0o644);
    expect((await failureOf(path)).message).to.contain(`${path} (${realPath})`);
  });

  it('tells a missing file from a link that leads nowhere or in a circle', async () => {
    await symlink('gone', join(dir, 'dangling'));
    await symlink('circle', join(dir, 'circle'));
    await program('');
    for (const [name, text] of [
      ['none', 'does not exist'],
      ['program/below', 'does not exist'],
      ['dangling', 'is a link to something that does not exist'],
      ['circle', 'in a circle'],
      ['x'.repeat(300), 'longer than a path can be'],
    ] as const) {
      const failure = await failureOf(join(dir, name));
      expect(failure.reason).to.equal('ExecutableMissing');
      expect(failure.message).to.contain(text);
    }
  });

  it('refuses a relative path', async () => {
    expect((await failureOf('bin/program')).reason).to.equal('ExecutableInvalid');
  });

  it('refuses what is no regular file, without opening it', async function () {
    const folder = join(dir, 'folder');
    await mkdir(folder);
    const socket = join(dir, 'socket');
    const server = createServer();
    await new Promise<void>(resolve => server.listen(socket, resolve));
    try {
      for (const [path, text] of [
        [folder, 'is a folder'],
        [socket, 'is a socket'],
        ['/dev/null', 'is a device'],
      ] as const) {
        const failure = await failureOf(path);
        expect(failure.reason).to.equal('ExecutableNotRegular');
        expect(failure.message).to.contain(text);
      }
    } finally {
      server.close();
    }
    const fifo = join(dir, 'fifo');
    try {
      execFileSync('mkfifo', [fifo]);
    } catch {
      this.skip(); // no mkfifo here
    }
    expect((await failureOf(fifo)).message).to.contain('is a FIFO');
  });

  it('refuses a file without an x bit, for root too, and names its mode', async () => {
    const failure = await failureOf(await program('#!/bin/sh\n', 0o644));
    expect(failure.reason).to.equal('ExecutableNotExecutable');
    expect(failure.message).to.contain('mode 0644');
    expect(failure.hint).to.contain('chmod +x');
  });

  it('refuses a file that it may not read', async function () {
    if (process.geteuid?.() === 0) this.skip(); // root may read everything
    const failure = await failureOf(await program('#!/bin/sh\n', 0o311));
    expect(failure.reason).to.equal('FileUnreadable');
  });

  it('refuses a path through a folder that it may not enter', async function () {
    if (process.geteuid?.() === 0) this.skip(); // root may enter every folder
    await mkdir(join(dir, 'closed'));
    await writeFile(join(dir, 'closed/program'), '#!/bin/sh\n');
    await chmod(join(dir, 'closed'), 0o600);
    const failure = await failureOf(join(dir, 'closed/program'));
    await chmod(join(dir, 'closed'), 0o700);
    expect(failure.reason).to.equal('ExecutableNotExecutable');
    expect(failure.message).to.contain('may not enter a folder');
  });

  it('refuses a program that others could replace, and names owner and mode', async () => {
    const uid = process.geteuid?.() ?? 0;
    const path = await program('#!/bin/sh\n', 0o757);
    const direct = await failureOf(path);
    expect(direct.reason).to.equal('ExecutableUntrusted');
    expect(direct.message).to.contain('by everyone').and.contain(`owner uid ${uid}, mode 0757`);

    await chmod(path, 0o755);
    await chmod(dir, 0o777);
    const above = await failureOf(path);
    expect(above.reason).to.equal('ExecutableUntrusted');
    expect(above.message).to.contain(`${dir} is writable`).and.contain('mode 0777');
  });

  it('refuses a link that others could replace', async () => {
    const path = await program('#!/bin/sh\n');
    await mkdir(join(dir, 'open'));
    await chmod(join(dir, 'open'), 0o777);
    await symlink(path, join(dir, 'open/link'));
    const failure = await failureOf(join(dir, 'open/link'));
    expect(failure.reason).to.equal('ExecutableUntrusted');
    expect(failure.message).to.contain(`${join(dir, 'open')} is writable by everyone`);
  });

  it('refuses a program of another user', async function () {
    if (process.geteuid?.() !== 0) this.skip(); // only root can give files away
    const path = await program('#!/bin/sh\n');
    await chown(path, 4242, 4242);
    const failure = await failureOf(path);
    expect(failure.reason).to.equal('ExecutableUntrusted');
    expect(failure.message).to.contain('owner uid 4242, mode 0755');
  });

  const invalid: readonly (readonly [string, string])[] = [
    ['', 'is empty'],
    ['echo hello\n', 'has neither'],
    ['#!/bin/sh\r\necho\r\n', 'Windows line endings'],
    ['#!/no/such/interpreter\n', 'names the interpreter /no/such/interpreter, which does not exist'],
    ['#!/tmp\n', 'names the interpreter /tmp, which is a folder'],
    ['#!/etc/passwd\n', 'names the interpreter /etc/passwd, which may not be executed'],
  ];
  for (const [content, text] of invalid) {
    it(`refuses ${JSON.stringify(content)}`, async () => {
      const failure = await failureOf(await program(content));
      expect(failure.reason).to.equal('ExecutableInvalid');
      expect(failure.message).to.contain(text);
    });
  }
});
