import { canonicalJson } from '../../protocol/digest.js';
import { partId } from '../../protocol/part.js';
import type { Problem } from '../../protocol/problem.js';
import { asValue } from '../../protocol/resource.js';
import { startupSource } from '../../render/merge.js';
import type { MergeOutcome } from '../../render/merge.js';
import { printRouter } from '../../render/router-yaml.js';
import type { CommitRecord } from '../../state/git/log.js';
import { generationOf, trailers } from '../generations.js';
import { statePaths } from '../head.js';
import { differs } from './evidence.js';
import type { Evidence } from './evidence.js';
import { replay } from './replay.js';

/** What the commits before one have said; undefined at the beginning of what is looked at. */
export interface Before {
  readonly lineage: string;
  readonly generation: number;
  readonly effectiveBlob: string;
  readonly lastPartNumbers: Readonly<Record<string, number>>;
  /** Part → the blob of its file. */
  readonly parts: ReadonlyMap<string, string>;
}

export interface Judgement {
  readonly problems: readonly Problem[];
  /** What the commit's files merge to. */
  readonly effectiveText: string;
  readonly after: Before;
}

/** Whether a commit is what its own files merge to, agrees with itself, and goes on from the ones before. Pure. */
export function verifyCommit(
  commit: CommitRecord,
  evidence: Evidence,
  before: Before | undefined,
): Judgement {
  const { record, startup, parts } = evidence;
  const outcome = replay({ startup, parts: parts.map(({ part }) => part), record });
  const effectiveText = printRouter(outcome.effective);
  const merged = Buffer.from(effectiveText).equals(evidence.effective)
    ? []
    : [differs(statePaths.effective, 'it is not what the files of its commit merge to')];
  return {
    effectiveText,
    problems: [
      ...recordedParts(evidence),
      ...merged,
      ...hashes(commit, evidence),
      ...account(outcome, evidence),
      ...numbers(commit, evidence, before),
      ...partHistory(evidence, before),
    ],
    after: {
      lineage: record.lineage,
      generation: Math.max(record.generation, before?.generation ?? 0),
      effectiveBlob: evidence.effectiveBlob,
      lastPartNumbers: record.lastPartNumbers,
      parts: new Map(parts.map(({ part, blob }) => [partId(part), blob])),
    },
  };
}

/** The parts that the account names are the files that are there. */
function recordedParts({ record, parts }: Evidence): Problem[] {
  const files = new Map(parts.map(file => [partId(file.part), file]));
  const missing = record.parts
    .filter(part => !files.has(partId(part)))
    .map(part => differs(statePaths.generation, `it names ${partId(part)}, which is not in parts/`));
  return [
    ...missing,
    ...parts.flatMap(({ path, part }): Problem[] => {
      const recorded = record.parts.find(entry => partId(entry) === partId(part));
      if (recorded === undefined)
        return [differs(path, `generation.yaml does not name ${partId(part)}`, { source: partId(part) })];
      if (recorded.digest === part.digest) return [];
      const message = `generation.yaml knows ${partId(part)} by the digest ${recorded.digest}, not ${part.digest}`;
      return [differs(path, message, { source: partId(part) })];
    }),
  ];
}

/** The hashes in generation.yaml and in the message are those of the files. */
function hashes(commit: CommitRecord, evidence: Evidence): Problem[] {
  const { record, parts } = evidence;
  const problems: Problem[] = [];
  const sides = [
    [statePaths.startup, evidence.startupHash, record.startupConfigHash, 'Startup-Config-Hash'],
    [statePaths.effective, evidence.effectiveHash, record.effectiveConfigHash, 'Effective-Config-Hash'],
  ] as const;
  for (const [file, hash, recorded, trailer] of sides) {
    if (recorded !== hash)
      problems.push(differs(file, `its hash is ${hash}, and generation.yaml says ${recorded}`));
    const [said] = trailers(commit, trailer);
    const needed = generationOf(commit) !== undefined;
    if (said === undefined ? needed : said !== hash)
      problems.push(differs(file, `its hash is ${hash}, and the commit message says ${said ?? 'none'}`));
  }
  for (const line of trailers(commit, 'Dynamic-Part')) {
    const [, id, digest] = /^(\S+#\d+) (sha256:[0-9a-f]{64})$/.exec(line) ?? [];
    const file = parts.find(({ part }) => partId(part) === id);
    if (file === undefined || digest === undefined || file.part.digest === digest) continue;
    const message = `its digest is ${file.part.digest}, and the commit message says ${digest}`;
    problems.push(differs(file.path, message, { source: partId(file.part) }));
  }
  return problems;
}

/** What generation.yaml tells of the merge is what the merge does. */
function account(outcome: MergeOutcome, { record }: Evidence): Problem[] {
  const told = (what: string, is: unknown, said: unknown): Problem[] =>
    canonicalJson(asValue(is)) === canonicalJson(asValue(said))
      ? []
      : [differs(statePaths.generation, `what it tells of ${what} is not what the files merge to`)];
  return [
    ...told(
      'the parts that count',
      outcome.parts.map(({ part, status }) => [partId(part), status]),
      record.parts.map(part => [partId(part), part.status]),
    ),
    ...told('masked resources', outcome.suppressed, record.suppressed),
    ...told(
      'where resources come from',
      outcome.origins.filter(({ source }) => source !== startupSource),
      record.origins,
    ),
  ];
}

/** Numbers only rise, and a commit carries one exactly where it changes the effective-config. */
function numbers(commit: CommitRecord, evidence: Evidence, before: Before | undefined): Problem[] {
  const { record, effectiveBlob } = evidence;
  const file = statePaths.generation;
  const number = generationOf(commit);
  const problems: Problem[] = [];
  const wrong = (message: string) => void problems.push(differs(file, message));
  if (number !== undefined && number !== record.generation)
    wrong(`it says generation ${record.generation}, and the commit message ${number}`);
  if (before === undefined) return problems;
  if (record.lineage !== before.lineage) wrong('it is of another lineage than the commit before');
  if (number === undefined) {
    if (effectiveBlob !== before.effectiveBlob)
      wrong('the effective-config changes, but the commit message has no Generation');
    if (record.generation !== before.generation)
      wrong(`it says generation ${record.generation} after ${before.generation}, but the message has none`);
  } else {
    if (number <= before.generation) wrong(`generation ${number} comes after ${before.generation}`);
    if (effectiveBlob === before.effectiveBlob)
      wrong(`generation ${number} does not change the effective-config`);
  }
  for (const [source, last] of Object.entries(before.lastPartNumbers)) {
    const now = record.lastPartNumbers[source];
    if (now === undefined || now < last)
      wrong(`the last number of ${source} falls from ${last} to ${now ?? 'none'}`);
  }
  return problems;
}

/** A part never changes once it was accepted; a new one has a number of its own and the lease that the merge used. */
function partHistory({ record, parts }: Evidence, before: Before | undefined): Problem[] {
  return parts.flatMap(({ path, blob, part }): Problem[] => {
    const { source, generation } = part;
    const wrong = (message: string) => [differs(path, message, { source: partId(part) })];
    if (generation > (record.lastPartNumbers[source] ?? 0))
      return wrong(`its number is above the last one that generation.yaml knows of ${source}`);
    if (before === undefined) return [];
    const earlier = before.parts.get(partId(part));
    if (earlier !== undefined)
      return earlier === blob ? [] : wrong(`${partId(part)} is not what it was in the commit before`);
    if (generation <= (before.lastPartNumbers[source] ?? 0)) return wrong(`its number was given before`);
    const lease = record.parts.find(entry => partId(entry) === partId(part));
    if (lease === undefined || (lease.observedAt === part.observedAt && lease.expiresAt === part.expiresAt))
      return [];
    return wrong('it was accepted with another lease than generation.yaml says');
  });
}
