import { formatTime } from '../../protocol/time.js';
import type { Instant } from '../../protocol/time.js';
import type { Result } from '../../protocol/result.js';
import { commitFiles, isTagName, writeDetached } from './commit.js';
import type { CommitFailure, CommitInput, Revision } from './commit.js';
import type { GitContext } from './environment.js';
import { ancestryOf } from './ancestry.js';
import type { Ancestry } from './ancestry.js';
import { checkObjects } from './check.js';
import { historyOf, readFiles, readHeadFiles } from './history.js';
import type { KnownCommits } from './history.js';
import { housekeep } from './housekeep.js';
import type { Housekeeping } from './housekeep.js';
import { heldRefName, listHeld, listLooseHeld } from './held-refs.js';
import { listCommits } from './log.js';
import type { CommitRecord, LogOptions } from './log.js';
import { assertObjectId, branch, treePathProblem } from './names.js';
import { readObjects } from './objects.js';
import { projectCommit } from './project.js';
import type { Projection } from './project.js';
import { recoverRepository } from './recover.js';
import type { RecoverFailure, RecoverOptions, Recovery } from './recover.js';
import { listRefs, readRef, refsMark, updateRefs } from './refs.js';
import type { Person } from './person.js';

/**
 * The state repository: files and message in, revision out. Reading needs no lock and never waits. What writes
 * (`commit`, `tag`, `project`, `recover`, `housekeep`) is to be called under the writer lock; `commit` is safe without
 * one as well, as HEAD is compared and swapped. All reject with StorageError where git or the disk fails.
 */
export interface Store {
  /** Real path of the state directory. */
  readonly path: string;
  /** 32 hex digits, made with the repository and never changed. */
  readonly lineage: string;
  /** Who every commit of this store is committed by. */
  readonly committer: Person;
  /** The commit that `main` is at; null before the first. Runs no process. */
  readonly head: () => Promise<string | null>;
  /** All files of a commit. */
  readonly readTree: (commit: string) => Promise<Map<string, Uint8Array>>;
  /** One file of a commit; undefined where the commit has none of that name. */
  readonly readFile: (commit: string, path: string) => Promise<Uint8Array | undefined>;
  /** Commits, newest first. */
  readonly commits: (options?: LogOptions) => Promise<CommitRecord[]>;
  /** How `to` is related to `from`; undefined where `from` is not there. */
  readonly ancestry: (from: string, to: string) => Promise<Ancestry | undefined>;
  /** Tags under a folder such as `gen`: short name (`gen/45`) → commit. Runs no process. */
  readonly tags: (folder: string) => Promise<Map<string, string>>;
  /** Changes when a tag under a folder is made or deleted. Runs no process. */
  readonly tagsMark: (folder: string) => Promise<string>;
  readonly commit: (input: CommitInput, signal?: AbortSignal) => Promise<Result<Revision, CommitFailure>>;
  /** Sets tags (name → commit), all or none. */
  readonly tag: (tags: ReadonlyMap<string, string>) => Promise<void>;
  /** Candidates that are held, by name (`startup`, `Plugin-x`) → commit: `refs/held/NAME`. Runs no process. */
  readonly held: () => Promise<Map<string, string>>;
  /** Names of those whose ref is a file of its own, as it is until git packs it. Reads one folder. */
  readonly looseHeld: () => Promise<string[]>;
  /** Commits a candidate on top of `parent` and lets `refs/held/NAME` lead to it; `main` stays where it is. */
  readonly hold: (name: string, input: HoldInput, signal?: AbortSignal) => Promise<Revision>;
  /** Deletes refs of candidates; those that are not there are no matter. */
  readonly release: (names: readonly string[]) => Promise<void>;
  /**
   * Makes the visible files those of `commit`, which must be HEAD; `at` names the folder for strays. What is among
   * `contents`, by path, is not read from git again.
   */
  readonly project: (
    commit: string,
    at: Instant,
    contents?: ReadonlyMap<string, Uint8Array>,
  ) => Promise<Projection>;
  readonly recover: (options?: RecoverOptions) => Promise<Result<Recovery, RecoverFailure>>;
  readonly housekeep: () => Promise<Housekeeping>;
  /** What `git fsck` finds wrong; empty where all is well. Reads everything. */
  readonly check: () => Promise<string[]>;
}

export type HoldInput = Omit<CommitInput, 'parent' | 'tags'> & { readonly parent: string };

export function storeOf(context: GitContext, lineage: string, known?: KnownCommits): Store {
  const history = historyOf(context, known);
  const committer = { name: 'routerd', email: `routerd@${lineage}` };
  return {
    path: context.workTree,
    lineage,
    committer,
    head: () => readRef(context, branch),
    readTree: async commit => {
      const { files } = await history.facts(commit);
      const visible = context.cache === 'read' && commit === (await readRef(context, branch));
      return visible ? readHeadFiles(context, files) : readFiles(context, files);
    },
    readFile: async (commit, path) => {
      assertObjectId(commit);
      if (treePathProblem(path) !== undefined) return undefined;
      const [object] = await readObjects(context, [`${commit}:${path}`]);
      return object?.type === 'blob' ? object.bytes : undefined;
    },
    commits: async (options = {}) => {
      if (options.from === undefined && (await readRef(context, branch)) === null) return [];
      return listCommits(context, options);
    },
    ancestry: (from, to) => ancestryOf(context, from, to),
    tags: async folder => {
      const refs = await listRefs(context, `refs/tags/${folder}`);
      return new Map([...refs].map(([name, id]) => [name.slice('refs/tags/'.length), id]));
    },
    tagsMark: folder => refsMark(context, `refs/tags/${folder}`),
    commit: (input, signal) =>
      commitFiles({ context, history, committer, ...(signal === undefined ? {} : { signal }) }, input),
    tag: tags =>
      updateRefs(
        context,
        [...tags].map(([name, to]) => {
          if (!isTagName(name)) throw new Error(`cannot make the tag ${JSON.stringify(name)}`);
          return { name: `refs/tags/${name}`, to };
        }),
      ),
    held: () => listHeld(context),
    looseHeld: () => listLooseHeld(context),
    hold: async (name, input, signal) => {
      const ref = heldRefName(name);
      const tools = { context, history, committer, ...(signal === undefined ? {} : { signal }) };
      const revision = await writeDetached(tools, input);
      await updateRefs(context, [{ name: ref, to: revision.commit }]);
      return revision;
    },
    release: async names => {
      const there = await listHeld(context);
      const gone = names.filter(name => there.has(name));
      await updateRefs(
        context,
        gone.map(name => ({ name: heldRefName(name), to: null })),
      );
    },
    project: (commit, at, contents = new Map()) =>
      projectCommit(context, history, { commit, stamp: formatTime(at), contents }),
    recover: (options = {}) => recoverRepository(context, history, options),
    housekeep: () => housekeep(context),
    check: () => checkObjects(context),
  };
}
