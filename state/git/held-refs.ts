import type { GitContext } from './environment.js';
import { listRefs, looseNames } from './refs.js';

/** Below `refs/`, so that `git diff main held/startup` finds it (gitrevisions(7)); no branch, which a person could commit on. */
const folder = 'refs/held';

/** The ref of a candidate that is held. Throws on a name that no candidate has. */
export function heldRefName(name: string): string {
  if (!/^(?:startup|Plugin-[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)$/.test(name)) {
    throw new Error(`cannot hold a candidate as ${JSON.stringify(name)}`);
  }
  return `${folder}/${name}`;
}

/** Short names of the candidates that are held, each with its commit. */
export async function listHeld(context: GitContext): Promise<Map<string, string>> {
  const refs = await listRefs(context, folder);
  return new Map([...refs].map(([name, id]) => [name.slice(folder.length + 1), id]));
}

/** Short names of the candidates whose ref is a file. */
export async function listLooseHeld(context: GitContext): Promise<string[]> {
  return (await looseNames(context, folder)).map(name => name.slice(folder.length + 1));
}
