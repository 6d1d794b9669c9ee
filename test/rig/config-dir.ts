import { chmod, cp, mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ValueMap } from '../../protocol/resource.js';
import { root } from './root.js';
import { tempDir } from './temp.js';

/** Modes as a clone has them with umask 022: a checkout of the tests may be writable by a group. */
async function plainModes(path: string): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true, recursive: true })) {
    const here = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(here, 0o755);
    else
      await chmod(here, entry.parentPath.endsWith('/bin') && entry.name !== 'not-executable' ? 0o755 : 0o644);
  }
}

/** A copy of one of the examples that a test may change, at `examples/NAME` of a directory of its own. */
export async function copyExample(name: string): Promise<string> {
  const dir = join(await tempDir(), 'examples', name);
  await cp(join(root, 'examples', name), dir, { recursive: true });
  await plainModes(dir);
  return dir;
}

/** Writes files below `dir`, whose folders are made. */
export async function writeFiles(dir: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true, mode: 0o755 });
    await writeFile(join(dir, path), text);
    await chmod(join(dir, path), 0o644);
  }
}

/** A config directory with these files. */
export async function configDir(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const dir = join(await tempDir(), 'config');
  await mkdir(dir, { mode: 0o755 });
  await writeFiles(dir, files);
  return dir;
}

export interface PluginFiles {
  /** Text of its program. */
  readonly program: string;
  /** Its spec without the executable; default: it may propose configuration and runs every five minutes. */
  readonly spec?: ValueMap;
  /** Lease of the DynamicConfigSource that binds it; null for none. Default 300s. */
  readonly ttl?: string | null;
}

export const proposer: ValueMap = {
  timeout: '20s',
  capabilities: ['propose.dynamicConfig'],
  triggers: [{ type: 'interval', every: '300s' }],
};

/** Adds a plugin to a config directory: manifest, program, and the source that binds it. JSON is YAML. */
export async function addPlugin(dir: string, name: string, plugin: PluginFiles): Promise<void> {
  const { program, spec = proposer, ttl = '300s' } = plugin;
  const manifest = {
    apiVersion: 'plugin.routerd.net/v1alpha1',
    kind: 'Plugin',
    metadata: { name },
    spec,
  };
  await writeFiles(dir, { [`plugins/${name}/plugin.yaml`]: `${JSON.stringify(manifest)}\n` });
  await setProgram(dir, name, program);
  if (ttl === null) return;
  const source = {
    apiVersion: 'plugin.routerd.net/v1alpha1',
    kind: 'DynamicConfigSource',
    metadata: { name },
    spec: { pluginRef: name, ttl },
  };
  await writeFiles(dir, { [`sources/${name}.yaml`]: `${JSON.stringify(source)}\n` });
}

/** Replaces the program of a plugin in one step: one that is open for writing cannot be started. */
export async function setProgram(dir: string, name: string, text: string): Promise<void> {
  const folder = join(dir, 'plugins', name, 'bin');
  await mkdir(folder, { recursive: true, mode: 0o755 });
  await writeFile(join(folder, '.new'), text);
  await chmod(join(folder, '.new'), 0o755);
  await rename(join(folder, '.new'), join(folder, name));
}

/** A program that reads its request and prints this PluginResult. */
export function answers(name: string, status: ValueMap): string {
  return printing(JSON.stringify(pluginResult(name, status)));
}

/** A program that reads its request and prints this text. */
export function printing(text: string): string {
  return `#!/bin/sh\ncat > /dev/null\ncat << 'END OF OUTPUT'\n${text}\nEND OF OUTPUT\n`;
}

export function pluginResult(name: string, status: ValueMap): ValueMap {
  return { apiVersion: 'plugin.routerd.net/v1alpha1', kind: 'PluginResult', metadata: { name }, status };
}

/** A Router document. */
export function routerFile(...resources: ValueMap[]): string {
  const router = {
    apiVersion: 'routerd.net/v1alpha1',
    kind: 'Router',
    metadata: { name: 'edge' },
    spec: { resources },
  };
  return `${JSON.stringify(router)}\n`;
}
