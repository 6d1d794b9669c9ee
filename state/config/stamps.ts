import { existsSync, lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ConfigLocation } from './files.js';

/**
 * What `stat` says of everything that a config directory is read from, as one text: as long as that stays the same, nothing
 * has to be read again. Undefined where it cannot be told, or where something has changed after a given moment, or so shortly
 * before it that another change may not show in its times.
 */
export type Stamps = string | undefined;

/** The coarsest times of file systems are those of FAT, 2 s: a change so soon after another need not show in them. */
const coarsestMs = 2_000;

/**
 * Looks at the tree below the config directory, at what lies outside of it, and at the owners and modes of all folders
 * above. Some thousand calls that each take microseconds: waiting for each of them would take longer.
 */
export function takeStamps(location: ConfigLocation, programs: readonly string[], sinceMs: number): Stamps {
  const stamps: string[] = [];
  let newest = 0;

  const note = (path: string, stats: Stats): void => {
    // As numbers, times are exact to a quarter of a microsecond.
    const { dev, ino, mode, uid, gid, size, mtimeMs, ctimeMs } = stats;
    stamps.push(`${path} ${dev} ${ino} ${mode} ${uid} ${gid} ${size} ${mtimeMs} ${ctimeMs}`);
    if (ctimeMs > newest) newest = ctimeMs;
  };
  const seen = new Set<string>();
  const visit = (path: string): void => {
    const stats = lstatSync(path);
    note(path, stats);
    if (stats.isSymbolicLink()) {
      const target = realpathSync(path);
      stamps.push(target);
      visit(target);
    } else if (stats.isDirectory() && !seen.has(path)) {
      seen.add(path);
      for (const name of readdirSync(path).sort()) {
        const inner = join(path, name);
        if (inner !== location.stateDir && name !== '.git') visit(inner);
      }
    }
  };

  try {
    const roots = rootsOf(location);
    const outside = [...location.schemaFiles, ...programs];
    for (const root of roots) visit(root);
    for (const path of outside) visit(path);
    for (const folder of new Set(
      [...roots, ...roots.map(root => realpathSync(root)), ...outside].flatMap(foldersAbove),
    )) {
      const { dev, ino, mode, uid, gid } = statSync(folder);
      stamps.push([folder, dev, ino, mode, uid, gid].join(' '));
    }
  } catch {
    return undefined;
  }
  return newest < sinceMs - coarsestMs ? stamps.join('\n') : undefined;
}

/** What stands for the startup-config counts as well. Beside a single file, `plugins/` and `schemas/` count as in a directory. */
function rootsOf({ path, pluginDir, startup }: ConfigLocation): string[] {
  const real = realpathSync(path);
  const beside = statSync(real).isFile()
    ? ['plugins', 'schemas'].map(name => join(dirname(real), name)).filter(folder => existsSync(folder))
    : [];
  return [path, ...beside, ...[pluginDir, startup].filter(other => other !== undefined)];
}

function foldersAbove(path: string): string[] {
  const above = dirname(path);
  return above === path ? [] : [above, ...foldersAbove(above)];
}
