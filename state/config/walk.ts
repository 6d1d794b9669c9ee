import { realpathSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import type { Dirent } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { isIgnoredName } from '../../protocol/names.js';
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

export interface WalkFacts {
  /** The folder that paths are relative to. */
  readonly root: string;
  /** Whether it is not the config directory: then problems name whole paths. */
  readonly outside: boolean;
  readonly stateDir: string;
  readonly trust: TrustWalk;
  readonly problems: Problem[];
}

/** `deep`: at any depth, plugin and schema folders left out. `folders`: in each folder one level down. `flat`: here. */
type Reach = 'deep' | 'folders' | 'flat';

/** Finds and reads files below one folder; what stands in the way goes to `problems`, and the rest goes on. */
export class Walk {
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
        if (isIgnoredName(entry.name)) continue;
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
      for (const distrust of this.#facts.trust.find(absolute)) {
        if (!this.#accept(distrust)) return undefined;
      }
      const { bytes, stats } = await readRegular(realpathSync(absolute), limits.fileBytes);
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
    const { root, outside, problems } = this.#facts;
    const shown = outside ? '' : relative(root, distrust.path);
    problems.push({
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
    const { root, outside, problems } = this.#facts;
    problems.push(problem(reason, outside ? join(root, path) : path, { message }));
  }
}

interface Words {
  readonly message: string;
  readonly hint?: string;
}

/** An error about a whole file. */
export function problem(reason: Reason, file: string, words: Words): Problem {
  return { reason, severity: 'error', ...words, place: { file } };
}
