import type { GitContext } from './environment.js';
import { damaged } from './git-error.js';
import { assertObjectId, branch, isObjectId } from './names.js';
import { git } from './run.js';

export interface CommitRecord {
  readonly commit: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: { readonly name: string; readonly email: string };
  /** Committer time in milliseconds since 1970. */
  readonly at: number;
  /** Subject and body as they were committed, without the line feeds at the end. */
  readonly message: string;
}

export interface LogOptions {
  /** Newest commit to show; default `main`. */
  readonly from?: string;
  /** Show nothing that is reachable from this commit. */
  readonly after?: string;
  readonly limit?: number;
  /** Only commits that change this file. */
  readonly path?: string;
}

/** Commits along the first parents, newest first by ancestry, in one process. None where there is no commit yet. */
export async function listCommits(context: GitContext, options: LogOptions): Promise<CommitRecord[]> {
  const { from, after, limit, path } = options;
  for (const id of [from, after]) if (id !== undefined) assertObjectId(id);
  const output = await git(context, {
    args: [
      'rev-list',
      '--first-parent',
      '--no-commit-header',
      '--format=tformat:%H%x00%T%x00%P%x00%an%x00%ae%x00%ct%x00%B%x00',
      ...(limit === undefined ? [] : [`--max-count=${Math.max(0, Math.floor(limit))}`]),
      from ?? branch,
      ...(after === undefined ? [] : [`^${after}`]),
      '--',
      ...(path === undefined ? [] : [path]),
    ],
  });
  const fields = output.split('\0');
  const records: CommitRecord[] = [];
  for (let i = 0; i + 7 < fields.length; i += 7) {
    const [commit = '', tree = '', parents = '', name = '', email = '', seconds = '', body = ''] =
      fields.slice(i, i + 7);
    const id = commit.trimStart(); // the line feed that ended the record before
    if (!isObjectId(id)) throw damaged(context.workTree, 'git rev-list gave no object id');
    records.push({
      commit: id,
      tree,
      parents: parents === '' ? [] : parents.split(' '),
      author: { name, email },
      at: Number(seconds) * 1_000,
      message: body.trimEnd(),
    });
  }
  return records;
}
