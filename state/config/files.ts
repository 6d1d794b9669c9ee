import { readdir, realpath, stat } from 'node:fs/promises';
import type { Dirent } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { byCodePoint } from '../../protocol/order.js';
import type { Problem, Reason } from '../../protocol/problem.js';
import { limits } from '../../protocol/yaml/limits.js';
import { errnoOf } from '../errno.js';
import { readRegular } from '../files.js';
import { codeText, StorageError } from '../storage-error.js';
import type { TrustWalk } from '../trust-walk.js';
import { distrustHint, distrustText } from '../trust.js';
import type { Distrust } from '../trust.js';

/** A file of the operator's, as it was read. */
export interface ConfigFile {
  /** Relative to the config directory, with `/`; absolute for a file outside of it. */
  readonly path: string;
  readonly absolute: string;
  readonly bytes: Uint8Array;
  /** Modification time in milliseconds, and the numeric owner: who changed the configuration last. */
  readonly modifiedMs: number;
  readonly owner: number;
}

/** The files of a config directory by what they are for, each list in byte order of the paths. */
export interface ConfigFiles {
  readonly root: string;
  readonly documents: readonly ConfigFile[];
  readonly manifests: readonly ConfigFile[];
  readonly schemas: readonly ConfigFile[];
  readonly problems: readonly Problem[];
}

export interface ConfigLocation {
  /** A directory, or one file, which is then the whole startup-config. */
  readonly path: string;
  /** Left out where it lies inside the config directory. */
  readonly stateDir: string;
  /** One more place for manifests, each at `<name>/plugin.yaml`; undefined for none. */
  readonly pluginDir?: string;
  /** Schema files besides those in `schemas/`. */
  readonly schemaFiles: readonly string[];
}

const manifestName = 'plugin.yaml';

/** Reads everything that a config directory says, or what keeps it from being read. Never throws for what it finds. */
export async function readConfigFiles(location: ConfigLocation, trust: TrustWalk): Promise<ConfigFiles> {
  const problems: Problem[] = [];
  const nothing = { root: location.path, documents: [], manifests: [], schemas: [], problems };
  let path: string;
  let single: boolean;
  try {
    path = await realpath(location.path);
    single = (await stat(path)).isFile();
  } catch (error) {
    problems.push(missing(location.path, errnoOf(error) ?? 'EIO'));
    return nothing;
  }
  const root = single ? dirname(path) : path;
  const stateDir = await realpath(location.stateDir).catch(() => location.stateDir);
  if (root === stateDir || root.startsWith(stateDir + sep)) {
    problems.push(insideState(location.path, location.stateDir));
    return nothing;
  }

  const walk = new Walk({ root, stateDir, trust, problems });
  const documents = single ? [basename(path)] : await walk.find('', isDocument, 'deep');
  const manifests = await walk.find('plugins', name => name === manifestName, 'folders');
  const schemas = await walk.find('schemas', name => name.endsWith('.json'), 'flat');
  const outside =
    location.pluginDir === undefined ? [] : await pluginDirManifests(location.pluginDir, { trust, problems });
  if (documents.length + manifests.length + schemas.length > limits.files) {
    problems.push(
      problem('TooManyFiles', root, {
        message: `the directory holds more than ${limits.files} files to read`,
      }),
    );
    return { ...nothing, root };
  }
  return {
    root,
    documents: await walk.read(documents),
    manifests: [...(await walk.read(manifests)), ...outside],
    schemas: [
      ...(await walk.read(schemas)),
      ...(await readOutside(location.schemaFiles, { trust, problems })),
    ],
    problems,
  };
}

async function pluginDirManifests(
  dir: string,
  facts: Omit<WalkFacts, 'root' | 'stateDir'>,
): Promise<ConfigFile[]> {
  let root: string;
  try {
    root = await realpath(dir);
  } catch {
    return [];
  }
  const walk = new Walk({ ...facts, root, stateDir: '' });
  const found = await walk.find('', name => name === manifestName, 'folders');
  return (await walk.read(found)).map(file => ({ ...file, path: file.absolute }));
}

async function readOutside(
  paths: readonly string[],
  facts: Omit<WalkFacts, 'root' | 'stateDir'>,
): Promise<ConfigFile[]> {
  const files: ConfigFile[] = [];
  for (const path of paths) {
    const absolute = await realpath(path).catch(() => path);
    const walk = new Walk({ ...facts, root: dirname(absolute), stateDir: '' });
    files.push(...(await walk.read([basename(absolute)])).map(file => ({ ...file, path })));
  }
  return files;
}

interface WalkFacts {
  readonly root: string;
  readonly stateDir: string;
  readonly trust: TrustWalk;
  readonly problems: Problem[];
}

/** `deep`: at any depth, plugin and schema folders left out. `folders`: in each folder one level down. `flat`: here. */
type Reach = 'deep' | 'folders' | 'flat';

class Walk {
  readonly #facts: WalkFacts;
  readonly #warned = new Set<string>();

  constructor(facts: WalkFacts) {
    this.#facts = facts;
  }

  /** Relative paths of the files with a wanted name below `start`, in byte order; a missing `start` holds none. */
  async find(start: string, wanted: (name: string) => boolean, reach: Reach): Promise<string[]> {
    const found: string[] = [];
    const visited = new Set<string>();

    const visit = async (dir: string, depth: number): Promise<void> => {
      const here = await this.#enter(dir, dir === start && start !== '');
      if (here === undefined || visited.has(here.real) || found.length > limits.files) return;
      visited.add(here.real);
      for (const entry of here.entries) {
        const path = dir === '' ? entry.name : `${dir}/${entry.name}`;
        if (isIgnored(entry.name)) continue;
        const kind = await this.#kindOf(path, entry);
        if (kind === 'folder' && mayEnter(path, depth)) await visit(path, depth + 1);
        else if (wanted(entry.name) && (reach !== 'folders' || depth === 1)) {
          if (kind === 'file') found.push(path);
          else if (kind === 'other' || kind === 'folder') {
            this.#report(
              'FileNotRegular',
              path,
              'this is no regular file, though its name says that it is read',
            );
          }
        }
      }
    };

    const mayEnter = (path: string, depth: number): boolean => {
      if (reach === 'flat') return false;
      if (reach === 'folders') return depth === 0;
      return path !== 'schemas' && !/^plugins\/[^/]+$/.test(path);
    };

    await visit(start, 0);
    return found.sort(byCodePoint);
  }

  async read(paths: readonly string[]): Promise<ConfigFile[]> {
    const files: ConfigFile[] = [];
    for (const path of paths) {
      const file = await this.#readOne(path);
      if (file !== undefined) files.push(file);
    }
    return files;
  }

  async #readOne(path: string): Promise<ConfigFile | undefined> {
    const absolute = join(this.#facts.root, path);
    try {
      for (const distrust of await this.#facts.trust.find(absolute)) {
        if (!this.#accept(distrust)) return undefined;
      }
      const { bytes, stats } = await readRegular(await realpath(absolute), limits.fileBytes);
      return { path, absolute, bytes, modifiedMs: stats.mtimeMs, owner: stats.uid };
    } catch (error) {
      const code = error instanceof StorageError ? error.code : errnoOf(error);
      if (code === undefined) throw error;
      const reason =
        code === 'EFBIG' ? 'FileTooLarge' : code === 'ENOTREG' ? 'FileNotRegular' : 'FileUnreadable';
      const limit = code === 'EFBIG' ? ` (more than ${limits.fileBytes / 1024 / 1024} MiB)` : '';
      this.#report(reason, path, `the file cannot be read: ${codeText(code, absolute)}${limit}`);
      return undefined;
    }
  }

  /** Group-writable is a warning, once a path; anything worse refuses the file. */
  #accept(distrust: Distrust): boolean {
    const accepted = distrust.rule === 'group-writable';
    if (this.#warned.has(distrust.path)) return accepted;
    this.#warned.add(distrust.path);
    const shown = relative(this.#facts.root, distrust.path);
    this.#facts.problems.push({
      reason: accepted ? 'GroupWritable' : 'UnsafePermissions',
      severity: accepted ? 'warning' : 'error',
      message: `${distrustText(distrust)}${accepted ? '' : ': what others can replace is not read'}`,
      hint: distrustHint(distrust),
      place: { file: shown === '' || shown.startsWith('..') ? distrust.path : shown },
    });
    return accepted;
  }

  async #enter(dir: string, optional: boolean): Promise<{ real: string; entries: Dirent[] } | undefined> {
    const absolute = join(this.#facts.root, dir);
    try {
      const real = await realpath(absolute);
      if (real === this.#facts.stateDir) return undefined;
      const entries = await readdir(real, { withFileTypes: true });
      return { real, entries: entries.sort((a, b) => byCodePoint(a.name, b.name)) };
    } catch (error) {
      const code = errnoOf(error) ?? 'EIO';
      if (!(optional && (code === 'ENOENT' || code === 'ENOTDIR'))) {
        this.#report(
          'FileUnreadable',
          dir === '' ? '.' : dir,
          `the folder cannot be read: ${codeText(code, absolute)}`,
        );
      }
      return undefined;
    }
  }

  /** What an entry is after following links; a link out of the directory is reported and counts as nothing. */
  async #kindOf(path: string, entry: Dirent): Promise<'file' | 'folder' | 'other' | 'nothing'> {
    if (entry.isFile()) return 'file';
    if (entry.isDirectory()) return 'folder';
    if (!entry.isSymbolicLink()) return 'other';
    const { root } = this.#facts;
    try {
      const real = await realpath(join(root, path));
      if (real !== root && !real.startsWith(root + sep)) {
        this.#report(
          'LinkOutside',
          path,
          'the link leads out of the config directory: copy what it points to',
        );
        return 'nothing';
      }
      const stats = await stat(real);
      return stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other';
    } catch (error) {
      this.#report(
        'FileUnreadable',
        path,
        `the link leads nowhere: ${codeText(errnoOf(error) ?? 'EIO', path)}`,
      );
      return 'nothing';
    }
  }

  #report(reason: Reason, path: string, message: string): void {
    this.#facts.problems.push(problem(reason, path, { message }));
  }
}

function isDocument(name: string): boolean {
  return name.endsWith('.yaml') || name.endsWith('.yml');
}

/** Dot files, and what editors leave behind: backups, lock links, swap files, vim's probe. */
function isIgnored(name: string): boolean {
  return name.startsWith('.') || name.endsWith('~') || name.endsWith('.swp') || name === '4913';
}

interface Words {
  readonly message: string;
  readonly hint?: string;
}

function problem(reason: Reason, file: string, words: Words): Problem {
  return { reason, severity: 'error', ...words, place: { file } };
}

/** One line that names the path, the option and the variable: whoever typed no path at all reads it first. */
function missing(path: string, code: string): Problem {
  return problem('ConfigMissing', path, {
    message: `the config directory cannot be read (${codeText(code, path)}): name it with --config PATH or ROUTERD_CONFIG`,
  });
}

function insideState(path: string, stateDir: string): Problem {
  return problem('StateInsideConfig', path, {
    message: `the config directory is, or lies inside, the state directory ${stateDir}`,
    hint: 'keep them apart: routerd alone writes to the state directory',
  });
}
