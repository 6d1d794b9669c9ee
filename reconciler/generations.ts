import { fail, ok } from '../protocol/result.js';
import type { Result } from '../protocol/result.js';
import type { CommitRecord } from '../state/git/log.js';
import type { Store } from '../state/git/store.js';
import { StorageError } from '../state/storage-error.js';
import { decodeHead, statePaths } from './head.js';
import type { Head } from './head.js';

/** The tag that names the commit of a generation for plain git. */
export function tagOf(generation: number): string {
  return `gen/${generation}`;
}

/** The value of a trailer in a commit message of ours; all of them where it stands several times. */
export function trailers({ message }: CommitRecord, key: string): string[] {
  const paragraph = message.slice(message.lastIndexOf('\n\n') + 2);
  return paragraph
    .split('\n')
    .flatMap(line => (line.startsWith(`${key}: `) ? [line.slice(key.length + 2)] : []));
}

/** The number of the generation that a commit made; undefined for a commit that made none. */
export function generationOf(commit: CommitRecord): number | undefined {
  const [text] = trailers(commit, 'Generation');
  return text !== undefined && /^[1-9]\d*$/.test(text) ? Number(text) : undefined;
}

export interface TagSurvey {
  /** Tags to be made: name → commit. */
  readonly missing: ReadonlyMap<string, string>;
  /** How many numbers have no tag because no commit of the history has them. */
  readonly unused: number;
}

/**
 * Tags are made with their commits; those that somebody deleted are derived again from the history. That takes a process,
 * so it is done only where more tags are missing than the `unused` that an earlier survey found.
 */
export async function surveyTags(store: Store, generation: number, unused: number): Promise<TagSurvey> {
  const present = await store.tags('gen');
  const missing = new Map<string, string>();
  const numbers = [...present.keys()].map(tag => Number(tag.slice('gen/'.length)));
  const absent = generation - numbers.filter(number => number >= 1 && number <= generation).length;
  if (absent <= unused) return { missing, unused };
  for (const commit of await store.commits({ path: statePaths.effective })) {
    const number = generationOf(commit);
    if (number !== undefined && !present.has(tagOf(number))) missing.set(tagOf(number), commit.commit);
  }
  return { missing, unused: absent - missing.size };
}

/** What a commit says; the failure is in words. */
export async function generationAt(store: Store, commit: string): Promise<Result<Head, string>> {
  try {
    const head = decodeHead({ commit, files: await store.readTree(commit) }, []);
    return head === undefined ? fail(`${statePaths.generation} cannot be read`) : ok(head);
  } catch (error) {
    if (error instanceof StorageError) return fail(error.message);
    throw error;
  }
}
