import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const made: string[] = [];

/** A fresh directory (mode 0700, real path) that is removed after the test that asked for it. */
export async function tempDir(): Promise<string> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'routerd-test-')));
  await chmod(dir, 0o700);
  made.push(dir);
  return dir;
}

/** Removes what `tempDir` has made so far; a root hook calls it after every test. */
export async function removeTempDirs(): Promise<void> {
  for (const dir of made.splice(0)) await rm(dir, { recursive: true, force: true, maxRetries: 5 });
}
