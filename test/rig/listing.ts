import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Everything about a directory tree that a write of any kind changes: per path its type and mode, inode, size, times of
 * change, and content. Access times are left out.
 */
export async function listing(dir: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const visit = async (path: string): Promise<void> => {
    const here = join(dir, path);
    const stats = await lstat(here, { bigint: true });
    const facts = [stats.mode.toString(8), stats.ino, stats.nlink, stats.mtimeNs, stats.ctimeNs];
    if (stats.isFile()) facts.push(digestOf(await readFile(here)));
    if (stats.isSymbolicLink()) facts.push(await readlink(here));
    found[path] = facts.join(' ');
    if (!stats.isDirectory()) return;
    for (const name of await readdir(here)) await visit(join(path, name));
  };
  await visit('.');
  return found;
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
