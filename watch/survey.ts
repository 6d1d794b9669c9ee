import { lstat, readlink } from 'node:fs/promises';
import type { BigIntStats } from 'node:fs';
import { dirname, isAbsolute, join, parse, resolve, sep } from 'node:path';

/** What there is to watch, as the file system is now. */
export interface Survey {
  /** Folders and files to watch as they are: they exist, and no link leads to them. */
  readonly trees: readonly string[];
  /** Folders in which some entries are watched for being made, removed or replaced; the rest in them does not matter. */
  readonly entries: ReadonlyMap<string, ReadonlySet<string>>;
  /** Differs when a path leads elsewhere than before, be it that a link, a folder or a mount on the way was replaced. */
  readonly identity: string;
  /** The first path that leads nowhere. */
  readonly missing: string | undefined;
}

/**
 * Finds out what `path`, a config directory or a single file, consists of, `also` counting as part of it. A file has
 * its `plugins` and `schemas` folders beside it, wherever links lead.
 */
export async function survey(path: string, also: readonly string[]): Promise<Survey> {
  const main = await follow(path);
  const ways = [main];
  if (main.real !== undefined && main.kind === 'file') {
    for (const name of ['plugins', 'schemas']) ways.push(await follow(join(dirname(main.real), name)));
  }
  for (const other of also) ways.push(await follow(other));

  const entries = new Map<string, Set<string>>();
  for (const { dir, name } of ways.flatMap(way => way.turns)) {
    entries.set(dir, (entries.get(dir) ?? new Set()).add(name));
  }
  return {
    trees: [...new Set(ways.flatMap(way => way.real ?? []))],
    entries,
    identity: ways.map(way => way.identity).join('\n'),
    missing: main.real === undefined ? path : undefined,
  };
}

/** The way to a path through its folders and links. */
interface Way {
  /** Where it ends, free of links; undefined when it leads nowhere. */
  readonly real: string | undefined;
  readonly kind: 'folder' | 'file';
  /** The entries that decide where it leads: each link, and the last one, or the first that is missing. */
  readonly turns: readonly { readonly dir: string; readonly name: string }[];
  readonly identity: string;
}

/** As many as Linux follows. */
const mostLinks = 40;

async function follow(path: string): Promise<Way> {
  let at = parse(resolve(path)).root;
  let left = partsOf(isAbsolute(path) ? path : resolve('.') + sep + path);
  let kind: Way['kind'] = 'folder';
  let links = 0;
  const turns: { dir: string; name: string }[] = [];
  const identity: string[] = [];

  for (let name = left.shift(); name !== undefined; name = left.shift()) {
    if (name === '..') {
      at = dirname(at);
      continue;
    }
    const entry = join(at, name);
    let stats: BigIntStats;
    let target: string | undefined;
    try {
      stats = await lstat(entry, { bigint: true });
      target = stats.isSymbolicLink() ? await readlink(entry) : undefined;
    } catch (error) {
      turns.push({ dir: at, name });
      identity.push(`${entry} ${codeOf(error)}`);
      return { real: undefined, kind, turns, identity: identity.join('\n') };
    }
    if (target === undefined) {
      kind = stats.isDirectory() ? 'folder' : 'file';
      if (left.length === 0) turns.push({ dir: at, name });
      identity.push(`${entry} ${kind === 'file' ? 'file' : folderId(stats)}`);
      at = entry;
    } else {
      turns.push({ dir: at, name });
      identity.push(`${entry} -> ${target}`);
      if (++links > mostLinks) return { real: undefined, kind, turns, identity: identity.join('\n') };
      if (isAbsolute(target)) at = parse(target).root;
      left = [...partsOf(target), ...left];
    }
  }
  return { real: at, kind, turns, identity: identity.join('\n') };
}

/** Without `.`; `..` stays, since what it means depends on where the links before it lead. */
function partsOf(path: string): string[] {
  return path
    .slice(parse(path).root.length)
    .split(sep)
    .filter(part => part !== '' && part !== '.');
}

/** Inode numbers are used again at once on ext4; the time of birth tells such folders apart. */
function folderId(stats: BigIntStats): string {
  return `${stats.dev}:${stats.ino}:${stats.birthtimeNs}`;
}

export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory();
  } catch {
    return false;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'EIO';
}
