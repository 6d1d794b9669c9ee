import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Resource } from '../../protocol/resource.js';
import { printRouter } from '../../render/router-yaml.js';
import { binding, route, router } from '../rig/build.js';

/** A config and a state directory of a given size, in a temporary folder. */
export interface Workspace {
  readonly config: string;
  readonly state: string;
  /** Gives the first resource another metric, so that the next pass has something to commit. */
  readonly edit: () => void;
  readonly remove: () => void;
}

const perFile = 100;

/** One plugin in C speed: a shell script of two lines that prints a constant answer with one route. */
export function makeWorkspace(resources: number): Workspace {
  const top = realpathSync(mkdtempSync(join(tmpdir(), 'routerd-bench-')));
  const config = join(top, 'config');
  const bin = join(config, 'plugins/one/bin');
  mkdirSync(bin, { recursive: true, mode: 0o700 });
  writeFileSync(
    join(config, 'plugins/one/plugin.yaml'),
    'apiVersion: plugin.routerd.net/v1alpha1\nkind: Plugin\nmetadata: {name: one}\nspec: {capabilities: [propose.dynamicConfig], triggers: [{type: interval, every: 300s}]}\n',
  );
  const answer = {
    apiVersion: 'plugin.routerd.net/v1alpha1',
    kind: 'PluginResult',
    metadata: { name: 'one' },
    status: { resources: [route('dynamic')] },
  };
  writeFileSync(join(bin, 'one'), `#!/bin/sh\necho '${JSON.stringify(answer)}'\n`);
  chmodSync(join(bin, 'one'), 0o755);
  let metric = 0;
  const file = (index: number, list: readonly Resource[]) => {
    writeFileSync(join(config, `part-${index}.yaml`), printRouter(router(...list)));
  };
  const all = (start: number) =>
    Array.from({ length: Math.min(perFile, resources - start) }, (_, i) =>
      route(`r${start + i}`, { metric: i === 0 ? metric : 1 }),
    );
  for (let start = 0; start < resources; start += perFile) file(start / perFile, all(start));
  writeFileSync(join(config, 'plugins.yaml'), printRouter(router(binding('one'))));
  return {
    config,
    state: join(top, 'state'),
    edit: () => {
      metric++;
      file(0, all(0));
    },
    remove: () => {
      rmSync(top, { recursive: true, force: true });
    },
  };
}
