import { chmod, copyFile, mkdtemp, readFile, rename, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './root.js';

/**
 * Copies a program of `test/fixtures/plugins` into `dir` and returns its path. Only the copy is sure to pass the checks
 * for executables: git keeps no mode but the x bit, so with umask 002 a checkout is writable by a group.
 */
export async function installFixture(name: string, dir: string): Promise<string> {
  const path = join(dir, name);
  // Renamed into place: a program that anybody has open for writing cannot be started (ETXTBSY).
  const copy = await mkdtemp(`${path}.`);
  await copyFile(join(root, 'test/fixtures/plugins', name), join(copy, name));
  await chmod(join(copy, name), 0o755);
  await rename(join(copy, name), path);
  await rmdir(copy);
  return path;
}

/** The process ids that a fixture has written to the file named by its variable PIDS, one a line. */
export async function readPids(path: string): Promise<number[]> {
  const lines = (await readFile(path, 'utf8')).split('\n').filter(line => line !== '');
  return lines.map(Number);
}
