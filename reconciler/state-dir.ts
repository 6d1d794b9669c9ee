import { join } from 'node:path';
import type { Value } from '../protocol/resource.js';
import { ok } from '../protocol/result.js';
import type { Result } from '../protocol/result.js';
import { printYaml } from '../render/canonical-yaml.js';
import { readRegular, writeAtomic } from '../state/files.js';
import type { StoreFailure } from '../state/git/look.js';
import { openStore } from '../state/git/open.js';
import type { Store } from '../state/git/store.js';
import type { LogFile } from '../state/log.js';
import { StorageError } from '../state/storage-error.js';
import { decodeQueue, encodeQueue } from './events/queue.js';
import type { EventQueue } from './events/queue.js';
import { headUnder, readCommit, readOwn, unborn } from './head.js';
import type { Head } from './head.js';
import type { CommitMemory } from './memory.js';
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
}

export const lockPath = (dir: string): string => join(dir, 'run', 'lock');
export const pluginLockPath = (dir: string, plugin: string): string =>
  join(dir, 'run', 'plugins', `${plugin}.lock`);
export const inboxPath = (dir: string): string => join(dir, 'run', 'inbox');
export const eventLog = (dir: string): LogFile => ({ dir: join(dir, 'run', 'log'), name: 'events' });
export const runLog = (dir: string): LogFile => ({ dir: join(dir, 'run', 'log'), name: 'plugins' });
const leasesPath = (dir: string): string => join(dir, 'run', 'leases.yaml');
const queuePath = (dir: string): string => join(dir, 'run', 'events.yaml');
const statusPath = (dir: string): string => join(dir, 'run', 'status.yaml');

/** Reads a state directory without a lock: HEAD is one whole generation at any moment. Creates nothing. */
export async function viewState(
  dir: StateDir,
  memory?: CommitMemory,
): Promise<Result<StateView, StoreFailure>> {
  const opened = await openStore(dir.path, { searchPath: dir.searchPath });
  if (opened.ok) return ok(await viewStore(opened.value, memory));
  if (opened.failure.kind !== 'missing') return opened;
  return ok({ store: undefined, head: unborn, leases: [], ...(await readRunState(dir.path)) });
}

/** The same for a store that is open. Throws StorageError where HEAD is not a commit of routerd's. */
export async function viewStore(store: Store, memory: CommitMemory = {}): Promise<StateView> {
  const leases = decodeLeases(await readRunFile(leasesPath(store.path)));
  const run = await readRunState(store.path);
  const commit = await store.head();
  if (commit === null) return { store, head: unborn, leases, ...run };
  // A commit never changes, so one that was read is read for good.
  const reading =
    memory.last?.commit === commit
      ? memory.last
      : readCommit({ commit, files: await store.readTree(commit) });
  if (reading?.record.lineage !== store.lineage) throw foreignHead(store, commit);
  memory.last = reading;
  return { store, head: headUnder(reading, leases), leases, ...run };
}

export async function writeLeases(dir: string, leases: readonly LeaseRecord[]): Promise<void> {
  await writeAtomic(leasesPath(dir), printYaml(encodeLeases(leases)));
}

export async function writeStatus(dir: string, status: RunStatus): Promise<void> {
  await writeAtomic(statusPath(dir), printYaml(encodeRunStatus(status)));
}

export async function writeQueue(dir: string, queue: EventQueue): Promise<void> {
  await writeAtomic(queuePath(dir), printYaml(encodeQueue(queue)));
}

/** The events on their way, as they are on disk now. */
export async function readQueue(dir: string): Promise<EventQueue> {
  return decodeQueue(await readRunFile(queuePath(dir)));
}

async function readRunState(dir: string): Promise<Pick<StateView, 'status' | 'queue'>> {
  return { status: decodeRunStatus(await readRunFile(statusPath(dir))), queue: await readQueue(dir) };
}

/** A file of routerd in `run/`; null where there is none. */
export async function readRunFile(path: string): Promise<Value> {
  try {
    return readOwn(path, (await readRegular(path, Number.MAX_SAFE_INTEGER)).bytes.toString('utf8'));
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
