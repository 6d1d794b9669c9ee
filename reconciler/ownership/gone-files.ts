import { isMobilityPool } from '../../protocol/mobility.js';
import type { Head } from '../head.js';
import type { Situation } from '../situation.js';
import { factsPath, inventoryFolder, inventoryPath, ownershipPath } from './record.js';
import type { PoolScope } from './scope.js';

export interface GoneFile {
  readonly path: string;
  readonly pool: string;
}

/**
 * Files of pools that are no longer configured, and of the node that this router was before. Nothing is gone while the
 * startup-config is broken, nor from a pool of which this router cannot tell who it is there. Pure.
 */
export function goneFiles(
  { files }: Pick<Head, 'files'>,
  { startup, fresh }: Pick<Situation, 'startup' | 'fresh'>,
  scopes: readonly PoolScope[],
): GoneFile[] {
  if (startup === undefined || !fresh) return [];
  const configured = new Set(startup.resources.filter(isMobilityPool).map(({ metadata }) => metadata.name));
  const known = new Set(scopes.map(({ pool }) => pool.name));
  const kept = new Set(
    scopes.flatMap(({ pool, self }) => [
      inventoryPath(pool.name, self.nodeRef),
      ownershipPath(pool.name),
      factsPath(pool.name),
    ]),
  );
  return [...files.keys()].flatMap((path): GoneFile[] => {
    if (!path.startsWith(inventoryFolder) || kept.has(path)) return [];
    const [pool = ''] = path
      .slice(inventoryFolder.length)
      .replace(/^remote\//, '')
      .split('.');
    return !configured.has(pool) || known.has(pool) ? [{ path, pool }] : [];
  });
}
