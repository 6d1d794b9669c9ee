import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { watchEntries } from './entry-watch.js';
import type { WatchEvents } from './events.js';
import { survey } from './survey.js';
import type { Survey } from './survey.js';
import type { WatchTrees } from './tree-watch.js';

export interface WatchTarget {
  /** The config directory, or a single file with `plugins/` and `schemas/` beside it. */
  readonly path: string;
  /** More folders and files that count as part of it. */
  readonly also: readonly string[];
  /** Folders that are left out, such as a state directory inside the config directory. */
  readonly ignore: readonly string[];
}

/** A watch on what was there when it was made. */
export interface ArmedWatch {
  readonly survey: Survey;
  /** Resolves when everything is watched that can be; it may never. */
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

/** What was replaced more often than this while it was looked at is left to the next look. */
const mostTries = 3;

/**
 * Watches the target as it is now: the trees themselves, and the entries that lead to them, by which a tree that is
 * renamed, removed, made anew or swapped by a link is noticed. A watch is on the folder, not on its path: then, it has
 * to be made anew.
 */
export async function armWatch(
  target: WatchTarget,
  events: WatchEvents,
  watchTrees: WatchTrees,
): Promise<ArmedWatch> {
  const ignore = new Set<string>();
  for (const path of target.ignore) {
    ignore.add(resolve(path));
    ignore.add(await realpath(path).catch(() => resolve(path)));
  }
  let found = await survey(target.path, target.also);
  let entries = watchEntries(found.entries, events);
  for (let tries = 1; tries < mostTries; tries++) {
    // What was replaced before its entry was watched went unnoticed.
    const now = await survey(target.path, target.also);
    if (now.identity === found.identity) break;
    entries.close();
    found = now;
    entries = watchEntries(found.entries, events);
  }
  const trees = found.trees.length === 0 ? undefined : watchTrees({ roots: found.trees, ignore }, events);
  return {
    survey: found,
    ready: trees?.ready ?? Promise.resolve(),
    async close() {
      entries.close();
      await trees?.close();
    },
  };
}
