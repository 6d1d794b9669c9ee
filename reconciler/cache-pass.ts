import type { Value } from '../protocol/resource.js';
import { sealedCache } from '../state/sealed-cache.js';
import { cacheConfig } from './config-cache.js';
import { documentFolder, runFolder } from './document-cache.js';
import { parsedBefore, statePaths } from './head.js';
import type { CommitContent } from './head.js';
import type { PassReport } from './report.js';
import { runDocuments } from './state-dir.js';

/** Leaves for those who write nothing what a pass has parsed and printed. Needs no lock, and never fails: it is only a cache. */
export async function cachePass(
  stateDir: string,
  { config, head, settlement, commit }: PassReport,
): Promise<void> {
  await cacheConfig(stateDir, config);
  await sealedCache(stateDir, runFolder).replace(
    runDocuments(stateDir).map(({ bytes, value }) => ({ bytes, value: () => value })),
  );
  const plan = settlement?.commit;
  if (commit !== undefined && plan !== undefined)
    await cacheDocuments(stateDir, { commit, files: plan.files }, plan.documents);
  else if (head.commit !== undefined && settlement !== undefined)
    await cacheDocuments(stateDir, { commit: head.commit, files: head.files }, settlement.routers);
}

/** The commit that was seen to last, by state directory. */
const seenTo = new Map<string, string>();

/**
 * Keeps what the documents of a commit say which commands read. `known` are those whose data is at hand because they were
 * printed; of the others, those that were parsed.
 */
async function cacheDocuments(
  stateDir: string,
  { commit, files }: CommitContent,
  known: ReadonlyMap<string, Value>,
): Promise<void> {
  if (seenTo.get(stateDir) === commit) return;
  seenTo.set(stateDir, commit);
  const { startup, effective, generation, parts } = statePaths;
  const wanted = (path: string) =>
    path === startup || path === effective || path === generation || path.startsWith(parts);
  await sealedCache(stateDir, documentFolder).replace(
    [...files].flatMap(([path, bytes]) =>
      wanted(path) ? [{ bytes, value: () => known.get(path) ?? parsedBefore(bytes) }] : [],
    ),
  );
}
