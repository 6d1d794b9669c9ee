import { dirname } from 'node:path';
import type { SimpleGitOptions } from 'simple-git';

/** Where git works and how it is called. */
export interface GitContext {
  /** Absolute path of the git program. */
  readonly program: string;
  /** Absolute, real path of the state directory. */
  readonly workTree: string;
  /** `<workTree>/.git`. */
  readonly gitDir: string;
  /** After this long a call is ended, with everything that it started. */
  readonly timeoutMs: number;
  readonly cache: CacheUse;
}

/**
 * What `run/cache/` is for: who only looks reads it, so as to need no git; who writes asks git, which notices what is
 * damaged, and writes it for the others.
 */
export type CacheUse = 'none' | 'read' | 'write';

/**
 * Configuration that wins over every file that git would read, the repository's own included: a person may have put
 * hooks, filters, signing or another line end there, and a machine's commit must depend on none of it.
 *
 * `core.fsync` is the reason for git 2.36: by default git syncs neither loose objects nor refs. This is `all` less the
 * index, because git writes only private ones for us, which are thrown away (`all,-index` would still be `all`).
 */
const pinnedConfig: readonly string[] = [
  'core.fsync=objects,derived-metadata,reference',
  'core.fsyncMethod=fsync',
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.untrackedCache=false',
  'core.splitIndex=false',
  'core.preloadIndex=false',
  'core.sparseCheckout=false',
  'index.sparse=false',
  'index.version=2',
  'index.threads=1',
  'feature.manyFiles=false',
  'feature.experimental=false',
  'core.autocrlf=false',
  'core.safecrlf=false',
  'core.eol=lf',
  'core.attributesFile=/dev/null',
  'core.excludesFile=/dev/null',
  'core.fileMode=true',
  'core.ignoreCase=false',
  'core.precomposeUnicode=false',
  'core.protectNTFS=true',
  'core.protectHFS=true',
  'core.quotePath=false',
  'core.sharedRepository=0600',
  // The history is the log; reflogs of our own would double its size, as they are never packed.
  'core.logAllRefUpdates=false',
  'core.filesRefLockTimeout=2000',
  'core.packedRefsTimeout=2000',
  'commit.gpgSign=false',
  'tag.gpgSign=false',
  'log.showSignature=false',
  'log.mailmap=false',
  'i18n.commitEncoding=UTF-8',
  'i18n.logOutputEncoding=UTF-8',
  'gc.auto=0',
  'maintenance.auto=false',
  'color.ui=false',
  'advice.updateRefs=false',
];

/** The whole environment of a git call; nothing is inherited, so no GIT_* variable, locale or HOME of ours counts. */
export function gitEnvironment(context: GitContext): Record<string, string> {
  return {
    PATH: `${dirname(context.program)}:/usr/local/bin:/usr/bin:/bin`,
    HOME: '/nonexistent',
    LC_ALL: 'C',
    TZ: 'UTC',
    GIT_DIR: context.gitDir,
    GIT_WORK_TREE: context.workTree,
    GIT_CEILING_DIRECTORIES: dirname(context.workTree),
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_LITERAL_PATHSPECS: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: 'none',
  };
}

/** What a single call may add to the environment. */
export const callVariables = [
  'GIT_INDEX_FILE',
  'GIT_AUTHOR_NAME',
  'GIT_AUTHOR_EMAIL',
  'GIT_AUTHOR_DATE',
  'GIT_COMMITTER_NAME',
  'GIT_COMMITTER_EMAIL',
  'GIT_COMMITTER_DATE',
] as const;
export type CallVariable = (typeof callVariables)[number];

/**
 * The options for simple-git. Its guards are opened for exactly the settings that switch hooks and the file monitor
 * off and that point at no configuration; the program is one that we looked up ourselves, so any character may stand in
 * its path.
 */
export function gitOptions(context: GitContext): Partial<SimpleGitOptions> {
  return {
    baseDir: context.workTree,
    binary: context.program,
    config: [...pinnedConfig],
    // With the default the result would be cut off 50 ms after git ended while a child of it still writes.
    completion: { onClose: true, onExit: false },
    allowEnvironment: [
      ...Object.keys(gitEnvironment(context)).filter(key => key.startsWith('GIT_')),
      ...callVariables,
    ],
    unsafe: {
      allowUnsafeHooksPath: true,
      allowUnsafeFsMonitor: true,
      allowUnsafeConfigPaths: true,
      allowUnsafeCustomBinary: true,
    },
  };
}
