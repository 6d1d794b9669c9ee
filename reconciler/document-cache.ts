import type { Value } from '../protocol/resource.js';
import { sealedCache } from '../state/sealed-cache.js';
import { parseDocument, parsedBefore, statePaths } from './head.js';
import type { CommitContent, ReadDocument } from './head.js';

const folder = 'documents';

/** Reads documents of the state repository, those that were written before without parsing them. */
export function cachedDocuments(stateDir: string): ReadDocument {
  const cache = sealedCache(stateDir, folder);
  return (path, bytes) => cache.find(bytes) ?? parseDocument(path, bytes);
}

/** The commit that was seen to last, by state directory. */
const seenTo = new Map<string, string>();

/**
 * Keeps what the documents of a commit say which commands read. `known` are those whose data is at hand because they were
 * printed; of the others, those that were parsed.
 */
export async function cacheDocuments(
  stateDir: string,
  { commit, files }: CommitContent,
  known: ReadonlyMap<string, Value>,
): Promise<void> {
  if (seenTo.get(stateDir) === commit) return;
  seenTo.set(stateDir, commit);
  const { startup, effective, generation, parts } = statePaths;
  const wanted = (path: string) =>
    path === startup || path === effective || path === generation || path.startsWith(parts);
  await sealedCache(stateDir, folder).replace(
    [...files].flatMap(([path, bytes]) =>
      wanted(path) ? [{ bytes, value: () => known.get(path) ?? parsedBefore(bytes) }] : [],
    ),
  );
}
