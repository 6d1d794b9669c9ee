import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** PROTOCOL's PATH for a process that was started without one. */
const fallbackPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The folders in which programs are looked for: PATH, or where that is unset or empty the places of every system. */
export function searchPathOf(path: string | undefined): string {
  return path === undefined || path === '' ? fallbackPath : path;
}

/**
 * The absolute path of a program: the first regular, executable file of that name in the folders of `searchPath`
 * (`PATH`). Folders that are empty or relative do not count, because they would mean "wherever we happen to be".
 */
export async function findProgram(name: string, searchPath: string): Promise<string | undefined> {
  const key = `${name}:${searchPath}`;
  const last = found.get(key);
  if (last !== undefined && (await isExecutable(last))) return last;
  const path = await search(name, searchPath);
  if (path !== undefined) found.set(key, path);
  return path;
}

/** Where programs were found last: as long as they are there, a process goes on with them. */
const found = new Map<string, string>();

async function search(name: string, searchPath: string): Promise<string | undefined> {
  for (const folder of searchPath.split(':')) {
    if (!folder.startsWith('/')) continue;
    const path = join(folder, name);
    if (await isExecutable(path)) return path;
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
