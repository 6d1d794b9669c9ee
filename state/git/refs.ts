import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf } from '../errno.js';
import { fsyncDir, listFolder, readRegular } from '../files.js';
import { storing } from '../storage-error.js';
import type { GitContext } from './environment.js';
import { damaged } from './git-error.js';
import { assertObjectId, isObjectId, zeroId } from './names.js';
import { git } from './run.js';

/** Largest packed-refs that is read: some 10 million refs. */
const packedLimit = 1 << 30;

/**
 * What a ref points to, read from the files of git's `files` back-end (gitrepository-layout(5)) without a process; null
 * where there is no such ref. A loose ref wins over a packed one. Packing moves a ref from one to the other, so a ref
 * that is in neither is looked for once more.
 */
export async function readRef(context: GitContext, name: string): Promise<string | null> {
  for (let attempt = 0; attempt < 2; attempt++) {
    const id = (await readLoose(context, name)) ?? (await readPacked(context)).get(name);
    if (id !== undefined) return id;
  }
  return null;
}

/** The symbolic ref in HEAD (`refs/heads/main`), or the id of a detached one. */
export async function readHead(context: GitContext): Promise<string> {
  const text = await readSmall(join(context.gitDir, 'HEAD'));
  if (text === undefined) throw damaged(context.workTree, '.git/HEAD is missing');
  const target = text.startsWith('ref: ') ? text.slice(5).trim() : text.trim();
  if (target === '') throw damaged(context.workTree, '.git/HEAD is empty');
  return target;
}

/** All refs under a folder such as `refs/tags/gen`, without a process: full name → id. */
export async function listRefs(context: GitContext, folder: string): Promise<Map<string, string>> {
  const prefix = `${folder}/`;
  const loose = await looseNames(context, folder);
  const refs = new Map([...(await readPacked(context))].filter(([name]) => name.startsWith(prefix)));
  for (const name of loose) {
    const id = await readLoose(context, name);
    if (id !== undefined) refs.set(name, id);
  }
  return refs;
}

/**
 * Changes when a ref under a folder is made or deleted: what the file system says about the folder and the packed refs.
 * To find out by that whether twenty thousand refs are all there costs as much as for two.
 */
export async function refsMark(context: GitContext, folder: string): Promise<string> {
  const marks = await Promise.all(
    ['packed-refs', folder].map(async name => {
      const path = join(context.gitDir, name);
      return storing('look at', path, async () => {
        try {
          const { ino, size, mtimeNs } = await stat(path, { bigint: true });
          return `${ino} ${size} ${mtimeNs}`;
        } catch (error) {
          if (errnoOf(error) === 'ENOENT') return 'none';
          throw error;
        }
      });
    }),
  );
  return marks.join(', ');
}

/** Names of the loose refs under a folder. */
export async function looseNames(context: GitContext, folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await listFolder(join(context.gitDir, folder))) {
    const name = `${folder}/${entry.name}`;
    if (entry.isDirectory()) names.push(...(await looseNames(context, name)));
    else if (!entry.name.endsWith('.lock')) names.push(name);
  }
  return names;
}

/** A change of one ref; to null deletes it. With `old` it happens only if the ref points there; null means that it must not exist. */
export interface RefChange {
  readonly name: string;
  readonly to: string | null;
  readonly old?: string | null;
}

/**
 * Makes all changes or none, and resolves when they are on disk. A kill in the middle of git's last step can leave the
 * later ones undone, so the one that matters comes first. Rejects with GitError, also where an `old` is no longer true.
 */
export async function updateRefs(context: GitContext, changes: readonly RefChange[]): Promise<void> {
  if (changes.length === 0) return;
  const lines = changes.map(({ name, to, old }) => {
    const from = old === undefined ? '' : ` ${old ?? zeroId}`;
    if (to === null) return `delete ${name}${from}`;
    assertObjectId(to);
    return `update ${name} ${to}${from}`;
  });
  const answer = await git(context, {
    args: ['update-ref', '--no-deref', '--stdin'],
    stdin: ['start', ...lines, 'prepare', 'commit', ''].join('\n'),
  });
  if (!answer.endsWith('commit: ok\n')) throw damaged(context.workTree, 'git update-ref confirmed nothing');
  await syncRefFolders(
    context,
    changes.map(change => change.name),
  );
}

/** Makes the names of refs durable: git syncs the file of a ref, never the folder that it stands in. */
export async function syncRefFolders(context: GitContext, names: readonly string[]): Promise<void> {
  const folders = new Set<string>();
  for (const name of names) {
    for (let at = dirname(name); at !== '.'; at = dirname(at)) folders.add(at);
  }
  for (const folder of folders) await fsyncDir(join(context.gitDir, folder));
}

async function readLoose(context: GitContext, name: string): Promise<string | undefined> {
  const text = await readSmall(join(context.gitDir, name));
  if (text === undefined) return undefined;
  const id = text.trim();
  if (!isObjectId(id)) throw damaged(context.workTree, `.git/${name} holds no object id`);
  return id;
}

async function readPacked(context: GitContext): Promise<Map<string, string>> {
  const text = (await readSmall(join(context.gitDir, 'packed-refs'), packedLimit)) ?? '';
  const refs = new Map<string, string>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#') || line.startsWith('^')) continue;
    const [id, name] = [line.slice(0, 40), line.slice(41)];
    if (!isObjectId(id) || name === '') throw damaged(context.workTree, '.git/packed-refs does not parse');
    refs.set(name, id);
  }
  return refs;
}

/** Undefined where there is no file; a folder of that name is no ref either. */
async function readSmall(path: string, limit = 4_096): Promise<string | undefined> {
  try {
    return (await readRegular(path, limit)).bytes.toString('utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ENOTREG'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}
