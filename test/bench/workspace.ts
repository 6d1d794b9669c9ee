import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Resource } from '../../protocol/resource.js';
import { printRouter } from '../../render/router-yaml.js';
import { binding, route, router } from '../rig/build.js';

export interface WorkspaceSize {
  readonly resources: number;
  /** Default: a file for each 100 resources. */
  readonly files?: number;
  /** Default 1. */
  readonly plugins?: number;
}

/** A config and a state directory of a given size, in a temporary folder. */
export interface Workspace {
  readonly config: string;
  readonly state: string;
  /** The arguments that name both. */
  readonly where: readonly string[];
  /** Where the files of resources stand. */
  readonly files: readonly string[];
  /** The program of a plugin, by its number. */
  readonly programOf: (plugin: number) => string;
  /** Gives the first resource another metric, so that the next pass has something to commit. */
  readonly edit: () => void;
  /** Has a plugin, by its number, say something else in its next run, and does not make it due. */
  readonly say: (plugin: number) => void;
  /** Changes a plugin's program, by its number, and not what it says: that makes it due. */
  readonly touch: (plugin: number) => void;
  readonly remove: () => void;
}

const namesOf = (count: number): string[] => Array.from({ length: count }, (_, i) => `plugin-${i}`);

/** How often the first plugin runs; the others run once a day. */
export const firstPluginEveryMs = 60_000;

/** Plugins are at the speed of C: shell scripts without a command of their own that print a line with one route. */
export function makeWorkspace({ resources, files, plugins = 1 }: WorkspaceSize): Workspace {
  const top = realpathSync(mkdtempSync(join(tmpdir(), 'routerd-bench-')));
  const config = join(top, 'config');
  const state = join(top, 'state');
  const names = namesOf(plugins);
  const said = names.map(() => 1);
  const answerOf = (plugin: number) =>
    JSON.stringify({
      apiVersion: 'plugin.routerd.net/v1alpha1',
      kind: 'PluginResult',
      metadata: { name: names[plugin] ?? '' },
      status: { resources: [route(`of-${names[plugin] ?? ''}`, { metric: said[plugin] ?? 0 })] },
    });
  const programOf = (plugin: number) =>
    join(config, 'plugins', names[plugin] ?? '', 'bin', names[plugin] ?? '');
  let written = 0;
  const answers = join(top, 'answers');
  mkdirSync(answers);
  const answer = (plugin: number): void => {
    writeFileSync(join(answers, String(plugin)), `${answerOf(plugin)}\n`);
  };
  const write = (plugin: number): void => {
    written++;
    const line = `read -r line < '${join(answers, String(plugin))}'`;
    writeFileSync(programOf(plugin), `#!/bin/sh\n# ${written}\n${line}\nprintf '%s\\n' "$line"\n`);
    chmodSync(programOf(plugin), 0o755);
  };
  for (const [i, name] of names.entries()) {
    const folder = join(config, 'plugins', name);
    mkdirSync(join(folder, 'bin'), { recursive: true, mode: 0o700 });
    writeFileSync(
      join(folder, 'plugin.yaml'),
      `apiVersion: plugin.routerd.net/v1alpha1\nkind: Plugin\nmetadata: {name: ${name}}\nspec: {capabilities: [propose.dynamicConfig], triggers: [{type: interval, every: ${i === 0 ? `${firstPluginEveryMs / 1000}s` : '24h'}}]}\n`,
    );
    write(i);
    answer(i);
  }
  const bindings = names.map(name => binding(name, '25h'));
  writeFileSync(join(config, 'plugins.yaml'), printRouter(router(...bindings)));

  const perFile = Math.ceil(resources / (files ?? Math.ceil(resources / 100)));
  let metric = 0;
  const paths: string[] = [];
  const file = (start: number): void => {
    const list = Array.from({ length: Math.min(perFile, resources - start) }, (_, i): Resource =>
      route(`r${start + i}`, { metric: start + i === 0 ? metric : 1 }),
    );
    const path = join(config, `part-${start / perFile}.yaml`);
    writeFileSync(path, printRouter(router(...list)));
    if (!paths.includes(path)) paths.push(path);
  };
  for (let start = 0; start < resources; start += perFile) file(start);
  return {
    config,
    state,
    where: ['--config', config, '--state', state],
    files: paths,
    programOf,
    touch: write,
    edit() {
      metric++;
      file(0);
    },
    say(plugin) {
      said[plugin] = (said[plugin] ?? 0) + 1;
      answer(plugin);
    },
    remove() {
      rmSync(top, { recursive: true, force: true });
    },
  };
}
