import { join } from 'node:path';
import { route } from './build.js';
import { addPlugin, answers, configDir, routerFile } from './config-dir.js';
import type { Plan, PluginRun } from './documents.js';
import { routerctl } from './routerctl.js';
import { tempDir } from './temp.js';

/** A config directory and a state directory, and both as options of routerctl. */
export interface Setting {
  readonly config: string;
  readonly state: string;
  readonly where: readonly string[];
}

/** A router with one route, and the plugin `p` that proposes another. */
export async function setting(): Promise<Setting> {
  const config = await configDir({ 'router.yaml': routerFile(route('default')) });
  const state = join(await tempDir(), 'S');
  await addPlugin(config, 'p', { program: answers('p', { resources: [route('of-p')] }) });
  return { config, state, where: ['--config', config, '--state', state] };
}

/** `plugin run p`. */
export async function run(
  { where }: Setting,
  ...more: string[]
): Promise<PluginRun & { code: number | null }> {
  const { code, json } = await routerctl(['plugin', 'run', 'p', ...where, ...more, '-o', 'json']);
  return { ...(json() as PluginRun), code };
}

/** A whole pass. */
export async function reconcile({ where }: Setting): Promise<Plan & { code: number | null }> {
  const { code, json } = await routerctl(['reconcile', ...where, '-o', 'json']);
  return { ...(json() as Plan), code };
}
