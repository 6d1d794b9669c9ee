import { join } from 'node:path';
import type { Value } from '../protocol/resource.js';
import { fail, ok } from '../protocol/result.js';
import type { Result } from '../protocol/result.js';
import { printable } from '../protocol/text.js';
import { printYaml } from '../render/canonical-yaml.js';
import { decodeGeneration } from '../render/generation-record.js';
import type { GenerationRecord } from '../render/generation-record.js';
import { listFolder, readRegular, replaceFile, writeAtomic } from '../state/files.js';
import type { StoreFailure } from '../state/git/look.js';
import { openStore } from '../state/git/open.js';
import type { Store } from '../state/git/store.js';
import type { LogFile } from '../state/log.js';
import { StorageError, namingRepair } from '../state/storage-error.js';
import { decodeQueue, encodeQueue } from './events/queue.js';
import type { EventQueue } from './events/queue.js';
import { headUnder, parseDocument, readCommit, statePaths, unborn } from './head.js';
import type { Head, ReadDocument } from './head.js';
import { cachedDocuments } from './document-cache.js';
import type { CommitMemory } from './memory.js';
import { commitText, decodeAcknowledged, encodeAcknowledged } from './records/acknowledged.js';
import type { Acknowledged } from './records/acknowledged.js';
import { decodeLeases, encodeLeases } from './records/leases.js';
import type { LeaseRecord } from './records/leases.js';
import { decodeRunStatus, encodeRunStatus } from './records/run-status.js';
import type { RunStatus } from './records/run-status.js';

/** The state directory by its name, and where git is looked for. */
export interface StateDir {
  readonly path: string;
  readonly searchPath: string;
}

/** What the state directory says at one moment. */
export interface StateView {
  /** Undefined before the first generation made it. */
  readonly store: Store | undefined;
  readonly head: Head;
  readonly leases: readonly LeaseRecord[];
  /** Whether the leases of `head` are shorter than those on disk, because the clock was set back. */
  readonly leasesMoved?: boolean;
  readonly status: RunStatus;
  readonly queue: EventQueue;
  /** The commit that was reported as done last; undefined where that is not known. */
  readonly acknowledged?: Acknowledged;
}

export const lockPath = (dir: string): string => join(dir, 'run', 'lock');
export const pluginLockPath = (dir: string, plugin: string): string =>
  join(dir, 'run', 'plugins', `${plugin}.lock`);
export const inboxPath = (dir: string): string => join(dir, 'run', 'inbox');
export const eventLog = (dir: string): LogFile => ({ dir: join(dir, 'run', 'log'), name: 'events' });
export const runLog = (dir: string): LogFile => ({ dir: join(dir, 'run', 'log'), name: 'plugins' });
/** The kept exchanges of a plugin, whose name is a DNS label. */
export const exchangesPath = (dir: string, plugin: string): string => join(dir, 'run', 'exchanges', plugin);
const leasesPath = (dir: string): string => join(dir, 'run', 'leases.yaml');
const acknowledgedPath = (dir: string): string => join(dir, 'run', 'acknowledged.yaml');
const queuePath = (dir: string): string => join(dir, 'run', 'events.yaml');
const statusPath = (dir: string): string => join(dir, 'run', 'status.yaml');

/** Reads a state directory without a lock: HEAD is one whole generation at any moment. Creates nothing. */
export function viewState(dir: StateDir, memory?: CommitMemory): Promise<Result<StateView, StoreFailure>> {
  return readState(dir, parseDocument, memory);
}

/** The same for who only looks, and writes nothing that follows from it: believes what `run/cache` holds. */
export function browseState(dir: StateDir): Promise<Result<StateView, StoreFailure>> {
  return readState(dir, cachedDocuments(dir.path));
}

async function readState(
  dir: StateDir,
  read: ReadDocument,
  memory?: CommitMemory,
): Promise<Result<StateView, StoreFailure>> {
  const opened = await openStore(dir.path, { searchPath: dir.searchPath, cache: 'read' });
  if (opened.ok) return ok(await viewStore(opened.value, memory, { read }));
  const lost = await lostRepository(dir.path);
  if (lost !== undefined) return fail(lost);
  if (opened.failure.kind !== 'missing') return opened;
  const run = await readRunState(dir.path, read);
  return ok({ store: undefined, head: withGiven(unborn, run.acknowledged), leases: [], ...run });
}

/** Why a directory without a repository is no new one: there was one, by what it acknowledged. */
export async function lostRepository(dir: string): Promise<StoreFailure | undefined> {
  const names = (await listFolder(dir).catch(() => [])).map(({ name }) => name);
  if (!names.includes('run') || names.includes('.git')) return undefined;
  const known = await readAcknowledged(dir);
  if (known?.commit === undefined) return undefined;
  const place = printable(dir);
  return {
    kind: 'movedByHand',
    path: dir,
    message: `${place} has lost its repository, and routerd had acknowledged ${commitText(known.commit, known.generation)}: nothing is written`,
    hint: `put ${place}/.git back, or name another directory; where a repair was interrupted: routerctl repair --state '${place}'`,
  };
}

/** For who writes: HEAD as git has it, every object of it. Throws StorageError where HEAD is not a commit of routerd's. */
export function viewForWriting(store: Store, memory?: CommitMemory): Promise<StateView> {
  return viewStore(store, memory, { fromGit: true });
}

interface ViewFacts {
  readonly read?: ReadDocument;
  /** Whether what was read of the visible files alone has to be read again. */
  readonly fromGit?: boolean;
}

/** The same files, those that say what they said before as the very same bytes, of which is known what they say. */
function asBefore(files: ReadonlyMap<string, Uint8Array>, { last }: CommitMemory): Map<string, Uint8Array> {
  return new Map(
    [...files].map(([path, bytes]) => {
      const before = last?.files.get(path);
      return [path, before !== undefined && Buffer.compare(before, bytes) === 0 ? before : bytes];
    }),
  );
}

/** Throws StorageError where HEAD is not a commit of routerd's. */
async function viewStore(
  store: Store,
  memory: CommitMemory = { known: new Map() },
  { read = parseDocument, fromGit = false }: ViewFacts = {},
): Promise<StateView> {
  const leases = decodeLeases(await readRunFile(leasesPath(store.path), read));
  const run = await readRunState(store.path, read);
  const commit = await namingRepair(store.path, store.head);
  if (commit === null) return { store, head: withGiven(unborn, run.acknowledged), leases, ...run };
  // A commit never changes, so one that was read is read for good.
  const known = memory.last?.commit === commit && (!fromGit || memory.sound === commit);
  const reading = known
    ? memory.last
    : readCommit(
        { commit, files: asBefore(await namingRepair(store.path, () => store.readTree(commit)), memory) },
        read,
      );
  if (reading?.record.lineage !== store.lineage) throw foreignHead(store, commit);
  memory.last = reading;
  if (fromGit) memory.sound = commit;
  return { store, head: withGiven(headUnder(reading, leases), run.acknowledged), leases, ...run };
}

export async function writeLeases(dir: string, leases: readonly LeaseRecord[]): Promise<void> {
  await writeRunFile(leasesPath(dir), encodeLeases(leases));
}

export async function writeStatus(dir: string, status: RunStatus): Promise<void> {
  await writeRunFile(statusPath(dir), encodeRunStatus(status));
}

export async function writeQueue(dir: string, queue: EventQueue): Promise<void> {
  await writeRunFile(queuePath(dir), encodeQueue(queue));
}

async function writeRunFile(
  path: string,
  value: Value,
  write: (path: string, content: Uint8Array) => Promise<unknown> = writeAtomic,
): Promise<void> {
  const bytes = Buffer.from(printYaml(value));
  await write(path, bytes);
  lastRead.set(path, { bytes, value });
}

/** The events on their way, as they are on disk now. */
export async function readQueue(dir: string, read?: ReadDocument): Promise<EventQueue> {
  return decodeQueue(await readRunFile(queuePath(dir), read));
}

/** The files in `run/` that a pass depends on. */
export function runFilePaths(dir: string): string[] {
  return [acknowledgedPath(dir), leasesPath(dir), statusPath(dir), queuePath(dir)];
}

type RunState = Pick<StateView, 'status' | 'queue' | 'acknowledged'>;

async function readRunState(dir: string, read?: ReadDocument): Promise<RunState> {
  const acknowledged = await readAcknowledged(dir, read);
  return {
    status: decodeRunStatus(await readRunFile(statusPath(dir), read)),
    queue: await readQueue(dir, read),
    ...(acknowledged === undefined ? {} : { acknowledged }),
  };
}

function withGiven(head: Head, acknowledged: Acknowledged | undefined): Head {
  return acknowledged === undefined ? head : { ...head, given: acknowledged.highest };
}

export async function readAcknowledged(dir: string, read?: ReadDocument): Promise<Acknowledged | undefined> {
  return decodeAcknowledged(await readRunFile(acknowledgedPath(dir), read));
}

/** The visible generation.yaml, undefined where it cannot be read: whoever changed it may have done anything to it. */
export async function readVisibleRecord(dir: string): Promise<GenerationRecord | undefined> {
  try {
    return decodeGeneration(await readRunFile(join(dir, statePaths.generation)));
  } catch (error) {
    if (error instanceof StorageError) return undefined;
    throw error;
  }
}

/** A power cut may bring an older one back, which does no harm: its commit is still one that HEAD comes after. */
export async function writeAcknowledged(dir: string, acknowledged: Acknowledged): Promise<void> {
  await writeRunFile(acknowledgedPath(dir), encodeAcknowledged(acknowledged), replaceFile);
}

/** What the files in `run/` that a pass depends on said last, as far as they were read or written here. */
export function runDocuments(dir: string): { readonly bytes: Uint8Array; readonly value: Value }[] {
  return runFilePaths(dir).flatMap(path => lastRead.get(path) ?? []);
}

/** What the files in `run/` said last: as long as their bytes are the same, they are not parsed again. */
const lastRead = new Map<string, { readonly bytes: Buffer; readonly value: Value }>();

/** A file of routerd in `run/`; null where there is none. */
export async function readRunFile(path: string, read: ReadDocument = parseDocument): Promise<Value> {
  try {
    const { bytes } = await readRegular(path, Number.MAX_SAFE_INTEGER);
    const last = lastRead.get(path);
    if (last?.bytes.equals(bytes) === true) return last.value;
    const value = read(path, bytes);
    // What comes from a cache is not for those who commit.
    if (read === parseDocument) lastRead.set(path, { bytes, value });
    return value;
  } catch (error) {
    if (error instanceof StorageError && error.code === 'ENOENT') return null;
    throw error;
  }
}

function foreignHead(store: Store, commit: string): StorageError {
  return new StorageError({
    path: store.path,
    operation: 'use',
    code: 'EDAMAGED',
    detail: `its commit ${commit.slice(0, 12)} is not one that routerd made for this directory: look at it with git log, and put main back to a generation of its own`,
  });
}
