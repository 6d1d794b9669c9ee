import { sha256 } from '../../protocol/digest.js';
import { isPlugin } from '../../protocol/plugin.js';
import type { PluginDeclaration } from '../../protocol/plugin.js';
import { isError, sortProblems } from '../../protocol/problem.js';
import type { Problem } from '../../protocol/problem.js';
import { checkTogether } from '../../protocol/references.js';
import type { Router } from '../../protocol/resource.js';
import { createChecker } from '../../protocol/schema/checker.js';
import type { Checker } from '../../protocol/schema/checker.js';
import { parseExtraSchema } from '../../protocol/schema/extra.js';
import type { ExtraSchema } from '../../protocol/schema/extra.js';
import { assembleStartup, duplicates, located } from '../../protocol/startup.js';
import type { LocatedResource } from '../../protocol/startup.js';
import { readJson } from '../../protocol/yaml/json.js';
import type { ReadOutcome, SourceDocument } from '../../protocol/yaml/read.js';
import { trustWalk } from '../trust-walk.js';
import { readConfigFiles } from './files.js';
import type { ConfigFiles, ConfigLocation } from './files.js';
import type { ConfigFile } from './walk.js';
import { configuredPlugin, readManifest } from './manifest.js';
import type { ConfiguredPlugin } from './manifest.js';
import { createReader } from './reading.js';
import type { FileReading, FindKept } from './reading.js';
import { beginStamps } from './stamped.js';
import type { StampedConfig } from './stamped.js';
import { takeStamps } from './stamps.js';

/** A config directory as it was at one moment, read, checked and judged. */
export interface LoadedConfig {
  /** Undefined where the startup-config has errors: then the last accepted one stays in force. */
  readonly startup: Router | undefined;
  /** What was read of it, valid or not. */
  readonly resources: readonly LocatedResource[];
  readonly plugins: readonly ConfiguredPlugin[];
  readonly checker: Checker;
  /** Problems of the startup-config and of the plugins, in the order of their places. */
  readonly problems: readonly Problem[];
  readonly files: readonly ConfigFile[];
  /** What each file says, by its path. */
  readonly readings: ReadonlyMap<string, FileReading>;
  /** The text of every file that was read, by its path: what diagnostics show a line of. */
  readonly texts: ReadonlyMap<string, string>;
}

/** What reading a config directory last came to, for who reads it again and again: only what has changed is parsed. */
export interface ConfigMemory {
  last?: {
    readonly files: ConfigFiles;
    readonly reading: Reading;
    readonly config: LoadedConfig;
    readonly stamped: StampedConfig | undefined;
  };
}

/** What was read last, where everything that it was read from is, by what `stat` says of it, as it was then. */
export function unchangedConfig(location: ConfigLocation, { last }: ConfigMemory): LoadedConfig | undefined {
  const stamped = last?.stamped;
  if (stamped?.stamps === undefined) return undefined;
  return takeStamps(location, stamped.programs, Date.now()) === stamped.stamps ? last?.config : undefined;
}

export interface LoadOptions {
  /** Filled with what was read. */
  readonly memory?: ConfigMemory;
  /** Where documents may be found that were read before: for who commits nothing of it. */
  readonly findKept?: FindKept;
}

export async function loadConfig(
  location: ConfigLocation,
  { memory, findKept = () => undefined }: LoadOptions = {},
): Promise<LoadedConfig> {
  const last = memory?.last;
  const stamp = memory === undefined ? undefined : beginStamps(location, last?.stamped?.programs ?? []);
  const files = await readConfigFiles(location, trustWalk());
  const reading =
    last !== undefined && sameFiles(last.files, files)
      ? last.reading
      : readAll(location, files, {
          before: last,
          findKept,
        });
  const { readings, checker, router, resources } = reading;
  const problems: Problem[] = [...files.problems, ...reading.problems];

  const manifests: ConfiguredPlugin[] = [];
  for (const manifest of await Promise.all(
    reading.manifests.map(({ file, outcome }) => readManifest(file, outcome, checker)),
  )) {
    // The config directory was read first: it wins over --plugin-dir for the same name.
    if (!manifests.some(({ name }) => name === manifest.name)) manifests.push(manifest);
  }
  const declared = await Promise.all(
    resources.filter(({ resource }) => isPlugin(resource)).map(configuredPlugin),
  );
  const plugins = [...manifests, ...declared];
  problems.push(...checkAsWhole(resources, plugins));

  const pluginProblems = plugins.flatMap(plugin => plugin.problems);
  const config: LoadedConfig = {
    startup: problems.some(isError) ? undefined : router,
    resources,
    plugins,
    checker,
    problems: sortProblems([...problems, ...pluginProblems]),
    files: [...files.documents, ...files.manifests, ...files.schemas],
    readings,
    texts: new Map([...readings].flatMap(([path, { text }]) => (text === undefined ? [] : [[path, text]]))),
  };
  if (memory !== undefined) memory.last = { files, reading, config, stamped: stamp?.(plugins) };
  return config;
}

/** What the bytes of the files say: it depends on nothing else. */
interface Reading {
  readonly readings: ReadonlyMap<string, FileReading>;
  readonly checker: Checker;
  readonly router: Router | undefined;
  readonly resources: readonly LocatedResource[];
  readonly manifests: readonly { readonly file: ConfigFile; readonly outcome: ReadOutcome }[];
  readonly problems: readonly Problem[];
}

interface ReadOptions {
  readonly before: ConfigMemory['last'];
  readonly findKept: FindKept;
}

function readAll(location: ConfigLocation, files: ConfigFiles, { before, findKept }: ReadOptions): Reading {
  const problems: Problem[] = [];
  const { read, readings } = createReader(before?.reading.readings ?? new Map(), findKept);
  const extras = files.schemas.flatMap(file => readSchema(file, read, problems));
  // The same schemas make the same checker, which remembers what it has judged.
  const checker =
    before !== undefined && sameList(before.files.schemas, files.schemas)
      ? before.reading.checker
      : createChecker(extras);
  const documents: SourceDocument[] = [];
  for (const file of files.documents) {
    const outcome = read(file);
    problems.push(...outcome.problems);
    documents.push(...outcome.documents);
  }
  const { router, resources, problems: faults } = assembleStartup(documents, checker);
  problems.push(...faults);
  if (router === undefined && ![...files.problems, ...problems].some(isError)) {
    problems.push(nothingToRead(location.startup ?? location.path));
  }
  const manifests = files.manifests.map(file => ({ file, outcome: read(file) }));
  return { readings, checker, router, resources, manifests, problems };
}

/** Whether two looks found the same files, byte for byte; times and owners may differ. */
function sameFiles(a: ConfigFiles, b: ConfigFiles): boolean {
  return (
    sameList(a.documents, b.documents) &&
    sameList(a.manifests, b.manifests) &&
    sameList(a.schemas, b.schemas) &&
    JSON.stringify(a.problems) === JSON.stringify(b.problems)
  );
}

function sameList(left: readonly ConfigFile[], right: readonly ConfigFile[]): boolean {
  return (
    left.length === right.length &&
    left.every((file, i) => {
      const other = right[i];
      return (
        file.path === other?.path &&
        file.absolute === other.absolute &&
        Buffer.compare(file.bytes, other.bytes) === 0
      );
    })
  );
}

/** The plugin of a name, if it is configured. */
export function pluginNamed(config: LoadedConfig, name: string): ConfiguredPlugin | undefined {
  return config.plugins.find(plugin => plugin.name === name);
}

/**
 * Schemas by the digest of their bytes. What has been compiled of a schema lives as long as its object, so a daemon that
 * read them anew would compile anew in every pass.
 */
const readSchemas = new Map<string, ExtraSchema>();
const rememberedSchemas = 64;

/** A schema is JSON, half a megabyte of it at times: the slow reader, which knows places, is for those with problems. */
function readSchema(
  file: ConfigFile,
  read: (file: ConfigFile) => ReadOutcome,
  problems: Problem[],
): ExtraSchema[] {
  const digest = sha256(file.bytes);
  const known = readSchemas.get(digest);
  if (known?.file === file.path) return [known];
  const json = readJson(Buffer.from(file.bytes).toString('utf8'));
  const parsed = json.ok ? parseExtraSchema(file.path, json.value) : undefined;
  if (parsed?.ok === true) {
    if (readSchemas.size >= rememberedSchemas) readSchemas.clear();
    readSchemas.set(digest, parsed.value);
    return [parsed.value];
  }
  const { documents, problems: faults } = read(file);
  problems.push(...faults);
  return documents.flatMap(({ value, place }): ExtraSchema[] => {
    const parsed = parseExtraSchema(file.path, value);
    if (parsed.ok) return [parsed.value];
    problems.push(...located(parsed.failure, place));
    return [];
  });
}

/** Duplicates and references, over the startup-config and the manifests beside it. */
export function checkAsWhole(
  resources: readonly LocatedResource[],
  plugins: readonly ConfiguredPlugin[],
): Problem[] {
  const manifests = plugins.flatMap(({ manifest, resource, place }): LocatedResource[] =>
    manifest && resource !== undefined ? [{ resource, place: () => place }] : [],
  );
  return [
    ...duplicates([...manifests, ...resources]),
    ...checkTogether(resources, {
      names: new Set(plugins.map(({ name }) => name)),
      declarations: plugins.flatMap(({ declaration }): PluginDeclaration[] =>
        declaration ? [declaration] : [],
      ),
    }),
  ];
}

function nothingToRead(path: string): Problem {
  return {
    reason: 'ConfigMissing',
    severity: 'error',
    message: 'there is no configuration here: no file ending in .yaml or .yml holds a document',
    hint: 'write a Router document; one with an empty resources list is fine',
    place: { file: path },
  };
}
