import { isMap } from '../../protocol/resource.js';
import type { Value, ValueMap } from '../../protocol/resource.js';
import { durationText } from '../../protocol/duration.js';
import { runLog } from '../../reconciler/state-dir.js';
import { readLog } from '../../state/log.js';
import { emit, listDocument, table } from '../output/format.js';
import { settingsOf } from '../settings.js';
import type { Command, OutputOptions } from './context.js';

export interface PluginRunsOptions extends OutputOptions {
  /** Only the runs of this plugin. */
  readonly name?: string;
}

/** The runs that the log still holds, newest first. */
export const pluginRuns: Command<PluginRunsOptions> = async (options, { io, env }) => {
  const settings = await settingsOf(options, env);
  const entries = await readLog(runLog(settings.state.path));
  const items = entries
    .filter(isMap)
    .filter(entry => options.name === undefined || entry['plugin'] === options.name)
    .reverse();
  emit(io, options.output, {
    document: listDocument('PluginRun', items),
    table: () => table(['TIME', 'PLUGIN', 'OUTCOME', 'EXIT', 'TOOK', 'WHY'], items.map(row)),
  });
  return 0;
};

function row(entry: ValueMap): string[] {
  const run = isMap(entry['run']) ? entry['run'] : {};
  const exit = run['signal'] ?? run['exitCode'];
  const took = run['durationMs'];
  return [
    text(entry['time']),
    text(entry['plugin']),
    text(entry['outcome']),
    exit === null || exit === undefined ? '-' : text(exit),
    typeof took === 'number' ? durationText(took) : '-',
    text(entry['why']),
  ];
}

function text(value: Value | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
