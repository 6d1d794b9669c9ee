import { expect } from 'chai';
import { stat } from 'node:fs/promises';
import { parse } from 'yaml';
import { sha256 } from '../../protocol/digest.js';
import { createChecker } from '../../protocol/schema/checker.js';
import { problemOf } from '../../protocol/problem.js';
import { decodeHead } from '../../reconciler/head.js';
import { merge } from '../../render/merge.js';
import { printRouter } from '../../render/router-yaml.js';
import { userGit } from './store.js';

/** One commit of a state repository, as plain git shows it. */
export interface Commit {
  readonly id: string;
  readonly subject: string;
  readonly author: string;
  readonly trailers: ReadonlyMap<string, readonly string[]>;
  /** Text by path. */
  readonly files: ReadonlyMap<string, string>;
}

/** The history of a state repository, oldest first; with `limit` the newest so many commits of it. */
export function history(dir: string, limit?: number): Commit[] {
  const format = '%H%x1f%s%x1f%an%x1f%(trailers:only,unfold,separator=%x1e)%x1d';
  const newest = limit === undefined ? [] : [`-${limit}`];
  const log = userGit(dir, 'log', '--reverse', ...newest, `--format=${format}`);
  return log
    .split('\u001d')
    .map(entry => entry.trim())
    .filter(entry => entry !== '')
    .map(entry => {
      const [id = '', subject = '', author = '', trailers = ''] = entry.split('\u001f');
      return { id, subject, author, trailers: trailersOf(trailers), files: filesOf(dir, id) };
    });
}

function trailersOf(text: string): Map<string, string[]> {
  const trailers = new Map<string, string[]>();
  for (const line of text.split('\u001e').filter(line => line !== '')) {
    const [key = '', ...value] = line.split(': ');
    trailers.set(key, [...(trailers.get(key) ?? []), value.join(': ')]);
  }
  return trailers;
}

function filesOf(dir: string, commit: string): Map<string, string> {
  const entries = userGit(dir, 'ls-tree', '-r', '-z', '--format=%(objectsize) %(path)', commit)
    .split('\0')
    .filter(entry => entry !== '')
    .map(entry => ({ size: Number(entry.split(' ', 1)[0]), path: entry.slice(entry.indexOf(' ') + 1) }));
  // One call shows all of them, one behind the other.
  const bytes = Buffer.from(userGit(dir, 'show', ...entries.map(({ path }) => `${commit}:${path}`)));
  let at = 0;
  return new Map(
    entries.map(({ path, size }) => [path, bytes.subarray(at, (at += size)).toString('utf8')] as const),
  );
}

/** What holds for every state directory after every command, whatever happened before. Returns its history. */
export async function checkState(dir: string): Promise<Commit[]> {
  expect((await stat(dir)).mode & 0o7777, 'mode of the state directory').to.equal(0o700);
  expect(userGit(dir, 'fsck', '--full', '--strict', '--no-dangling'), 'git fsck').to.equal('');
  checkClean(dir);
  expect(userGit(dir, 'symbolic-ref', 'HEAD').trim()).to.equal('refs/heads/main');
  const commits = history(dir);
  const generations = commits.filter(({ trailers }) => trailers.has('Generation'));
  expect(
    generations.map(({ trailers }) => trailers.get('Generation')),
    'generations are numbered from 1, without a gap',
  ).to.deep.equal(generations.map((_, i) => [`${i + 1}`]));
  const tags = userGit(dir, 'for-each-ref', '--format=%(refname:short) %(objectname)', 'refs/tags');
  expect(
    tags
      .split('\n')
      .filter(line => line !== '')
      .sort(),
    'tags',
  ).to.deep.equal(generations.map(({ id }, i) => `gen/${i + 1} ${id}`).sort());
  commits.forEach((commit, i) => {
    checkCommit(commit, commits[i - 1]);
  });
  return commits;
}

/**
 * The part of `checkState` whose cost does not grow with the history, for campaigns of hundreds of faults: HEAD is
 * `main`, its commit replays to itself. Returns HEAD's commit.
 */
export function checkHead(dir: string): Commit {
  expect(userGit(dir, 'symbolic-ref', 'HEAD').trim()).to.equal('refs/heads/main');
  const [before, head] = history(dir, 2);
  const newest = head ?? before;
  if (newest === undefined) throw new Error(`${dir} holds no commit`);
  checkCommit(newest, head === undefined ? undefined : before);
  return newest;
}

/** The visible files are those of HEAD: so it is after every pass, not after a kill. */
export function checkClean(dir: string): void {
  expect(userGit(dir, 'status', '--porcelain'), 'git status').to.equal('');
}

function checkCommit(commit: Commit, before: Commit | undefined): void {
  const { files, trailers, id } = commit;
  const text = (path: string): string => {
    const found = files.get(path);
    if (found === undefined) throw new Error(`${id} holds no ${path}`);
    return found;
  };
  for (const [path, content] of files) {
    // Whoever reads it, with YAML 1.1 or 1.2, gets the same.
    expect(parse(content, { version: '1.1' }), `${path} of ${id}`).to.deep.equal(parse(content));
  }
  const effective = text('effective-config.yaml');
  expect(trailers.get('Effective-Config-Hash'), id).to.deep.equal([sha256(effective)]);
  expect(trailers.get('Startup-Config-Hash'), id).to.deep.equal([sha256(text('startup-config.yaml'))]);
  expect(trailers.has('Trigger'), `${id} says why`).to.equal(true);
  expect(
    trailers.has('Generation'),
    `${id} is a generation exactly if the effective-config changed`,
  ).to.equal(before?.files.get('effective-config.yaml') !== effective);
  expect(replay(commit), `${id} merged again from its own files`).to.equal(effective);
}

/** Merges a commit's own files anew, without plugins. Extra schemas are not in the repository. */
function replay({ id, files }: Commit): string {
  const bytes = new Map([...files].map(([path, text]) => [path, Buffer.from(text)]));
  const head = decodeHead({ commit: id, files: bytes }, []);
  const startup = head?.startup();
  if (head?.record === undefined || startup === undefined) throw new Error(`${id} cannot be read`);
  const leases = new Map(head.record.parts.map(part => [part.source, part]));
  const checker = createChecker();
  const outcome = merge(
    {
      startup,
      parts: head.parts.map(part => ({ ...part, ...leaseOf(leases.get(part.source)) })),
      validate: ({ added }) =>
        added
          .flatMap(resource => checker.checkResource(resource))
          .filter(({ severity }) => severity === 'error')
          .map(problemOf),
    },
    head.record.mergedAt,
  );
  return printRouter(outcome.effective);
}

function leaseOf(lease: { observedAt: number; expiresAt: number } | undefined): object {
  return lease === undefined ? {} : { observedAt: lease.observedAt, expiresAt: lease.expiresAt };
}
