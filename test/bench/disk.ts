import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { command } from './measure.js';

/** What the files below a folder take up on the disk, in whole blocks. */
export function bytesIn(dir: string): number {
  let bytes = 0;
  for (const path of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
    const stats = statSync(join(dir, path));
    if (stats.isFile()) bytes += stats.blocks * 512;
  }
  return bytes;
}

/** What routerd does by itself once there is enough to pack (state/git/housekeep.ts). */
export function keepHouse(repository: string): void {
  command('git', ['-C', repository, 'pack-refs']);
  command('git', ['-C', repository, 'repack', '-d', '-l', '-n', '-q', '--geometric=2']);
}
