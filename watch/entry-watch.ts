import { watch } from 'node:fs';
import { basename, join } from 'node:path';
import type { WatchEvents } from './events.js';

/**
 * Watches entries of folders, and that the folders stay where they are. Not through chokidar, which reads a folder anew
 * and looks at every entry for each change in it: these folders are other people's, `/etc` or a home directory.
 */
export function watchEntries(
  entries: ReadonlyMap<string, ReadonlySet<string>>,
  events: WatchEvents,
): { close(): void } {
  const watchers = [...entries].flatMap(([dir, names]) => {
    try {
      const watcher = watch(dir, (type, name) => {
        // What happens to the folder itself is told under its own name.
        if (name !== null && !names.has(name) && name !== basename(dir)) return;
        if (type === 'rename') events.replaced(name === null ? dir : join(dir, name));
        events.hint();
      });
      watcher.on('error', error => {
        events.failed(error);
      });
      return [watcher];
    } catch (error) {
      events.failed(error);
      return [];
    }
  });
  return {
    close() {
      for (const watcher of watchers) watcher.close();
    },
  };
}
