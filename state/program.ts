import { accessSync, constants, statSync } from 'node:fs';
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
export function findProgram(name: string, searchPath: string): string | undefined {
  const key = `${name}:${searchPath}`;
  const last = found.get(key);
  if (last !== undefined && isExecutable(last)) return last;
  const path = search(name, searchPath);
  if (path !== undefined) found.set(key, path);
  return path;
}

/** Where programs were found last: as long as they are there, a process goes on with them. */
const found = new Map<string, string>();

function search(name: string, searchPath: string): string | undefined {
  for (const folder of searchPath.split(':')) {
    if (!folder.startsWith('/')) continue;
    const path = join(folder, name);
    if (isExecutable(path)) return path;
  }
  return undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
