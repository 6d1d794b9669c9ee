/**
 * Loaded before a program (`node --import`): counts the calls that change files and the children that are started, and
 * ends the process with SIGKILL in place of the n-th one. A write is carried out by half first, as a kill in the middle
 * of it would. Environment: KILL_AT (n, from 1), KILL_GROUP (`yes` ends the whole process group).
 */
import childProcess from 'node:child_process';
import files from 'node:fs/promises';
import fs, { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const killAt = Number(process.env['KILL_AT']);
const wholeGroup = process.env['KILL_GROUP'] === 'yes';
let operations = 0;

type Call = (...args: unknown[]) => unknown;

function isTheOne(): boolean {
  operations++;
  return operations === killAt;
}

function die(): never {
  process.kill(wholeGroup ? -process.pid : process.pid, 'SIGKILL');
  // The signal may take a moment, in which nothing more may happen.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  throw new Error('a killed process goes on');
}

function countCalls(
  holder: object,
  names: readonly string[],
  counts: (args: unknown[]) => boolean = () => true,
): void {
  const methods = holder as Record<string, Call>;
  for (const name of names) {
    const original = methods[name];
    if (original === undefined) throw new Error(`there is no ${name} to count`);
    methods[name] = function (this: unknown, ...args: unknown[]) {
      if (counts(args) && isTheOne()) die();
      return original.apply(this, args);
    };
  }
}

const writing = constants.O_WRONLY | constants.O_RDWR | constants.O_CREAT;

function opensForWriting([, flags]: unknown[]): boolean {
  return typeof flags === 'number'
    ? (flags & writing) !== 0
    : typeof flags === 'string' && !/^rs?$/.test(flags);
}

const probe = await files.open('/dev/null');
const handles = Object.getPrototypeOf(probe) as FileHandle;
await probe.close();

function writeHalf(fd: number, content: unknown): never {
  const bytes = Buffer.from(content as string);
  fs.writeSync(fd, bytes.subarray(0, bytes.length / 2));
  die();
}

const originalWrite = Reflect.get(handles, 'writeFile') as Call;
Reflect.set(handles, 'writeFile', function (this: FileHandle, ...args: unknown[]) {
  if (isTheOne()) writeHalf(this.fd, args[0]);
  return originalWrite.apply(this, args);
});
const originalWriteSync = fs.writeFileSync as Call;
Reflect.set(fs, 'writeFileSync', (...args: unknown[]) => {
  const [file, content] = args;
  if (isTheOne()) {
    if (typeof file === 'number') writeHalf(file, content);
    die();
  }
  return originalWriteSync(...args);
});
countCalls(handles, ['sync', 'truncate', 'chmod']);
countCalls(files, ['rename', 'unlink', 'rm', 'rmdir', 'mkdir', 'chmod', 'writeFile']);
countCalls(files, ['open'], opensForWriting);
countCalls(fs, [
  'chmodSync',
  'fchmodSync',
  'fsyncSync',
  'mkdirSync',
  'renameSync',
  'rmSync',
  'rmdirSync',
  'unlinkSync',
]);
countCalls(fs, ['openSync'], opensForWriting);
countCalls(childProcess, ['spawn']);
syncBuiltinESMExports();
