import { oncePer } from '../protocol/once-per.js';
import { mapsOf, textOf, textsOf, timeOf } from '../protocol/pick.js';
import type { Part } from '../protocol/part.js';
import type { Place, Problem } from '../protocol/problem.js';
import { apiVersions, asValue, isMap, refKey } from '../protocol/resource.js';
import type { ResourceRef, Value, ValueMap } from '../protocol/resource.js';
import { formatTime } from '../protocol/time.js';
import type { Instant } from '../protocol/time.js';
import { startupSource } from './merge.js';
import type { Origin, PartStatus, Suppression } from './merge.js';

/** What generation.yaml says: the account of the merge that this commit holds. */
export interface GenerationRecord {
  /** Tells repositories apart: random, given when the state directory was created. */
  readonly lineage: string;
  readonly generation: number;
  readonly mergedAt: Instant;
  readonly engineVersion: string;
  readonly startupConfigHash: string;
  readonly effectiveConfigHash: string;
  /** The parts that the merge saw, with the leases it used. */
  readonly parts: readonly RecordedPart[];
  /** The last number of every source that was ever accepted: numbers never repeat. */
  readonly lastPartNumbers: Readonly<Record<string, number>>;
  readonly origins: readonly Origin[];
  /** Where each startup resource stands, masked ones included. */
  readonly places: readonly { readonly resource: ResourceRef; readonly place: Place }[];
  readonly suppressed: readonly Suppression[];
  readonly findings: readonly Problem[];
}

export interface RecordedPart extends Pick<
  Part,
  'source' | 'generation' | 'digest' | 'observedAt' | 'expiresAt'
> {
  readonly status: PartStatus;
}

export function encodeGeneration(record: GenerationRecord): Value {
  return {
    apiVersion: apiVersions.state,
    kind: 'Generation',
    lineage: record.lineage,
    generation: record.generation,
    mergedAt: formatTime(record.mergedAt),
    engineVersion: record.engineVersion,
    startupConfigHash: record.startupConfigHash,
    effectiveConfigHash: record.effectiveConfigHash,
    parts: record.parts.map(({ source, generation, digest, status, observedAt, expiresAt }) => ({
      source,
      generation,
      digest,
      status,
      observedAt: formatTime(observedAt),
      expiresAt: formatTime(expiresAt),
    })),
    lastPartNumbers: record.lastPartNumbers,
    provenance: encodeProvenance(record),
    suppressed: record.suppressed.map(({ resource, maskedBy, maskedUntil, reasons }) => ({
      resource: asValue(resource),
      maskedBy,
      maskedUntil: formatTime(maskedUntil),
      reasons,
    })),
    findings: asValue(record.findings),
  };
}

/** One entry a file or part, one line a resource: `apiVersion kind name`, for files with the line it stands on. */
function encodeProvenance(record: GenerationRecord): Value {
  const parts = new Map<string, string[]>();
  for (const { resource, source } of record.origins) {
    if (source === startupSource) continue;
    parts.set(source, [...(parts.get(source) ?? []), refKey(resource)]);
  }
  return [...linesOf(record.places), ...[...parts].map(([part, resources]) => ({ part, resources }))];
}

const linesOf = oncePer((places: GenerationRecord['places']): readonly Value[] => {
  const files = new Map<string, Record<string, Value>>();
  for (const { resource, place } of places) {
    const lines = files.get(place.file) ?? {};
    lines[refKey(resource)] = place.line ?? null;
    files.set(place.file, lines);
  }
  return [...files].map(([file, lines]) => ({ file, lines }));
});

/** Reads what encodeGeneration wrote; undefined for anything else. */
export function decodeGeneration(document: Value): GenerationRecord | undefined {
  if (!isMap(document) || document['kind'] !== 'Generation') return undefined;
  const { lineage, generation, engineVersion, startupConfigHash, effectiveConfigHash } = document;
  const mergedAt = timeOf(document['mergedAt']);
  if (typeof lineage !== 'string' || typeof generation !== 'number' || mergedAt === undefined)
    return undefined;
  const numbers = document['lastPartNumbers'];
  return {
    lineage,
    generation,
    mergedAt,
    engineVersion: textOf(engineVersion),
    startupConfigHash: textOf(startupConfigHash),
    effectiveConfigHash: textOf(effectiveConfigHash),
    parts: mapsOf(document['parts']).flatMap(decodeRecordedPart),
    lastPartNumbers: isMap(numbers) ? (numbers as Readonly<Record<string, number>>) : {},
    ...decodeProvenance(mapsOf(document['provenance'])),
    suppressed: mapsOf(document['suppressed']).flatMap((entry): Suppression[] => {
      const maskedUntil = timeOf(entry['maskedUntil']);
      const { resource, maskedBy, reasons } = entry;
      if (maskedUntil === undefined || !isMap(resource)) return [];
      return [
        {
          resource: resource as unknown as ResourceRef,
          maskedBy: textsOf(maskedBy),
          maskedUntil,
          reasons: textsOf(reasons),
        },
      ];
    }),
    findings: mapsOf(document['findings']) as unknown as readonly Problem[],
  };
}

function decodeRecordedPart(entry: ValueMap): RecordedPart[] {
  const { source, generation, digest, status } = entry;
  const observedAt = timeOf(entry['observedAt']);
  const expiresAt = timeOf(entry['expiresAt']);
  if (typeof source !== 'string' || typeof generation !== 'number') return [];
  if (observedAt === undefined || expiresAt === undefined) return [];
  return [
    { source, generation, digest: textOf(digest), status: status as PartStatus, observedAt, expiresAt },
  ];
}

function decodeProvenance(entries: readonly ValueMap[]): Pick<GenerationRecord, 'origins' | 'places'> {
  const origins = entries.flatMap(({ part, resources }) =>
    typeof part !== 'string'
      ? []
      : textsOf(resources).map(key => ({ resource: refOfKey(key), source: part })),
  );
  return { places: entries.flatMap(placesIn), origins };
}

const placesIn = oncePer(({ file, lines }: ValueMap): GenerationRecord['places'] =>
  typeof file !== 'string' || !isMap(lines)
    ? []
    : Object.entries(lines).map(([key, line]) => ({
        resource: refOfKey(key),
        place: { file, ...(typeof line === 'number' ? { line } : {}) },
      })),
);

function refOfKey(key: string): ResourceRef {
  const [apiVersion = '', kind = '', name = ''] = key.split(' ');
  return { apiVersion, kind, name };
}
