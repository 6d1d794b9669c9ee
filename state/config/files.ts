import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, sep } from 'node:path';
import type { Problem } from '../../protocol/problem.js';
import { limits } from '../../protocol/yaml/limits.js';
import { errnoOf } from '../errno.js';
import { codeText } from '../storage-error.js';
import type { TrustWalk } from '../trust-walk.js';
import { problem, Walk } from './walk.js';
import type { ConfigFile, WalkFacts } from './walk.js';

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
  /** A file or directory whose documents stand for those of `path`; manifests and schemas stay where they are. */
  readonly startup?: string;
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

  const walk = new Walk({ root, outside: false, stateDir, trust, problems });
  const documents =
    location.startup !== undefined ? [] : single ? [basename(path)] : await walk.find('', isDocument, 'deep');
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
    documents:
      location.startup === undefined
        ? await walk.read(documents)
        : await standIn(location.startup, { trust, problems, stateDir }),
    manifests: [...(await walk.read(manifests)), ...outside],
    schemas: [
      ...(await walk.read(schemas)),
      ...(await readOutside(location.schemaFiles, { trust, problems })),
    ],
    problems,
  };
}

/** The documents of a file, or of a directory, that is not the config directory. */
async function standIn(
  path: string,
  facts: Pick<WalkFacts, 'trust' | 'problems' | 'stateDir'>,
): Promise<ConfigFile[]> {
  try {
    const root = await realpath(path);
    if ((await stat(root)).isFile()) return await readOutside([path], facts);
    const walk = new Walk({ ...facts, root, outside: true });
    const files = await walk.read(await walk.find('', isDocument, 'deep'));
    return files.map(file => ({ ...file, path: file.absolute }));
  } catch (error) {
    const code = errnoOf(error);
    if (code === undefined) throw error;
    const message = `what stands for the startup-config cannot be read (${codeText(code, path)})`;
    facts.problems.push(problem('ConfigMissing', path, { message }));
    return [];
  }
}

async function pluginDirManifests(
  dir: string,
  facts: Pick<WalkFacts, 'trust' | 'problems'>,
): Promise<ConfigFile[]> {
  let root: string;
  try {
    root = await realpath(dir);
  } catch {
    return [];
  }
  const walk = new Walk({ ...facts, root, outside: true, stateDir: '' });
  const found = await walk.find('', name => name === manifestName, 'folders');
  return (await walk.read(found)).map(file => ({ ...file, path: file.absolute }));
}

async function readOutside(
  paths: readonly string[],
  facts: Pick<WalkFacts, 'trust' | 'problems'>,
): Promise<ConfigFile[]> {
  const files: ConfigFile[] = [];
  for (const path of paths) {
    const absolute = await realpath(path).catch(() => path);
    const walk = new Walk({ ...facts, root: dirname(absolute), outside: true, stateDir: '' });
    files.push(...(await walk.read([basename(absolute)])).map(file => ({ ...file, path })));
  }
  return files;
}

function isDocument(name: string): boolean {
  return name.endsWith('.yaml') || name.endsWith('.yml');
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
