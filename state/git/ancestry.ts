import type { GitContext } from './environment.js';
import { GitError, damaged } from './git-error.js';
import { assertObjectId, isObjectId } from './names.js';
import { readObjects } from './objects.js';
import type { Person } from './person.js';
import { git } from './run.js';

/** How two commits are related. */
export interface Ancestry {
  /** Whether `to` is `from` or comes after it. */
  readonly follows: boolean;
  /** What `to` has and `from` has not, newest first, merged branches included. */
  readonly added: readonly { readonly commit: string; readonly committer: Person }[];
}

/** How `to` is related to `from`, with one process; undefined where `from` is not in the repository. */
export async function ancestryOf(
  context: GitContext,
  from: string,
  to: string,
): Promise<Ancestry | undefined> {
  for (const id of [from, to]) assertObjectId(id);
  const format = '--format=tformat:%m%x00%H%x00%cn%x00%ce%x00';
  let output: string;
  try {
    output = await git(context, {
      args: ['rev-list', '--left-right', '--no-commit-header', format, `${from}...${to}`, '--'],
    });
  } catch (error) {
    if (!(error instanceof GitError) || error.code !== 'EGIT') throw error;
    const [object] = await readObjects(context, [from]);
    if (object === undefined) return undefined;
    throw error;
  }
  const fields = output.split('\0');
  const sides: { side: string; commit: string; committer: Person }[] = [];
  for (let i = 0; i + 4 < fields.length; i += 4) {
    const [side = '', commit = '', name = '', email = ''] = fields.slice(i, i + 4);
    if (!isObjectId(commit)) throw damaged(context.workTree, 'git rev-list gave no object id');
    sides.push({ side: side.trimStart(), commit, committer: { name, email } });
  }
  return {
    follows: !sides.some(({ side }) => side === '<'),
    added: sides.filter(({ side }) => side === '>').map(({ commit, committer }) => ({ commit, committer })),
  };
}
