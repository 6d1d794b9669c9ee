import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ConfigLocation } from '../state/config/files.js';
import { searchPathOf } from '../state/program.js';
import type { StateDir } from '../reconciler/state-dir.js';

/** The options that every command about a router takes, as commander hands them over. */
export interface CommonOptions {
  readonly config?: string;
  readonly state?: string;
  readonly stateFile?: string;
  readonly stateDir?: string;
  readonly pluginDir?: string;
  readonly schema?: readonly string[];
  readonly node?: string;
}

export interface Settings {
  readonly config: ConfigLocation;
  readonly state: StateDir;
  /** The operator's word for the node that this router is in its mobility pools. */
  readonly node?: string;
}

export const defaults = {
  config: '/usr/local/etc/routerd',
  state: '/var/lib/routerd/state',
  pluginDir: '/usr/local/libexec/routerd/plugins',
} as const;

/** An option wins over its variable, and that over the default. Paths are made absolute. */
export async function settingsOf(options: CommonOptions, env: NodeJS.ProcessEnv): Promise<Settings> {
  const state = resolve(
    options.state ??
      options.stateDir ??
      options.stateFile ??
      nonEmpty(env['ROUTERD_STATE']) ??
      defaults.state,
  );
  const node = options.node ?? nonEmpty(env['ROUTERD_NODE']);
  const pluginDir =
    options.pluginDir ?? ((await isFolder(defaults.pluginDir)) ? defaults.pluginDir : undefined);
  return {
    config: {
      path: resolve(options.config ?? nonEmpty(env['ROUTERD_CONFIG']) ?? defaults.config),
      stateDir: state,
      ...(pluginDir === undefined ? {} : { pluginDir: resolve(pluginDir) }),
      schemaFiles: (options.schema ?? []).map(file => resolve(file)),
    },
    state: { path: state, searchPath: searchPathOf(env['PATH']) },
    ...(node === undefined ? {} : { node }),
  };
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
