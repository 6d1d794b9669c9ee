import { lstatSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fail, ok } from '../../protocol/result.js';
import type { Result } from '../../protocol/result.js';
import { printable } from '../../protocol/text.js';
import { errnoOf } from '../errno.js';
import { isTemporaryName, readRegular } from '../files.js';
import { storing } from '../storage-error.js';
import { checkTrust } from '../trust-walk.js';
import { distrustHint, distrustText } from '../trust.js';
import { parseConfig } from './config-file.js';
import { runFolder } from './names.js';

export type StoreFailureKind =
  | 'missing'
  | 'notDirectory'
  | 'foreign'
  | 'unsupported'
  | 'untrusted'
  | 'gitMissing'
  | 'gitTooOld'
  | 'movedByHand'
  | 'unreadable';

/** Why a state directory cannot be used. `message` is one line that names the path, `hint` says what to do. */
export interface StoreFailure {
  readonly kind: StoreFailureKind;
  readonly path: string;
  readonly message: string;
  readonly hint: string;
}

/** A state directory with a repository of ours, or one where it can be made. */
export type StoreSite =
  | { readonly kind: 'store'; readonly path: string; readonly lineage: string }
  /** Missing, empty, or with the remains of an interrupted creation; `path` is real only where it exists. */
  | { readonly kind: 'vacant'; readonly path: string; readonly remains: readonly string[] };

/** Prefix of the folder in which a repository is made before it gets its name. */
export const unfinishedPrefix = '.git.new-';

const configLimit = 1 << 20;

/** Looks at what is at `dir` and changes nothing. Follows a link that `dir` itself may be. */
export async function lookAtStore(dir: string): Promise<Result<StoreSite, StoreFailure>> {
  const path = await realPathOf(dir);
  if (path === undefined) return ok({ kind: 'vacant', path: dir, remains: [] });
  const names = await namesIn(path);
  if (names === undefined) {
    const hint = 'name a directory that is empty or does not exist yet';
    return failure('notDirectory', path, { message: 'is a file, not a directory', hint });
  }
  const distrust = checkTrust(path);
  if (distrust !== undefined) {
    const message = `is not safe from other users: ${distrustText(distrust)}`;
    return failure('untrusted', path, { message, hint: distrustHint(distrust) });
  }
  if (names.includes('.git')) return lookAtRepository(path);
  const foreign = names.filter(name => name !== runFolder && !isRemain(name));
  if (foreign.length > 0) {
    const message = `holds files but no state of routerd (${foreign.slice(0, 3).map(printable).join(', ')}${foreign.length > 3 ? ', …' : ''})`;
    return failure('foreign', path, {
      message,
      hint: 'name a directory that is empty or does not exist yet',
    });
  }
  return ok({ kind: 'vacant', path, remains: names.filter(isRemain) });
}

async function lookAtRepository(path: string): Promise<Result<StoreSite, StoreFailure>> {
  const gitDir = join(path, '.git');
  if (!(await storing('read', gitDir, () => lstatSync(gitDir))).isDirectory()) {
    return failure('foreign', path, {
      message: 'is a work tree of a repository elsewhere',
      hint: 'name a directory that is empty or does not exist yet',
    });
  }
  const config = await configOf(gitDir);
  const lineage = lineageIn(config);
  if (lineage === undefined) {
    return failure('foreign', path, {
      message: 'is a git repository that routerd did not make: .git/config has no routerd.lineage',
      hint: 'name a directory that is empty or does not exist yet',
    });
  }
  const found = formatOf(config);
  if (found !== undefined) {
    return failure('unsupported', path, {
      message: `is a repository in a format that routerd does not write (${found})`,
      hint: 'undo the change of format, or use a newer routerd',
    });
  }
  return ok({ kind: 'store', path, lineage });
}

export function failure(
  kind: StoreFailureKind,
  path: string,
  words: { readonly message: string; readonly hint: string },
): { readonly ok: false; readonly failure: StoreFailure } {
  return fail({ kind, path, message: `${printable(path)} ${words.message}`, hint: words.hint });
}

function isRemain(name: string): boolean {
  return name.startsWith(unfinishedPrefix) || isTemporaryName(name);
}

export async function realPathOf(dir: string): Promise<string | undefined> {
  return storing('read', dir, () => {
    try {
      return realpathSync(dir);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  });
}

async function namesIn(path: string): Promise<string[] | undefined> {
  return storing('read', path, () => {
    try {
      return readdirSync(path);
    } catch (error) {
      if (errnoOf(error) === 'ENOTDIR') return undefined;
      throw error;
    }
  });
}

async function configOf(gitDir: string): Promise<ReturnType<typeof parseConfig>> {
  return parseConfig((await readConfig(join(gitDir, 'config'))) ?? '');
}

function lineageIn(config: ReturnType<typeof parseConfig>): string | undefined {
  const lineage = config.get('routerd.lineage');
  return lineage !== undefined && /^[0-9a-f]{32}$/.test(lineage) ? lineage : undefined;
}

/** What makes the format of a repository another than git's oldest, the only one that is written and read here. */
function formatOf(config: ReturnType<typeof parseConfig>): string | undefined {
  const version = config.get('core.repositoryformatversion') ?? '0';
  const extension = [...config.keys()].find(key => key.startsWith('extensions.'));
  if (version === '0' && extension === undefined) return undefined;
  return extension ?? `core.repositoryFormatVersion ${printable(version)}`;
}

/** The same for a repository anywhere; undefined where it can be read. */
export async function repositoryFormat(gitDir: string): Promise<string | undefined> {
  return formatOf(await configOf(gitDir));
}

/** The lineage of a repository of ours, wherever it lies; undefined for any other. */
export async function lineageOf(gitDir: string): Promise<string | undefined> {
  return lineageIn(await configOf(gitDir));
}

async function readConfig(path: string): Promise<string | undefined> {
  try {
    return (await readRegular(path, configLimit)).bytes.toString('utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
