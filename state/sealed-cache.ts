import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readdir, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../protocol/digest.js';
import { isList, isMap } from '../protocol/resource.js';
import type { Value } from '../protocol/resource.js';
import { buildId } from './build.js';
import { ensureDir } from './files.js';

/**
 * What was parsed before, as JSON in a folder of `run/cache`, one file for each text, named by a digest of its bytes: a
 * command that writes nothing need not parse it again. The folder may be deleted at any time. An entry that is torn,
 * edited or of another build is as good as not there; nothing that was read from one is ever committed.
 */
export interface SealedCache {
  /** Reads at once: the files are small, and waiting for each would cost more than reading it. */
  find(bytes: Uint8Array): Value | undefined;
  /** Keeps what is not there yet, and drops what is not among the entries. It is only a cache: it never fails. */
  replace(entries: Iterable<CacheEntry>): Promise<void>;
}

export interface CacheEntry {
  readonly bytes: Uint8Array;
  /** Undefined for what JSON cannot hold, or is not to be kept. */
  readonly value: () => Value | undefined;
}

export function sealedCache(stateDir: string, name: string): SealedCache {
  const folder = join(stateDir, 'run', 'cache', name);
  return {
    find(bytes) {
      const body = bodyOf(join(folder, entryName(bytes)));
      return body === undefined ? undefined : (JSON.parse(body) as Value);
    },
    async replace(entries) {
      try {
        await ensureDir(folder);
        const unwanted = new Set(await readdir(folder));
        for (const { bytes, value } of entries) {
          const entry = entryName(bytes);
          const path = join(folder, entry);
          if (unwanted.delete(entry) && (good.has(path) || bodyOf(path) !== undefined)) {
            good.add(path);
            continue;
          }
          const kept = value();
          if (kept === undefined || !survivesJson(kept)) continue;
          const body = JSON.stringify(kept);
          await writeFile(`${path}.new`, `${sha256(body)}\n${body}`, { mode: 0o600 });
          await rename(`${path}.new`, path);
          good.add(path);
        }
        for (const entry of unwanted) {
          await unlink(join(folder, entry));
          good.delete(join(folder, entry));
        }
      } catch {
        // Who reads next parses.
      }
    },
  };
}

/** Entries that this process has written or looked at. */
const good = new Set<string>();

/** Undefined where there is no whole entry. */
function bodyOf(path: string): string | undefined {
  try {
    const text = readFileSync(path, 'utf8');
    const cut = text.indexOf('\n');
    const body = text.slice(cut + 1);
    return text.slice(0, cut) === sha256(body) ? body : undefined;
  } catch {
    return undefined;
  }
}

/** Another build has other names, so that what it has kept is dropped. */
function entryName(bytes: Uint8Array): string {
  return createHash('sha256').update(buildId()).update(bytes).digest('hex');
}

/** JSON has no negative zero. */
function survivesJson(value: Value): boolean {
  if (isList(value)) return value.every(survivesJson);
  if (isMap(value)) return Object.values(value).every(survivesJson);
  return !Object.is(value, -0);
}
