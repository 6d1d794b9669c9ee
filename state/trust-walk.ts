import { lstatSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { distrustOf, runningIdentity } from './trust.js';
import type { Distrust, Ownership } from './trust.js';

/** Lookups that one walk remembers; make a new one for each pass, because owners and modes change. */
export interface TrustWalk {
  /** As `findDistrust`, without asking again for what earlier calls have seen. */
  readonly find: (path: string) => readonly Distrust[];
}

/**
 * Everything on the way from `/` to an absolute path that others could replace, outermost first. Links are followed
 * and count themselves, with the folders they stand in. All offenders are returned and not only the first, because a
 * caller that lets `group-writable` pass would otherwise miss a worse one further in.
 * Throws the system's error where the path cannot be followed to its end.
 */
export function findDistrust(path: string, identity = runningIdentity()): readonly Distrust[] {
  return trustWalk(identity).find(path);
}

/** The outermost offender, for callers to whom every rule is fatal. */
export function checkTrust(path: string, identity = runningIdentity()): Distrust | undefined {
  return findDistrust(path, identity)[0];
}

/** Linux gives up after 40 links (`path_resolution(7)`). */
const maxLinks = 40;

export function trustWalk(identity = runningIdentity()): TrustWalk {
  const seen = new Map<string, Entry>();

  function look(path: string): Entry {
    const known = seen.get(path) ?? readEntry(path);
    seen.set(path, known);
    return known;
  }

  function find(path: string): readonly Distrust[] {
    const found = new Map<string, Distrust>();
    function visit(here: string): Entry {
      const entry = look(here);
      const distrust = distrustOf(here, entry, identity);
      if (distrust !== undefined) found.set(here, distrust);
      return entry;
    }

    visit('/');
    let folder = '/';
    let links = 0;
    const rest = partsOf(path).reverse();
    for (let part = rest.pop(); part !== undefined; part = rest.pop()) {
      if (part === '..') {
        folder = dirname(folder);
        continue;
      }
      const here = join(folder, part);
      const { target } = visit(here);
      if (target === undefined) {
        folder = here;
        continue;
      }
      if (++links > maxLinks) throw Object.assign(new Error(`too many links: ${path}`), { code: 'ELOOP' });
      if (target.startsWith('/')) folder = '/';
      rest.push(...partsOf(target).reverse());
    }
    return [...found.values()];
  }

  return { find };
}

interface Entry extends Ownership {
  /** Where a link leads. */
  readonly target?: string;
}

/** At once, as it takes microseconds. */
function readEntry(path: string): Entry {
  const stats = lstatSync(path);
  const { uid, gid, mode } = stats;
  return stats.isSymbolicLink() ? { uid, gid, mode, target: readlinkSync(path) } : { uid, gid, mode };
}

function partsOf(path: string): string[] {
  return path.split('/').filter(part => part !== '' && part !== '.');
}
