import { randomBytes } from 'node:crypto';
import { closeSync, constants, fchmodSync, fstatSync, fsyncSync, openSync } from 'node:fs';
import { readSync, readdirSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import type { BigIntStats, Dirent, Stats } from 'node:fs';
import { chmod, mkdir, open, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf } from './errno.js';
import { StorageError, storing } from './storage-error.js';

const privateFile = 0o600;
const privateDir = 0o700;

/** Name of a file that is being written, in the folder where it will stand: short, so that any name has room for it. */
const temporary = /^\.routerd\.[0-9a-f]{12}\.tmp$/;

/** Whether a file name is that of an unfinished `writeAtomic`, which a kill leaves behind. */
export function isTemporaryName(name: string): boolean {
  return temporary.test(name);
}

/**
 * Puts `content` at `path` with mode 0600, whole or not at all, and on disk when the promise resolves. A reader sees
 * the old file or the new one; a link at `path` is replaced, not followed. Throws StorageError.
 */
export async function writeAtomic(path: string, content: string | Uint8Array): Promise<void> {
  await replaceFile(path, content);
  await fsyncDir(dirname(path));
}

/**
 * `writeAtomic` for one of many files of a folder: it is durable once the caller has synced the folder. Returns what
 * `lstat` says of the file at its place. A file that is not `durable` may be empty or torn after a power cut.
 */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
  { durable = true }: { readonly durable?: boolean } = {},
): Promise<BigIntStats> {
  return storing('write', path, () => replaceAtOnce(path, content, durable));
}

function replaceAtOnce(path: string, content: string | Uint8Array, durable: boolean): BigIntStats {
  const draft = join(dirname(path), `.routerd.${randomBytes(6).toString('hex')}.tmp`);
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const file = openSync(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, privateFile);
  try {
    fchmodSync(file, privateFile); // the umask may have taken bits away
    writeFileSync(file, content);
    if (durable) fsyncSync(file);
    renameSync(draft, path);
    return fstatSync(file, { bigint: true });
  } catch (error) {
    quietly(() => {
      unlinkSync(draft);
    });
    throw error;
  } finally {
    closeSync(file);
  }
}

/** For what is tidied up after something else has gone wrong, which is what the caller is to hear of. */
export function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // What stays behind is found by the next run.
  }
}

/** A file as it was read: its bytes, and what `fstat` said about those bytes. */
export interface ReadFile {
  readonly bytes: Buffer;
  readonly stats: Stats;
}

/**
 * Reads a regular file of at most `maxBytes`. Never blocks on a FIFO or device, never follows a link in the last part
 * of the path, and reads again (three times at most) when the file changes meanwhile. Throws StorageError: `ENOENT`,
 * `ENOTREG`, `ELOOP`, `EFBIG`, `ECHANGED` and the system's codes.
 */
export async function readRegular(path: string, maxBytes: number): Promise<ReadFile> {
  return storing('read', path, () => readAtOnce(path, maxBytes));
}

/**
 * Files here are read and written at once: they are small, there are hundreds, and waiting for each call takes several times
 * as long as the call. Nor does it need node's pool of threads, whose wake-ups can be lost (cli/keep-awake.ts).
 */
function readAtOnce(path: string, maxBytes: number): ReadFile {
  for (let attempt = 0; attempt < 3; attempt++) {
    const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW } = constants;
    const file = openSync(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
    try {
      const before = fstatSync(file);
      if (!before.isFile()) throw new StorageError({ path, operation: 'read', code: 'ENOTREG' });
      const bytes = readUpTo(file, before.size, maxBytes);
      if (bytes === undefined) throw tooLarge(path, maxBytes);
      const after = fstatSync(file);
      if (sameVersion(before, after) && bytes.length === after.size) return { bytes, stats: after };
    } finally {
      closeSync(file);
    }
  }
  throw new StorageError({ path, operation: 'read', code: 'ECHANGED' });
}

function tooLarge(path: string, maxBytes: number): StorageError {
  const detail = `it is larger than ${maxBytes} bytes`;
  return new StorageError({ path, operation: 'read', code: 'EFBIG', detail });
}

/** The change time does not count: it moves when the file is replaced, and then what was read is the old file, whole. */
function sameVersion(a: Stats, b: Stats): boolean {
  return a.size === b.size && a.mtimeMs === b.mtimeMs;
}

/** Undefined where there are more than `maxBytes`. One byte more than `size` is asked for, to notice a growing file. */
function readUpTo(file: number, size: number, maxBytes: number): Buffer | undefined {
  if (size > maxBytes) return undefined;
  const buffer = Buffer.allocUnsafe(size + 1);
  let filled = 0;
  while (filled < buffer.length) {
    const length = readSync(file, buffer, filled, buffer.length - filled, filled);
    if (length === 0) break;
    filled += length;
  }
  return filled > maxBytes ? undefined : buffer.subarray(0, filled);
}

/**
 * Adds whole lines to a file that is made (0600) if it is missing. `text` ends with a line feed. With `durable` they
 * are on disk when the promise resolves. A write that fails half-way is taken back, and a torn last line, which a power
 * cut can leave, is ended first, so that it cannot swallow the new one. Throws StorageError.
 */
export async function appendLines(path: string, text: string, durable: boolean): Promise<void> {
  await storing('append to', path, async () => {
    const { O_RDWR, O_APPEND, O_CREAT, O_NONBLOCK, O_NOFOLLOW } = constants;
    const handle = await open(path, O_RDWR | O_APPEND | O_CREAT | O_NONBLOCK | O_NOFOLLOW, privateFile);
    let fresh: boolean;
    try {
      const stats = await handle.stat();
      if (!stats.isFile()) throw new StorageError({ path, operation: 'append to', code: 'ENOTREG' });
      fresh = stats.size === 0;
      if (fresh) await handle.chmod(privateFile);
      const torn = !fresh && (await lastByte(handle, stats.size)) !== 0x0a;
      try {
        await handle.writeFile(torn ? `\n${text}` : text);
        if (durable) await handle.sync();
      } catch (error) {
        await handle.truncate(stats.size).catch(() => undefined);
        throw error;
      }
    } finally {
      await handle.close();
    }
    if (fresh && durable) await fsyncDir(dirname(path));
  });
}

async function lastByte(handle: FileHandle, size: number): Promise<number | undefined> {
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0];
}

/**
 * Makes a directory and what is missing above it, each with mode 0700 whatever the umask, and on disk. One that exists
 * is left as it is. Throws StorageError; `ENOTDIR` where something else stands there.
 */
export async function ensureDir(path: string): Promise<void> {
  await storing('create the directory', path, async () => {
    try {
      if (statSync(path).isDirectory()) return;
      throw new StorageError({ path, operation: 'create the directory', code: 'ENOTDIR' });
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
    const parent = dirname(path);
    if (parent !== path) await ensureDir(parent);
    try {
      await mkdir(path, privateDir);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
      return;
    }
    await chmod(path, privateDir);
    await fsyncDir(parent);
  });
}

/** Puts what a file holds on disk, whoever wrote it. */
export async function fsyncFile(path: string): Promise<void> {
  await storing('sync', path, () => {
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  });
}

/** Makes the names in a directory durable: what was created, renamed or removed in it. */
export async function fsyncDir(path: string): Promise<void> {
  await storing('sync the directory', path, () => {
    const folder = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      fsyncSync(folder);
    } catch (error) {
      // Some network and FUSE file systems cannot sync a directory and say so this way.
      if (!['EINVAL', 'ENOTSUP'].includes(errnoOf(error) ?? '')) throw error;
    } finally {
      closeSync(folder);
    }
  });
}

/** What a folder holds; nothing where it is not there. Throws StorageError. */
export async function listFolder(path: string): Promise<Dirent[]> {
  return storing('read', path, () => {
    try {
      return readdirSync(path, { withFileTypes: true });
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return [];
      throw error;
    }
  });
}

/** Removes a file for good; one that is not there is fine. */
export async function removeDurably(path: string): Promise<void> {
  await storing('remove', path, async () => {
    try {
      await unlink(path);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return;
      throw error;
    }
    await fsyncDir(dirname(path));
  });
}
