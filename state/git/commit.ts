import { fail, ok } from '../../protocol/result.js';
import type { Result } from '../../protocol/result.js';
import type { Instant } from '../../protocol/time.js';
import type { GitContext } from './environment.js';
import { damaged } from './git-error.js';
import type { CommitFacts, History } from './history.js';
import { personProblem } from './person.js';
import type { Person } from './person.js';
import { branch, isObjectId, treeProblem } from './names.js';
import { blobId, objectId, syncObjectFolders, layOutBlobs, writeBlobs } from './objects.js';
import { readRef, syncRefFolders, updateRefs } from './refs.js';
import type { RefChange } from './refs.js';
import { writeHeadCache } from './head-cache.js';
import { git } from './run.js';
import { withScratch } from './scratch.js';
import { sameListing, writeTree } from './tree.js';

export interface Revision {
  /** 40 hex digits. */
  readonly commit: string;
}

export interface CommitInput {
  /** The commit that HEAD must be at; null for the first. */
  readonly parent: string | null;
  /** The complete intended tree: path → content. Text is written as UTF-8. */
  readonly files: ReadonlyMap<string, string | Uint8Array>;
  /** UTF-8 without NUL; taken as it is. */
  readonly message: string;
  readonly author: Person;
  /** Both dates of the commit, in whole seconds; never before the parent's. */
  readonly at: Instant;
  /** Tags such as `gen/45`, set in the same transaction; one that exists is moved. */
  readonly tags?: readonly string[];
}

/** `moved`: HEAD is not at `parent`; nothing was changed. `unchanged`: the parent holds exactly these files. */
export type CommitFailure =
  { readonly kind: 'moved'; readonly head: string | null } | { readonly kind: 'unchanged' };

export interface CommitTools {
  readonly context: GitContext;
  readonly history: History;
  readonly committer: Person;
  /** Aborted when the lock was lost; looked at before each step. */
  readonly signal?: AbortSignal;
}

/**
 * Commits `files` on `main`. Once it resolves with a revision, that is on disk, with all that it needs. Until the last
 * step nothing is visible; when that step fails without a clear answer the ref is read again, because git may have
 * finished it. Rejects with StorageError where git or the disk fails, and with Error on input that no caller may give.
 */
export async function commitFiles(
  tools: CommitTools,
  input: CommitInput,
): Promise<Result<Revision, CommitFailure>> {
  checkInput(input);
  const { context, history } = tools;
  const head = await readRef(context, branch);
  if (head !== input.parent) return fail({ kind: 'moved', head });
  const parent = input.parent === null ? undefined : await history.facts(input.parent);
  const contents = bytesOf(input.files);
  const files = new Map([...contents].map(([path, content]) => [path, blobId(content)]));
  if (parent !== undefined && sameListing(parent.files, files)) return fail({ kind: 'unchanged' });

  return withScratch(context, async scratch => {
    const { commit, root, seconds } = await writeObjects(tools, input, { scratch, contents, files, parent });
    const moved = await publish(context, input, commit);
    if (moved !== undefined) return fail(moved);
    history.learn(commit, { files, others: [], seconds });
    const object = commitText(tools, input, { root, seconds });
    if (objectId('commit', Buffer.from(object)) === commit) await writeHeadCache(context, object, files);
    return ok({ commit });
  });
}

/** Makes the commit of `input` on top of its parent without moving `main`; nothing leads to it yet. On disk when it resolves. */
export async function writeDetached(
  tools: CommitTools,
  input: Omit<CommitInput, 'parent' | 'tags'> & { readonly parent: string },
): Promise<Revision> {
  checkInput(input);
  const parent = await tools.history.facts(input.parent);
  const contents = bytesOf(input.files);
  const files = new Map([...contents].map(([path, content]) => [path, blobId(content)]));
  return withScratch(tools.context, async scratch => {
    const { commit } = await writeObjects(tools, input, { scratch, contents, files, parent });
    return { commit };
  });
}

interface ObjectFacts {
  readonly scratch: string;
  readonly contents: ReadonlyMap<string, Uint8Array>;
  /** Blob ids by path. */
  readonly files: ReadonlyMap<string, string>;
  readonly parent: CommitFacts | undefined;
}

/** Writes all objects of a commit; they are on disk when it resolves, and nothing leads to them. */
async function writeObjects(
  tools: CommitTools,
  input: CommitInput,
  { scratch, contents, files, parent }: ObjectFacts,
): Promise<{ readonly commit: string; readonly root: string; readonly seconds: number }> {
  const { context } = tools;
  tools.signal?.throwIfAborted();
  const fresh = newBlobs(contents, files, parent);
  const laidOut = await layOutBlobs(context, scratch, fresh);
  tools.signal?.throwIfAborted();
  const seconds = Math.max(0, Math.floor(input.at / 1_000), parent?.seconds ?? 0);
  const writeRest = async () => {
    const tree = await writeTree(context, files);
    tools.signal?.throwIfAborted();
    return { tree, commit: await writeCommit(tools, input, { root: tree.root, seconds }) };
  };
  // Side by side, as the ids are known. Whatever becomes of one, no git may be at work when the lock is given back.
  const [, { tree, commit }] = await bothEnded(writeBlobs(context, laidOut), writeRest());
  await syncObjectFolders(context, [...fresh.keys(), ...tree.trees, tree.root, commit]);
  tools.signal?.throwIfAborted();
  return { commit, root: tree.root, seconds };
}

/** What two promises resolve with, once both are settled; rejects with the error of the first that has one. */
async function bothEnded<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return [await a, await b];
}

function bytesOf(files: CommitInput['files']): Map<string, Uint8Array> {
  return new Map(
    [...files].map(([path, content]) => [path, typeof content === 'string' ? Buffer.from(content) : content]),
  );
}

/** Blobs that the parent does not hold, by id. */
function newBlobs(
  contents: ReadonlyMap<string, Uint8Array>,
  files: ReadonlyMap<string, string>,
  parent: CommitFacts | undefined,
): Map<string, Uint8Array> {
  const known = new Set(parent?.files.values());
  const fresh = new Map<string, Uint8Array>();
  for (const [path, content] of contents) {
    const id = files.get(path) ?? '';
    if (!known.has(id)) fresh.set(id, content);
  }
  return fresh;
}

async function writeCommit(
  tools: CommitTools,
  input: CommitInput,
  facts: { readonly root: string; readonly seconds: number },
): Promise<string> {
  const date = `@${facts.seconds} +0000`;
  const commit = await git(tools.context, {
    args: ['commit-tree', facts.root, ...(input.parent === null ? [] : ['-p', input.parent]), '-F', '-'],
    stdin: input.message,
    env: {
      GIT_AUTHOR_NAME: input.author.name,
      GIT_AUTHOR_EMAIL: input.author.email,
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_NAME: tools.committer.name,
      GIT_COMMITTER_EMAIL: tools.committer.email,
      GIT_COMMITTER_DATE: date,
    },
  });
  const id = commit.trimEnd();
  if (!isObjectId(id)) throw damaged(tools.context.workTree, 'git commit-tree printed no object id');
  return id;
}

/** The commit as git writes it (gitformat-commit: headers, a blank line, the message). */
function commitText(
  { committer }: CommitTools,
  { parent, author, message }: CommitInput,
  { root, seconds }: { readonly root: string; readonly seconds: number },
): string {
  const signed = ({ name, email }: Person) => `${name} <${email}> ${seconds} +0000`;
  return [
    `tree ${root}`,
    ...(parent === null ? [] : [`parent ${parent}`]),
    `author ${signed(author)}`,
    `committer ${signed(committer)}`,
    '',
    message.endsWith('\n') ? message : `${message}\n`,
  ].join('\n');
}

/** The compare-and-swap. The branch is the first of the changes: its tags are made from the commits if they get lost. */
async function publish(
  context: GitContext,
  input: CommitInput,
  commit: string,
): Promise<CommitFailure | undefined> {
  const tags = (input.tags ?? []).map(tag => ({ name: `refs/tags/${tag}`, to: commit }));
  try {
    await updateRefs(context, [{ name: branch, to: commit, old: input.parent }, ...tags]);
    return undefined;
  } catch (error) {
    const head = await readRef(context, branch);
    if (head === input.parent) throw error;
    if (head !== commit) return { kind: 'moved', head };
    // git did it and was ended before it could say so: what it had not come to is done now.
    const missing: RefChange[] = [];
    for (const tag of tags) if ((await readRef(context, tag.name)) !== commit) missing.push(tag);
    await updateRefs(context, missing);
    await syncRefFolders(context, [branch, ...tags.map(tag => tag.name)]);
    return undefined;
  }
}

function checkInput(input: CommitInput): void {
  const bad = treeProblem(input.files.keys());
  if (bad !== undefined) throw new Error(`cannot commit ${JSON.stringify(bad.path)}: ${bad.reason}`);
  for (const text of [input.message, ...input.files.values()]) {
    if (typeof text === 'string' && /\p{Surrogate}/u.test(text))
      throw new Error('cannot commit text that is no Unicode');
  }
  if (input.message.trim() === '' || input.message.includes('\0')) {
    throw new Error('cannot commit with a message that is empty or holds NUL');
  }
  if (!Number.isFinite(input.at)) throw new Error('cannot commit without a time');
  const who = personProblem(input.author);
  if (who !== undefined) throw new Error(`cannot commit as ${JSON.stringify(input.author.name)}: ${who}`);
  const tag = input.tags?.find(name => !isTagName(name));
  if (tag !== undefined) throw new Error(`cannot make the tag ${JSON.stringify(tag)}`);
}

/** A narrow part of what git allows (git-check-ref-format(1)). */
export function isTagName(name: string): boolean {
  return /^[a-z0-9]+(?:[/-][a-z0-9]+)*$/.test(name);
}
