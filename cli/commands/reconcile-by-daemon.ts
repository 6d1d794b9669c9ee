import { emit } from '../output/format.js';
import { createLog } from '../output/log.js';
import { serve } from '../serve.js';
import { settingsOf } from '../settings.js';
import { statusText } from '../text/status-text.js';
import type { Command, OutputOptions } from './context.js';
import { readStatus } from './status.js';
import { askDaemon } from './wait.js';

const waitMs = 60_000;

/** Has the running daemon look now; exit code as a pass of one's own: 1 while the startup-config is broken or a plugin fails. */
export const reconcileWait: Command<OutputOptions> = async (options, context) => {
  if (!(await askDaemon(options, context, waitMs))) return 1;
  const status = await readStatus(options, context);
  if (!status.ok) return 1;
  emit(context.io, options.output, { document: status.value, table: () => statusText(status.value) });
  const holds = (type: string) =>
    status.value.conditions.find(condition => condition.type === type)?.status === 'True';
  return holds('Ready') && !holds('Degraded') ? 0 : 1;
};

/** A daemon in the terminal: its log goes to stderr, and Ctrl-C stops it. */
export const reconcileWatch: Command<OutputOptions> = async (
  options,
  { io, env, clock, engineVersion, takeSignals },
) => {
  takeSignals();
  const log = createLog({ format: 'text', level: 'info', write: io.note, now: clock });
  const settings = await settingsOf(options, env);
  return serve({ settings, log, engineVersion, env, command: 'routerctl reconcile --watch' });
};
