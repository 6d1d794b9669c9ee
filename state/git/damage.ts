import { join } from 'node:path';
import { errnoOf } from '../errno.js';
import { readRegular } from '../files.js';
import { StorageError } from '../storage-error.js';
import { checkObjects } from './check.js';
import type { GitContext } from './environment.js';
import { isObjectId } from './names.js';
import { readProjected } from './projected.js';
import { looseNames, readHead } from './refs.js';
import type { Store } from './store.js';

/** What is wrong with a repository, one line each; empty where all of it can be read. */
export async function diagnose(store: Store, context: GitContext): Promise<string[]> {
  const found: string[] = [];
  const attempt = async (body: () => Promise<unknown>) => {
    try {
      await body();
    } catch (error) {
      if (!(error instanceof StorageError) || !['EDAMAGED', 'EGIT'].includes(error.code)) throw error;
      found.push(error.words);
    }
  };
  await attempt(() => readHead(context));
  await attempt(async () => {
    const commit = await store.head();
    if (commit !== null) await store.readTree(commit);
  });
  await attempt(() => store.tags('gen'));
  await attempt(async () => found.push(...damageIn(await store.check())));
  return [...new Set(found)];
}

/** The lines of `git fsck` that tell of damage. */
export function damageIn(lines: readonly string[]): string[] {
  return lines.filter(line => !/^(?:warning|notice|hint|dangling)\b/.test(line));
}

/** Ids of the objects that are corrupt, missing, or lead to one that is. */
export async function badObjects(context: GitContext): Promise<ReadonlySet<string>> {
  const bad = new Set<string>();
  for (const line of damageIn(await checkObjects(context))) {
    for (const [id] of line.matchAll(/\b[0-9a-f]{40}\b/g)) bad.add(id);
    // `object file …/objects/ab/cdef… is empty`
    for (const [, folder = '', file = ''] of line.matchAll(/\/([0-9a-f]{2})\/([0-9a-f]{38})\b/g)) {
      bad.add(folder + file);
    }
  }
  return bad;
}

/** What can still be read of the refs of a repository, whatever does not parse. */
export interface RefRemains {
  /** Commits that `main` is or was at not long ago. */
  readonly heads: readonly string[];
  /** Generation tags: number → commit; undefined where only the name is left. */
  readonly generations: ReadonlyMap<number, string | undefined>;
}

export async function readRefRemains(context: GitContext): Promise<RefRemains> {
  const packed = await textOf(join(context.gitDir, 'packed-refs'), 1 << 30);
  const generations = new Map<number, string | undefined>();
  for (const [, id = '', number = ''] of packed.matchAll(
    /^([0-9a-f]{40}) refs\/tags\/gen\/([1-9]\d{0,14})$/gm,
  )) {
    generations.set(Number(number), id);
  }
  for (const name of await looseNames(context, 'refs/tags/gen')) {
    const number = /^refs\/tags\/gen\/([1-9]\d{0,14})$/.exec(name)?.[1];
    if (number === undefined) continue;
    const id = (await textOf(join(context.gitDir, name))).trim();
    generations.set(Number(number), isObjectId(id) ? id : generations.get(Number(number)));
  }
  const heads = [
    (await textOf(join(context.gitDir, 'refs/heads/main'))).trim(),
    /^([0-9a-f]{40}) refs\/heads\/main$/m.exec(packed)?.[1] ?? '',
    (await readProjected(context)) ?? '',
  ];
  return { heads: heads.filter(isObjectId), generations };
}

/** '' where there is no such file. */
async function textOf(path: string, limit = 4_096): Promise<string> {
  try {
    return (await readRegular(path, limit)).bytes.toString('utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ENOTREG', 'EFBIG'].includes(errnoOf(error) ?? '')) return '';
    throw error;
  }
}
