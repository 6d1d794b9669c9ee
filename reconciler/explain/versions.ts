import { resourceBlocks } from '../../render/resource-blocks.js';
import type { ResourceBlock } from '../../render/resource-blocks.js';
import type { CommitRecord, LogOptions } from '../../state/git/log.js';
import type { Reader } from '../../state/git/reader.js';

/** A file as one commit left it. */
export interface Version {
  readonly commit: CommitRecord;
  /** Undefined where the commit removed it. */
  readonly text: string | undefined;
  /** Its resources by header; found on the first call. */
  readonly blocks: () => ReadonlyMap<string, ResourceBlock>;
}

/** So many versions are read at once. */
const window = 32;

/** The versions of a file, newest first, as far as somebody asks for them. */
export async function* versionsOf(
  reader: Reader,
  path: string,
  options: Pick<LogOptions, 'from'> = {},
): AsyncGenerator<Version> {
  const commits = await reader.commits({ ...options, path });
  for (let at = 0; at < commits.length; at += window) {
    const chosen = commits.slice(at, at + window);
    const texts = await readFiles(reader, chosen, path);
    for (const commit of chosen) yield versionAt(commit, texts.get(commit.commit));
  }
}

/** One file of commits, by commit; those that lack it are left out. */
export async function readFiles(
  reader: Reader,
  commits: readonly CommitRecord[],
  path: string,
): Promise<Map<string, string>> {
  const folder = path.includes('/') ? [path.slice(0, path.indexOf('/'))] : [];
  const trees = await reader.trees(
    commits.map(({ tree }) => tree),
    folder,
  );
  const ids = new Map(
    commits.flatMap(({ commit, tree }) => {
      const id = trees.get(tree)?.get(path);
      return id === undefined ? [] : [[commit, id] as const];
    }),
  );
  const blobs = await reader.blobs([...ids.values()]);
  return new Map(
    [...ids].flatMap(([commit, id]) => {
      const bytes = blobs.get(id);
      return bytes === undefined ? [] : [[commit, Buffer.from(bytes).toString('utf8')] as const];
    }),
  );
}

function versionAt(commit: CommitRecord, text: string | undefined): Version {
  let blocks: ReadonlyMap<string, ResourceBlock> | undefined;
  return { commit, text, blocks: () => (blocks ??= resourceBlocks(text ?? '')) };
}

/** What is compared from version to version: a resource, a field, a number. */
export type Aspect = (version: Version) => string | undefined;

export interface LastChange {
  readonly commit: CommitRecord;
  /** What it was before; undefined for nothing, as well where the history begins with it. */
  readonly before: string | undefined;
}

/** By key, the commit that made each pick what it is in the newest version. Reads no further back than it has to. */
export async function lastChanges(
  versions: AsyncIterable<Version>,
  picks: ReadonlyMap<string, Aspect>,
): Promise<Map<string, LastChange>> {
  const found = new Map<string, LastChange>();
  const pending = new Map<string, { readonly pick: Aspect; readonly current: string | undefined }>();
  let newer: Version | undefined;
  for await (const version of versions) {
    if (newer === undefined)
      for (const [key, pick] of picks) pending.set(key, { pick, current: pick(version) });
    else {
      for (const [key, { pick, current }] of pending) {
        const before = pick(version);
        if (before === current) continue;
        found.set(key, { commit: newer.commit, before });
        pending.delete(key);
      }
    }
    newer = version;
    if (pending.size === 0) return found;
  }
  if (newer !== undefined)
    for (const key of pending.keys()) found.set(key, { commit: newer.commit, before: undefined });
  return found;
}
