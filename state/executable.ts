import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import type { Stats } from 'node:fs';
import { access, lstat, open, realpath, stat } from 'node:fs/promises';
import type { Reason } from '../protocol/problem.js';
import { fail, ok } from '../protocol/result.js';
import type { Result } from '../protocol/result.js';
import { errnoOf } from './errno.js';
import { formatOf, headLength } from './program-format.js';
import { checkTrust } from './trust-walk.js';
import { distrustHint, distrustText, modeText, runningIdentity } from './trust.js';
import type { Distrust, Identity } from './trust.js';

/** A program that may be run, as it was when it was checked. */
export interface Executable {
  readonly path: string;
  /** The same with all links resolved. */
  readonly realPath: string;
  /** `sha256:…` of its bytes. */
  readonly digest: string;
}

/** Why a program may not or cannot be run; `message` names the path. */
export interface ExecutableFailure {
  readonly reason: Extract<Reason, `Executable${string}` | 'FileUnreadable'>;
  readonly message: string;
  readonly hint: string;
}

type Checked<T> = Result<T, ExecutableFailure>;

/**
 * Checks that the program at an absolute path exists, is a regular file, may be executed, could not have been replaced
 * by anyone but root and the running user, and is something that the system can start by itself.
 */
export async function checkExecutable(
  path: string,
  identity = runningIdentity(),
): Promise<Checked<Executable>> {
  if (!path.startsWith('/') || path.includes('\0')) {
    return refuse('ExecutableInvalid', `${path} is not an absolute path`, 'write the whole path, from / on');
  }
  const found = await lookUp(path, identity);
  if (!found.ok) return found;
  const { realPath, stats, distrust } = found.value;
  const name = realPath === path ? path : `${path} (${realPath})`;

  if (!stats.isFile()) {
    return refuse('ExecutableNotRegular', `${name} is ${kindOf(stats)}, not a program`, nameTheFile);
  }
  const executable = await checkMode(name, realPath, stats);
  if (!executable.ok) return executable;

  if (distrust !== undefined) {
    const where = distrust.path === path ? '' : `${path}: `;
    return refuse('ExecutableUntrusted', `${where}${distrustText(distrust)}`, distrustHint(distrust));
  }

  const content = await read(name, realPath);
  if (!content.ok) return content;
  const { head, digest } = content.value;
  const format = formatOf(head, process);
  if (format.kind === 'invalid') return refuse('ExecutableInvalid', `${name} ${format.message}`, format.hint);
  if (format.kind === 'script') {
    const trouble = await interpreterTrouble(format.interpreter);
    if (trouble !== undefined) {
      const message = `${name} names the interpreter ${format.interpreter}, which ${trouble}`;
      return refuse('ExecutableInvalid', message, 'install it, or correct the first line of the script');
    }
  }
  return ok({ path, realPath, digest });
}

const nameTheFile = 'name the program itself in spec.executable';
const installIt = 'install the program there, or correct spec.executable';

interface Found {
  readonly realPath: string;
  readonly stats: Stats;
  readonly distrust: Distrust | undefined;
}

async function lookUp(path: string, identity: Identity): Promise<Checked<Found>> {
  try {
    const realPath = await realpath(path);
    const stats = await stat(realPath);
    // The path is walked as written: whoever may replace a link on it chooses the program as well.
    return ok({ realPath, stats, distrust: checkTrust(path, identity) });
  } catch (error) {
    switch (errnoOf(error) ?? '') {
      case 'ENOENT':
      case 'ENOTDIR': {
        const link = await lstat(path).catch(() => undefined);
        const message = link?.isSymbolicLink()
          ? `${path} is a link to something that does not exist`
          : `${path} does not exist`;
        return refuse('ExecutableMissing', message, installIt);
      }
      case 'ELOOP':
        return refuse('ExecutableMissing', `${path} is a link that leads in a circle`, installIt);
      case 'ENAMETOOLONG':
        return refuse('ExecutableMissing', `${path} is longer than a path can be`, installIt);
      case 'EACCES':
        return refuse(
          'ExecutableNotExecutable',
          `${path} cannot be reached: the running user may not enter a folder above it`,
          'let the running user into the folders above it (chmod +x FOLDER)',
        );
      default:
        throw error;
    }
  }
}

async function checkMode(name: string, realPath: string, stats: Stats): Promise<Checked<undefined>> {
  // A system that lets root pass access(2) without any x bit would still refuse to execute the file.
  const anyBit = (stats.mode & 0o111) !== 0;
  if (anyBit && (await permits(realPath, constants.X_OK))) return ok(undefined);
  const mode = `owner uid ${stats.uid}, mode ${modeText(stats.mode)}`;
  return refuse(
    'ExecutableNotExecutable',
    `${name} may not be executed by the running user (${mode})`,
    anyBit
      ? 'let the running user execute it with chown or chmod; a file system mounted noexec refuses every program'
      : `chmod +x ${realPath}`,
  );
}

async function read(name: string, realPath: string): Promise<Checked<{ head: Buffer; digest: string }>> {
  try {
    // Not blocking and not through a link: a FIFO or link put here since the checks is an error and no wait.
    const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;
    const file = await open(realPath, flags);
    try {
      const hash = createHash('sha256');
      let head = Buffer.alloc(0);
      for await (const piece of file.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>) {
        hash.update(piece);
        if (head.length < headLength) head = Buffer.concat([head, piece.subarray(0, headLength)]);
      }
      return ok({ head, digest: `sha256:${hash.digest('hex')}` });
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = errnoOf(error);
    if (code === undefined) throw error;
    return refuse(
      'FileUnreadable',
      `${name} cannot be read, so nobody can tell what it is (${code})`,
      'let the running user read it (chmod +r)',
    );
  }
}

async function interpreterTrouble(path: string): Promise<string | undefined> {
  const stats = await stat(path).catch(() => undefined);
  if (stats === undefined) return 'does not exist';
  if (!stats.isFile()) return `is ${kindOf(stats)}`;
  return (await permits(path, constants.X_OK)) ? undefined : 'may not be executed by the running user';
}

async function permits(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a FIFO';
  if (stats.isSocket()) return 'a socket';
  return 'a device';
}

function refuse(reason: ExecutableFailure['reason'], message: string, hint: string): Checked<never> {
  return fail({ reason, message, hint });
}
