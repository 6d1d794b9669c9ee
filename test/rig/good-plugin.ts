import { expect } from 'chai';
import { join } from 'node:path';
import { parse } from 'yaml';
import { route } from './build.js';
import { addPlugin, answers, configDir, routerFile } from './config-dir.js';
import { routerctl } from './routerctl.js';
import { tempDir } from './temp.js';

/** A config directory with a router and one plugin that behaves, reconciled once. */
export async function withGoodPlugin(): Promise<{ config: string; state: string; where: readonly string[] }> {
  const config = await configDir({ 'router.yaml': routerFile(route('default')) });
  await addPlugin(config, 'good', { program: answers('good', { resources: [route('good-1')] }) });
  const state = join(await tempDir(), 'S');
  const where = ['--config', config, '--state', state];
  expect((await routerctl(['reconcile', ...where])).code).to.equal(0);
  return { config, state, where };
}

/** The names of the routes in an effective-config. */
export function routesOf(text: string): string[] {
  const { spec } = parse(text) as { spec: { resources: { kind: string; metadata: { name: string } }[] } };
  return spec.resources.filter(({ kind }) => kind === 'IPv4Route').map(({ metadata }) => metadata.name);
}
