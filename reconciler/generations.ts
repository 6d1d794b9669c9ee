import type { CommitRecord } from '../state/git/log.js';
import type { Store } from '../state/git/store.js';
import { statePaths } from './head.js';

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

/** Tags are made with their commits; those that somebody deleted are derived again from the history. */
export async function missingTags(store: Store, generation: number): Promise<Map<string, string>> {
  const present = await store.tags('gen');
  const missing = new Map<string, string>();
  if (present.size >= generation) return missing;
  for (const commit of await store.commits({ path: statePaths.effective })) {
    const number = generationOf(commit);
    if (number !== undefined && !present.has(tagOf(number))) missing.set(tagOf(number), commit.commit);
  }
  return missing;
}
