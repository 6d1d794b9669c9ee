import { realpathSync } from 'node:fs';
import type { ConfigLocation } from './files.js';
import type { ConfiguredPlugin } from './manifest.js';
import { takeStamps } from './stamps.js';
import type { Stamps } from './stamps.js';

/** What `stat` said of everything that a config was read from. */
export interface StampedConfig {
  /** The programs of plugins, which may stand anywhere. */
  readonly programs: readonly string[];
  readonly stamps: Stamps;
}

/**
 * Takes stamps before a reading, to be asked after it what they were: undefined where nobody can tell by stamps that nothing
 * has changed since, as where the program of a plugin is missing. `programs` are those that are known from before.
 */
export function beginStamps(
  location: ConfigLocation,
  programs: readonly string[],
): (plugins: readonly ConfiguredPlugin[]) => StampedConfig | undefined {
  const startedMs = Date.now();
  const before = takeStamps(location, programs, startedMs);
  return plugins => {
    const executables = plugins.flatMap(({ executable }) => executable ?? []);
    if (before === undefined || executables.length < plugins.length) return undefined;
    const found = [...new Set(executables.flatMap(({ path, realPath }) => [path, realPath]))].sort();
    if (found.join('\n') === programs.join('\n')) return { programs, stamps: before };
    // Others than before: what changed while they were read counts as changed too lately to be told.
    const stamps = takeStamps(location, found, startedMs);
    const same =
      takeStamps(location, programs, startedMs) === before &&
      executables.every(({ path, realPath }) => leadsTo(path, realPath));
    return same ? { programs: found, stamps } : undefined;
  };
}

function leadsTo(path: string, realPath: string): boolean {
  try {
    return realpathSync(path) === realPath;
  } catch {
    return false;
  }
}
