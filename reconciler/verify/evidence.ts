import { decodePart, partDigest, partFileName, partId } from '../../protocol/part.js';
import type { Part } from '../../protocol/part.js';
import type { Problem } from '../../protocol/problem.js';
import type { Router } from '../../protocol/resource.js';
import { sha256 } from '../../protocol/digest.js';
import { printYaml } from '../../render/canonical-yaml.js';
import { decodeGeneration } from '../../render/generation-record.js';
import type { GenerationRecord } from '../../render/generation-record.js';
import type { CommitRecord } from '../../state/git/log.js';
import type { Listing } from '../../state/git/tree.js';
import { readOwn, readRouter, statePaths } from '../head.js';

/** One commit with what verifying it needs of its files. */
export interface CommitFiles {
  readonly commit: CommitRecord;
  /** Files of the root and of `parts/`: path → blob id. Undefined where the tree itself cannot be read. */
  readonly listing: Listing | undefined;
  /** Undefined where the file cannot be read, or does not have its hash. */
  readonly bytes: (path: string) => Uint8Array | undefined;
}

/** A file of parts/ as it was read. */
export interface PartFile {
  readonly path: string;
  readonly blob: string;
  readonly part: Part;
}

/** A commit whose files could be read. */
export interface Evidence {
  readonly record: GenerationRecord;
  readonly startup: Router;
  readonly startupHash: string;
  readonly effective: Uint8Array;
  readonly effectiveHash: string;
  readonly effectiveBlob: string;
  readonly parts: readonly PartFile[];
}

export function differs(file: string, message: string, more: Partial<Problem> = {}): Problem {
  return { reason: 'HistoryDiffers', severity: 'error', message, place: { file }, ...more };
}

/** Readings of blobs, which many commits share; the last few are kept. */
export interface Readings {
  readonly startups: Map<string, Router | undefined>;
  readonly parts: Map<string, Part | undefined>;
}

export function newReadings(): Readings {
  return { startups: new Map(), parts: new Map() };
}

const remembered = 256;

function recall<T>(known: Map<string, T>, key: string, read: () => T): T {
  if (known.has(key)) return known.get(key) as T;
  const value = read();
  known.set(key, value);
  const oldest = known.keys().next();
  if (known.size > remembered && oldest.done !== true) known.delete(oldest.value);
  return value;
}

/** Reads a commit's files, and says what is wrong with each by itself. */
export function readEvidence(
  files: CommitFiles,
  readings: Readings,
): { readonly evidence: Evidence | undefined; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const { listing } = files;
  if (listing === undefined)
    return { evidence: undefined, problems: [differs('.', 'its tree cannot be read')] };
  const load = (path: string): Uint8Array | undefined => {
    const bytes = files.bytes(path);
    if (bytes !== undefined) return bytes;
    const what = listing.has(path) ? 'cannot be read, or does not have its hash' : 'is missing';
    problems.push(differs(path, `the file ${what}`));
    return undefined;
  };

  const parts = [...listing]
    .filter(([path]) => path.startsWith(statePaths.parts))
    .flatMap(([path, blob]): PartFile[] => {
      const bytes = load(path);
      if (bytes === undefined) return [];
      const part = recall(readings.parts, blob, () => readPart(path, textOf(bytes)));
      if (part === undefined) {
        problems.push(differs(path, 'it is no part as routerd writes them'));
        return [];
      }
      problems.push(...ownWord(path, part));
      return [{ path, blob, part }];
    });
  const [generation, startup, effective] = [
    load(statePaths.generation),
    load(statePaths.startup),
    load(statePaths.effective),
  ];
  if (generation === undefined || startup === undefined || effective === undefined)
    return { evidence: undefined, problems };
  const record = decodeGeneration(readOwn(statePaths.generation, textOf(generation)));
  if (record === undefined)
    problems.push(differs(statePaths.generation, 'it is no account of a generation as routerd writes them'));
  const router = recall(readings.startups, listing.get(statePaths.startup) ?? '', () =>
    readRouter(statePaths.startup, textOf(startup)),
  );
  if (router === undefined) problems.push(differs(statePaths.startup, 'it is no Router document'));
  if (record === undefined || router === undefined) return { evidence: undefined, problems };
  return {
    problems,
    evidence: {
      record,
      startup: router,
      startupHash: sha256(startup),
      effective,
      effectiveHash: sha256(effective),
      effectiveBlob: listing.get(statePaths.effective) ?? '',
      parts,
    },
  };
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

/** Undefined as well where the bytes are not the canonical ones: routerd wrote no such file. */
function readPart(path: string, text: string): Part | undefined {
  const value = readOwn(path, text);
  return printYaml(value) === text ? decodePart(value) : undefined;
}

/** What a part says of itself. */
function ownWord(path: string, part: Part): Problem[] {
  const source = partId(part);
  const problems: Problem[] = [];
  if (path !== statePaths.parts + partFileName(part.source))
    problems.push(differs(path, `it holds the part ${source}, whose file has another name`, { source }));
  const digest = partDigest(part);
  if (digest !== part.digest) {
    const message = `its content has the digest ${digest}, but it says ${part.digest}`;
    problems.push(differs(path, message, { source }));
  }
  return problems;
}
