import type { Problem } from '../../protocol/problem.js';
import { fail, ok } from '../../protocol/result.js';
import type { Result } from '../../protocol/result.js';
import type { CommitRecord } from '../../state/git/log.js';
import type { Reader } from '../../state/git/reader.js';
import { generationOf, tagOf } from '../generations.js';
import { statePaths } from '../head.js';
import { differs, newReadings, readEvidence } from './evidence.js';
import type { CommitFiles } from './evidence.js';
import { verifyCommit } from './verify-commit.js';
import type { Before } from './verify-commit.js';

/** Generations by number, both ends included; without an end, the first or the last one there is. */
export interface GenerationRange {
  readonly from?: number;
  readonly to?: number;
}

export interface Verification {
  readonly from: number;
  readonly to: number;
  /** How many were looked at. */
  readonly commits: number;
  readonly generations: number;
  /** The first commit that differs. */
  readonly first?: Difference;
}

export interface Difference {
  readonly commit: CommitRecord;
  /** Of the commit, or the one that was in force there. */
  readonly generation: number;
  readonly problems: readonly Problem[];
  /** effective-config.yaml as it is, and as the files merge to, where the two differ. */
  readonly effective?: { readonly is: string; readonly merged: string };
}

export type RangeFailure =
  | { readonly kind: 'empty' }
  | { readonly kind: 'noGeneration'; readonly number: number; readonly first: number; readonly last: number };

/** As many commits are read at once: some processes of git for each such window, and never the whole history in memory. */
const window = 64;

/**
 * Merges every commit of the range again from its own files and compares: the generations, and the commits between them.
 * Needs nothing but the history; stops at the first commit that differs.
 */
export async function verifyHistory(
  reader: Reader,
  range: GenerationRange,
): Promise<Result<Verification, RangeFailure>> {
  const history = (await reader.commits()).reverse();
  const chosen = inRange(history, range);
  if (!chosen.ok) return chosen;
  const { commits, from, to, start } = chosen.value;
  const tags = await reader.tags('gen');
  const readings = newReadings();
  let before: Before | undefined;
  let seen = 0;
  let generations = 0;
  // The commit before the range is read as well: what a number or a part comes after is told by it.
  const context = start > 0 ? history.slice(start - 1, start) : [];
  const all = [...context, ...commits];
  for (let at = 0; at < all.length; at += window) {
    for (const files of await readCommits(reader, all.slice(at, at + window))) {
      const { commit } = files;
      const { evidence, problems } = readEvidence(files, readings);
      const judged = evidence === undefined ? undefined : verifyCommit(commit, evidence, before);
      const inside = !context.includes(commit);
      if (judged !== undefined) before = judged.after;
      if (!inside) continue;
      seen++;
      const number = generationOf(commit);
      if (number !== undefined) generations++;
      const found = [...problems, ...(judged?.problems ?? []), ...tagProblem(commit, number, tags)];
      if (found.length === 0) continue;
      const is = Buffer.from(evidence?.effective ?? []).toString('utf8');
      const merged = judged?.effectiveText ?? is;
      const generation = number ?? evidence?.record.generation ?? before?.generation ?? from;
      const first = {
        commit,
        generation,
        problems: found,
        ...(is === merged ? {} : { effective: { is, merged } }),
      };
      return ok({ from, to, commits: seen, generations, first });
    }
  }
  return ok({ from, to, commits: seen, generations });
}

function tagProblem(
  { commit }: CommitRecord,
  number: number | undefined,
  tags: ReadonlyMap<string, string>,
): Problem[] {
  const tag = number === undefined ? undefined : tags.get(tagOf(number));
  if (number === undefined || tag === undefined || tag === commit) return [];
  return [
    differs(statePaths.generation, `the tag ${tagOf(number)} names another commit, ${tag.slice(0, 12)}`),
  ];
}

/** The commits from that of the first generation up to the one before the generation after the last. */
function inRange(
  history: readonly CommitRecord[],
  range: GenerationRange,
): Result<{ commits: readonly CommitRecord[]; from: number; to: number; start: number }, RangeFailure> {
  const numbered = history.flatMap((commit, at) => {
    const number = generationOf(commit);
    return number === undefined ? [] : [{ number, at }];
  });
  const [first, last] = [numbered[0], numbered.at(-1)];
  if (first === undefined || last === undefined) return fail({ kind: 'empty' });
  const indexOf = (number: number) => numbered.findIndex(entry => entry.number === number);
  for (const number of [range.from, range.to]) {
    if (number !== undefined && indexOf(number) === -1)
      return fail({ kind: 'noGeneration', number, first: first.number, last: last.number });
  }
  const start = range.from === undefined ? 0 : (numbered[indexOf(range.from)]?.at ?? 0);
  const end = range.to === undefined ? undefined : numbered[indexOf(range.to) + 1]?.at;
  return ok({
    commits: history.slice(start, end),
    start,
    from: range.from ?? first.number,
    to: range.to ?? last.number,
  });
}

async function readCommits(reader: Reader, commits: readonly CommitRecord[]): Promise<CommitFiles[]> {
  const folder = statePaths.parts.slice(0, -1);
  const listings = await reader.trees(
    commits.map(({ tree }) => tree),
    [folder],
  );
  const needed = commits.flatMap(({ tree }) =>
    [...(listings.get(tree) ?? [])].filter(([path]) => isNeeded(path)).map(([, id]) => id),
  );
  const blobs = await reader.blobs(needed);
  return commits.map(commit => {
    const listing = listings.get(commit.tree);
    return { commit, listing, bytes: path => blobs.get(listing?.get(path) ?? '') };
  });
}

function isNeeded(path: string): boolean {
  const { startup, effective, generation, parts } = statePaths;
  return [startup, effective, generation].includes(path as never) || path.startsWith(parts);
}
