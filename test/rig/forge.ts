import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { searchPath } from './store.js';

/** A file of one commit in a history that is written anew: what it is to hold, or undefined for what it holds. */
export interface Forgery {
  /** Counts the commits from 0, the oldest. */
  readonly index: number;
  readonly path: string;
  readonly text: string;
}

export interface ForgedMessage {
  readonly index: number;
  readonly message: string;
}

/**
 * Writes the history of a repository anew, as somebody would who wants to hide a change: blobs, trees and commits are
 * rebuilt, authors, times and messages stay, main and the tags of generations follow. Gives the new commits, oldest first.
 */
export function forgeHistory(
  dir: string,
  forgery: (file: Forgery) => string | undefined,
  reword: (commit: ForgedMessage) => string | undefined = () => undefined,
): string[] {
  const git = (args: readonly string[], input = '', env: Record<string, string> = {}): string =>
    execFileSync('git', ['-C', dir, ...args], {
      input,
      encoding: 'utf8',
      env: {
        PATH: searchPath,
        HOME: '/nonexistent',
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_INDEX_FILE: join(dir, '.git/forged-index'),
        ...env,
      },
    });
  const forged = new Map<string, string>();
  let parent: string[] = [];
  for (const [index, commit] of git(['rev-list', '--reverse', 'main']).trim().split('\n').entries()) {
    git(['read-tree', commit]);
    for (const path of git(['ls-tree', '-r', '--name-only', commit]).trim().split('\n')) {
      const text = forgery({ index, path, text: git(['cat-file', 'blob', `${commit}:${path}`]) });
      if (text === undefined) continue;
      const blob = git(['hash-object', '-w', '--stdin'], text).trim();
      git(['update-index', '--cacheinfo', `100644,${blob},${path}`]);
    }
    const [name = '', email = '', at = '', cname = '', cemail = '', cat = ''] = git([
      'show',
      '-s',
      '--format=%an%n%ae%n%ad%n%cn%n%ce%n%cd',
      '--date=raw',
      commit,
    ]).split('\n');
    const old = git(['cat-file', 'commit', commit]).split('\n\n').slice(1).join('\n\n');
    const made = git(
      ['commit-tree', git(['write-tree']).trim(), ...parent],
      reword({ index, message: old }) ?? old,
      {
        GIT_AUTHOR_NAME: name,
        GIT_AUTHOR_EMAIL: email,
        GIT_AUTHOR_DATE: at,
        GIT_COMMITTER_NAME: cname,
        GIT_COMMITTER_EMAIL: cemail,
        GIT_COMMITTER_DATE: cat,
      },
    ).trim();
    forged.set(commit, made);
    parent = ['-p', made];
  }
  for (const line of git(['for-each-ref', '--format=%(refname) %(objectname)']).trim().split('\n')) {
    const [ref = '', old = ''] = line.split(' ');
    const to = forged.get(old);
    if (to !== undefined) git(['update-ref', ref, to]);
  }
  return [...forged.values()];
}
