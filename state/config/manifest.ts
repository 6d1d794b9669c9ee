import { access } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { decodePlugin, isPlugin } from '../../protocol/plugin.js';
import type { PluginDeclaration } from '../../protocol/plugin.js';
import { isError } from '../../protocol/problem.js';
import type { Place, Problem } from '../../protocol/problem.js';
import { isMap, refOf } from '../../protocol/resource.js';
import type { Resource } from '../../protocol/resource.js';
import { isResource, located } from '../../protocol/startup.js';
import type { LocatedResource, PlaceOf, ResourceChecker } from '../../protocol/startup.js';
import type { SourceDocument } from '../../protocol/yaml/read.js';
import { checkExecutable } from '../executable.js';
import type { Executable } from '../executable.js';

/** A plugin as configured, able to run or not. */
export interface ConfiguredPlugin {
  /** Its identity; for a manifest that cannot be read, the name of its folder. */
  readonly name: string;
  readonly place: Place;
  /** The resource as written, without defaults; undefined where nothing could be read. */
  readonly resource?: Resource;
  readonly declaration?: PluginDeclaration;
  /** Set where the plugin may run. */
  readonly executable?: Executable;
  /** What keeps it from running, and what else is wrong with its manifest. */
  readonly problems: readonly Problem[];
  /** Whether it comes from a manifest rather than from a Router document. */
  readonly manifest: boolean;
}

/** Where the seed installs plugins. */
const installDir = '/usr/local/libexec/routerd/plugins';

/** Reads what a `<name>/plugin.yaml` says; `documents` is what is left of the file after reading it as YAML. */
export async function readManifest(
  file: { readonly path: string; readonly absolute: string },
  read: { readonly documents: readonly SourceDocument[]; readonly problems: readonly Problem[] },
  checker: ResourceChecker,
): Promise<ConfiguredPlugin> {
  const folder = basename(dirname(file.absolute));
  const broken = { name: folder, place: { file: file.path, line: 1, column: 1 }, manifest: true };
  const [document, ...more] = read.documents;
  if (document === undefined || read.problems.some(isError)) {
    const nothing =
      read.problems.length === 0 ? [invalid(broken.place, 'the manifest is empty', 'write one Plugin')] : [];
    return { ...broken, problems: [...read.problems, ...nothing] };
  }
  const { value, place } = document;
  const problems: Problem[] = more.map(({ place }) =>
    invalid(place([]), 'a manifest is one document', 'move it to a folder of its own'),
  );
  if (!isMap(value) || !isResource(value) || !isPlugin(value)) {
    const message = 'the manifest is not a Plugin of plugin.routerd.net/v1alpha1';
    problems.push(invalid(place([]), message, 'write what it declares into the Router document'));
    return { ...broken, problems };
  }
  const filled = await withDefaultExecutable(value, dirname(file.absolute));
  problems.push(...located(checker.checkResource(filled), place, value));
  if (value.metadata.name !== folder) {
    // It stays known by its folder: a slip in the name must not end the part of the plugin that is meant.
    const message = `the manifest names its plugin ${JSON.stringify(value.metadata.name)}, its folder is ${JSON.stringify(folder)}`;
    problems.push(invalid(place(['metadata', 'name']), message, 'let both be the same'));
    return { ...broken, problems };
  }
  const plugin = { ...broken, place: place([]), resource: value };
  if (problems.some(isError)) return { ...plugin, problems };
  return withExecutable({ ...plugin, problems }, filled, place);
}

/** A Plugin that stands in a Router document; the resource itself has been checked with the others. */
export function configuredPlugin({ resource, place }: LocatedResource): Promise<ConfiguredPlugin> {
  const plugin = { name: resource.metadata.name, place: place([]), resource, problems: [], manifest: false };
  return withExecutable(plugin, resource, place);
}

/** Decision P1: `bin/<name>` beside the manifest, or else where the seed installs it. */
async function withDefaultExecutable(manifest: Resource, folder: string): Promise<Resource> {
  const spec = manifest['spec'];
  if (!isMap(spec) || spec['executable'] !== undefined) return manifest;
  const { name } = manifest.metadata;
  const beside = join(folder, 'bin', name);
  const installed = join(installDir, name, 'bin', name);
  const found = await access(beside).then(
    () => true,
    () => false,
  );
  const elsewhere = await access(installed).then(
    () => true,
    () => false,
  );
  return { ...manifest, spec: { ...spec, executable: found || !elsewhere ? beside : installed } };
}

async function withExecutable(
  plugin: ConfiguredPlugin,
  resource: Resource,
  place: PlaceOf,
): Promise<ConfiguredPlugin> {
  const declaration = decodePlugin(resource);
  if (declaration.executable === undefined) {
    const problem = invalid(
      place(['spec', 'executable']),
      'the plugin has no executable',
      'set spec.executable',
    );
    return { ...plugin, declaration, problems: [...plugin.problems, problem] };
  }
  const checked = await checkExecutable(declaration.executable);
  if (checked.ok) return { ...plugin, declaration, executable: checked.value };
  const problem: Problem = {
    ...checked.failure,
    severity: 'error',
    place: place(['spec', 'executable']),
    resource: refOf(resource),
    field: 'spec.executable',
  };
  return { ...plugin, declaration, problems: [...plugin.problems, problem] };
}

function invalid(place: Place, message: string, hint?: string): Problem {
  return {
    reason: 'ManifestInvalid',
    severity: 'error',
    message,
    ...(hint === undefined ? {} : { hint }),
    place,
  };
}
