import { decodePart } from '../protocol/part.js';
import type { Part } from '../protocol/part.js';
import { assembleStartup, trusting } from '../protocol/startup.js';
import type { Router, Value } from '../protocol/resource.js';
import { ownFileBounds, readYaml } from '../protocol/yaml/read.js';
import { SourceText } from '../protocol/yaml/source-text.js';
import type { Snapshot } from '../render/changes.js';
import { emptySnapshot } from '../render/changes.js';
import { decodeGeneration } from '../render/generation-record.js';
import type { GenerationRecord } from '../render/generation-record.js';
import { startupSource } from '../render/merge.js';
import { highestOf } from './records/acknowledged.js';
import type { Numbers } from './records/acknowledged.js';
import { underLease } from './records/leases.js';
import type { LeaseRecord } from './records/leases.js';

/** Paths in the state repository. */
export const statePaths = {
  startup: 'startup-config.yaml',
  effective: 'effective-config.yaml',
  generation: 'generation.yaml',
  plugins: 'plugins/',
  parts: 'parts/',
  control: 'control/',
} as const;

/** What a commit of the state repository says. Before the first commit: generation 0 and nothing else. */
export interface Head {
  readonly commit: string | undefined;
  readonly generation: number;
  readonly record: GenerationRecord | undefined;
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** One a source, under the leases in force, expired ones included. */
  readonly parts: readonly Part[];
  /** Numbers that were given besides: higher than those of the commit where the history was set back and adopted so. */
  readonly given?: Numbers;
  /** The startup-config that was accepted last. Reads on the first call. */
  readonly startup: () => Router | undefined;
  /** The effective-config with its account. Reads on the first call. */
  readonly snapshot: () => Snapshot;
}

export const unborn: Head = {
  commit: undefined,
  generation: 0,
  record: undefined,
  files: new Map(),
  parts: [],
  startup: () => undefined,
  snapshot: () => emptySnapshot,
};

/** The text of a file of the commit; undefined where it holds none. */
export function fileText({ files }: Pick<Head, 'files'>, path: string): string | undefined {
  const bytes = files.get(path);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
}

/** The highest numbers so far, which the next ones come after. */
export function numbersOf({ generation, record, parts, given }: Head): Numbers {
  return highestOf(
    { generation, parts: record?.lastPartNumbers ?? {} },
    {
      generation: 0,
      parts: Object.fromEntries(parts.map(part => [part.source, part.generation])),
    },
    ...(given === undefined ? [] : [given]),
  );
}

export interface CommitContent {
  readonly commit: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** A commit as it was read, whatever the leases are. */
export interface CommitReading extends Omit<Head, 'parts' | 'record' | 'given'> {
  readonly commit: string;
  readonly record: GenerationRecord;
  /** One a source, under the lease that it was accepted with. */
  readonly accepted: readonly Part[];
}

/** Reads a commit; undefined where its generation.yaml cannot be read: routerd did not make it. */
export function decodeHead(content: CommitContent, leases: readonly LeaseRecord[]): Head | undefined {
  const reading = readCommit(content);
  return reading === undefined ? undefined : headUnder(reading, leases);
}

/** A commit under the leases in force. */
export function headUnder({ accepted, ...head }: CommitReading, leases: readonly LeaseRecord[]): Head {
  return { ...head, parts: accepted.map(part => underLease(part, leases, head.record.parts)) };
}

/** What a document of the state repository says. */
export type ReadDocument = (path: string, bytes: Uint8Array) => Value;

/** The bytes of a file never change, so what they say is found out once. */
const parsed = new WeakMap<Uint8Array, Value>();

export const parseDocument: ReadDocument = (path, bytes) => {
  let value = parsed.get(bytes);
  if (value === undefined) parsed.set(bytes, (value = readOwn(path, Buffer.from(bytes).toString('utf8'))));
  return value;
};

/** What `parseDocument` has found out. */
export function parsedBefore(bytes: Uint8Array): Value | undefined {
  return parsed.get(bytes);
}

/** The part of decodeHead that depends on the commit alone, and so can be kept. */
export function readCommit(
  { commit, files }: CommitContent,
  read: ReadDocument = parseDocument,
): CommitReading | undefined {
  const document = (path: string): Value => {
    const bytes = files.get(path);
    return bytes === undefined ? null : read(path, bytes);
  };
  const record = decodeGeneration(document(statePaths.generation));
  if (record === undefined) return undefined;
  const accepted = [...files.keys()]
    .filter(path => path.startsWith(statePaths.parts))
    .flatMap((path): Part[] => {
      const part = decodePart(document(path));
      return part === undefined ? [] : [part];
    });
  const router = (path: string) => once(() => routerOf(document(path)));
  const startup = router(statePaths.startup);
  const effective = router(statePaths.effective);
  return {
    commit,
    generation: record.generation,
    record,
    files,
    accepted,
    startup,
    snapshot: once(() => snapshotOf(effective() ?? emptySnapshot.effective, record)),
  };
}

function snapshotOf(effective: Router, record: GenerationRecord): Snapshot {
  const dynamic = new Map(record.origins.map(origin => [JSON.stringify(origin.resource), origin]));
  return {
    effective,
    suppressed: record.suppressed,
    origins: effective.resources.map(({ apiVersion, kind, metadata: { name } }) => {
      const resource = { apiVersion, kind, name };
      return dynamic.get(JSON.stringify(resource)) ?? { resource, source: startupSource };
    }),
  };
}

/** Reads a document that routerd wrote; null where there is none. */
export function readOwn(file: string, text: string | undefined): Value {
  if (text === undefined) return null;
  const options = { allowAliases: false, bounds: ownFileBounds };
  return readYaml(new SourceText(file, text), options).documents[0]?.value ?? null;
}

/** A Router document of the repository; undefined for no document. */
export function readRouter(file: string, text: string | undefined): Router | undefined {
  return routerOf(readOwn(file, text));
}

/** What is there was valid when it was committed. */
function routerOf(value: Value): Router | undefined {
  return assembleStartup(value === null ? [] : [{ value, place: () => ({ file: '' }) }], trusting).router;
}

function once<T>(compute: () => T): () => T {
  let result: { readonly value: T } | undefined;
  return () => (result ??= { value: compute() }).value;
}
