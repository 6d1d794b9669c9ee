import type { Problem } from '../protocol/problem.js';
import { ok } from '../protocol/result.js';
import type { Result } from '../protocol/result.js';
import type { Instant } from '../protocol/time.js';
import { loadConfig } from '../state/config/load.js';
import type { LoadedConfig } from '../state/config/load.js';
import type { ConfigLocation } from '../state/config/files.js';
import { StorageError } from '../state/storage-error.js';
import { acknowledge } from './acknowledge.js';
import { openForWriting } from './commit.js';
import { numbersOf } from './head.js';
import type { StateFailure } from './pass-options.js';
import type { StateView } from './state-dir.js';
import { withStateLock } from './state-lock.js';
import type { LockOptions } from './state-lock.js';

export interface OpenOptions extends LockOptions {
  readonly config: ConfigLocation;
  readonly clock: () => Instant;
}

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
): Promise<Result<T, StateFailure>> {
  const { state, clock } = options;
  return withStateLock(options, async (lost): Promise<Result<T, StateFailure>> => {
    const opened = await openForWriting(state, clock());
    if (!opened.ok) return opened;
    const { store, repairs } = opened.value;
    let { view } = opened.value;
    let commits = 0;
    const commit = async ({ files, message, author, at }: SideCommit): Promise<void> => {
      const tree = new Map<string, Uint8Array>(view.head.files);
      for (const [path, content] of files) {
        if (content === null) tree.delete(path);
        else tree.set(path, Buffer.from(content));
      }
      const committed = await store.commit(
        {
          parent: view.head.commit ?? null,
          files: tree,
          message,
          author: { name: author, email: `${author.replaceAll(/\s/g, '-')}@${store.lineage}` },
          at,
        },
        lost,
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
  });
}
