import type { Problem } from '../protocol/problem.js';
import { fail, ok } from '../protocol/result.js';
import type { Result } from '../protocol/result.js';
import type { Instant } from '../protocol/time.js';
import { loadConfig } from '../state/config/load.js';
import type { LoadedConfig } from '../state/config/load.js';
import type { ConfigLocation } from '../state/config/files.js';
import type { StoreFailure } from '../state/git/look.js';
import { acquireLock } from '../state/lock.js';
import type { LockBusy } from '../state/lock.js';
import { StorageError } from '../state/storage-error.js';
import { acknowledge } from './acknowledge.js';
import { openForWriting } from './commit.js';
import { numbersOf } from './head.js';
import type { StateDir, StateView } from './state-dir.js';
import { lockPath } from './state-dir.js';

export interface OpenOptions {
  readonly config: ConfigLocation;
  readonly state: StateDir;
  readonly clock: () => Instant;
  readonly lockTimeoutMs: number;
  /** What the lock's holder is called in messages of others. */
  readonly command: string;
  readonly signal?: AbortSignal;
}

export type OpenFailure =
  | { readonly kind: 'state'; readonly failure: StoreFailure }
  | { readonly kind: 'locked'; readonly busy: LockBusy };

/** A commit that touches some files and leaves all others, and the effective-config, as they are. */
export interface SideCommit {
  /** By path; null removes a file. */
  readonly files: ReadonlyMap<string, string | null>;
  readonly message: string;
  /** A name that git can write. */
  readonly author: string;
  readonly at: Instant;
}

/** The state and the config directory under the writer lock. */
export interface OpenState {
  /** The state as it was when the lock was taken; its `head` moves with every `commit`. */
  readonly view: () => StateView;
  readonly config: LoadedConfig;
  /** What was mended on the way. */
  readonly repairs: readonly Problem[];
  /** On disk when it resolves. */
  readonly commit: (order: SideCommit) => Promise<void>;
}

/** Opens the state under the lock for commits beside the merge, such as those of the journal, and reads the config directory there. */
export async function withOpenState<T>(
  options: OpenOptions,
  work: (state: OpenState) => Promise<T>,
): Promise<Result<T, OpenFailure>> {
  const { state, clock } = options;
  const lock = await acquireLock(lockPath(state.path), {
    timeoutMs: options.lockTimeoutMs,
    holder: { command: options.command },
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  if (!lock.ok) return fail({ kind: 'locked', busy: lock.failure });
  try {
    const opened = await openForWriting(state, clock());
    if (!opened.ok) return opened;
    const { store, repairs } = opened.value;
    let { view } = opened.value;
    let commits = 0;
    const commit = async ({ files, message, author, at }: SideCommit): Promise<void> => {
      const tree = new Map<string, Uint8Array>(view.head.files);
      for (const [path, text] of files) {
        if (text === null) tree.delete(path);
        else tree.set(path, Buffer.from(text));
      }
      const committed = await store.commit(
        {
          parent: view.head.commit ?? null,
          files: tree,
          message,
          author: { name: author, email: `${author.replaceAll(/\s/g, '-')}@${store.lineage}` },
          at,
        },
        lock.value.lost,
      );
      if (!committed.ok) {
        if (committed.failure.kind === 'unchanged') return;
        const detail = 'somebody committed there without the lock: try again';
        throw new StorageError({ path: store.path, operation: 'commit in', code: 'EMOVED', detail });
      }
      commits++;
      const { generation } = view.head;
      const numbers = numbersOf(view.head);
      await acknowledge(view, store, { commit: committed.value.commit, generation, numbers });
      view = { ...view, head: { ...view.head, commit: committed.value.commit, files: tree } };
      await store.project(committed.value.commit, at);
    };
    const result = await work({
      view: () => view,
      config: await loadConfig(options.config),
      repairs,
      commit,
    });
    if (commits > 0) await store.housekeep();
    return ok(result);
  } finally {
    await lock.value.release();
  }
}
