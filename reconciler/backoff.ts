import { stableJitter } from '../watch/jitter.js';

const firstMs = 1_000;
const longestMs = 5 * 60_000;

/**
 * How long to wait after the n-th failure in a row: from 1 s, doubling, at most the smaller of 5 min and the plugin's
 * interval, less up to a fifth of jitter. The jitter follows from the name and the count, so that a wait is the same
 * whenever it is worked out, while plugins that failed together come apart.
 */
export function backoffMs(plugin: string, failures: number, everyMs = longestMs): number {
  const cap = Math.min(longestMs, Math.max(firstMs, everyMs));
  const full = Math.min(cap, firstMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(full - stableJitter(`${plugin} ${failures}`, full / 5));
}
