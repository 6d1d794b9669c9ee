import { execFile } from 'node:child_process';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setTimeout as moment } from 'node:timers/promises';
import { tempDir } from '../rig/temp.js';
import { Unavailable } from './figures.js';

const run = promisify(execFile);

/** A file system of the campaign's own. Only root can mount one, and many containers allow it to nobody. */
export interface Mount {
  readonly path: string;
  /** Mounts it again with options such as `remount,ro`. */
  readonly remount: (options: string) => Promise<void>;
  readonly unmount: () => Promise<void>;
  readonly mountAgain: () => Promise<void>;
}

/** ext4 in a file, on a loop device. */
export async function mountExt4(megabytes: number, options: readonly string[] = []): Promise<Mount> {
  await needRoot();
  const top = await tempDir();
  const [image, path] = [join(top, 'image'), join(top, 'mount')];
  await mkdir(path);
  await writeFile(image, '');
  await attempt('truncate', ['-s', `${megabytes}M`, image]);
  await attempt('mkfs.ext4', ['-q', '-F', ...options, image]);
  const mountAgain = () => attempt('mount', ['-o', 'loop', image, path]);
  await mountAgain();
  return { path, mountAgain, ...usual(path) };
}

/** A file system in memory with so many bytes, or inodes where `inodes` is given. */
export async function mountTmpfs(kilobytes: number, inodes?: number): Promise<Mount> {
  await needRoot();
  const path = join(await tempDir(), 'mount');
  await mkdir(path);
  const options = [`size=${kilobytes}k`, ...(inodes === undefined ? [] : [`nr_inodes=${inodes}`])].join(',');
  const mountAgain = () => attempt('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path]);
  await mountAgain();
  return { path, mountAgain, ...usual(path) };
}

function usual(path: string): Pick<Mount, 'remount' | 'unmount'> {
  return {
    remount: async options => {
      await run('mount', ['-o', options, path]);
    },
    unmount: () => unmount(path),
  };
}

/** Processes that were killed a moment ago may still hold it. */
async function unmount(path: string): Promise<void> {
  for (let turn = 0; ; turn++) {
    try {
      await run('umount', [path]);
      return;
    } catch (error) {
      if (turn === 200) throw error;
      await moment(50);
    }
  }
}

async function needRoot(): Promise<void> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new Unavailable('only root on Linux can mount file systems');
  }
  await access('/proc/self/mounts');
}

/** What fails here is forbidden or not installed. */
async function attempt(program: string, args: readonly string[]): Promise<void> {
  try {
    await run(program, args);
  } catch (error) {
    const words = error instanceof Error ? error.message.split('\n').slice(0, 2).join(' ') : String(error);
    throw new Unavailable(`${program} cannot be used here: ${words}`);
  }
}

/** `EXT4_IOC_SHUTDOWN` with `EXT4_GOING_FLAGS_NOLOGFLUSH` (include/uapi/linux/ext4.h): all that is not on disk is lost. */
const perlScript =
  'open(my $d,"<",$ARGV[0]) or die; my $f=pack("L",2); defined(ioctl($d,0x8004587d,$f)) or die "$!\\n"';

/** Cuts the power of a mounted ext4: `xfs_io -x -c shutdown`, or the same ioctl by perl where xfsprogs is missing. */
export async function cutPower({ path }: Mount): Promise<void> {
  try {
    await run('xfs_io', ['-x', '-c', 'shutdown', path]);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    await attempt('perl', ['-e', perlScript, path]);
  }
}
