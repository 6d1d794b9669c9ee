import { isError } from '../../protocol/problem.js';
import type { Reason } from '../../protocol/problem.js';
import { loadConfig } from '../../state/config/load.js';
import type { LoadedConfig } from '../../state/config/load.js';
import { emit } from '../output/format.js';
import type { Document } from '../output/format.js';
import { countProblems, diagnostic } from '../output/diagnostics.js';
import { settingsOf } from '../settings.js';
import type { Command, OutputOptions } from './context.js';

export interface ValidateOptions extends OutputOptions {
  /** Positional PATH: goes before --config. */
  readonly path?: string;
}

/** Exit codes: 0 good, 1 bad, 2 could not run. */
export const validate: Command<ValidateOptions> = async (options, { io, env }) => {
  const { path } = options;
  const settings = await settingsOf(path === undefined ? options : { ...options, config: path }, env);
  const config = await loadConfig(settings.config);
  const document = validationReport(config);
  const unusable = config.problems.some(({ reason }) => cannotRun.has(reason));
  emit(io, options.output, {
    document,
    table: () => {
      const shown = config.problems.map(problem =>
        diagnostic(problem, { colour: io.colour.out, texts: config.texts }),
      );
      return `${shown.join('')}${unusable ? '' : `${summary(config)}\n`}`;
    },
  });
  if (unusable) return 2;
  return config.problems.some(isError) ? 1 : 0;
};

/** With one of these there was nothing to judge. */
const cannotRun: ReadonlySet<Reason> = new Set(['ConfigMissing', 'StateInsideConfig']);

function validationReport(config: LoadedConfig): Document {
  return {
    kind: 'ValidationReport',
    valid: !config.problems.some(isError),
    resources: config.resources.length,
    problems: config.problems,
  };
}

function summary({ resources, plugins, problems }: LoadedConfig): string {
  const counts = countProblems(problems);
  const read = `${resources.length} resource${resources.length === 1 ? '' : 's'}, ${plugins.length} plugin${plugins.length === 1 ? '' : 's'}`;
  return problems.some(isError)
    ? `invalid: ${counts} (${read})`
    : `valid: ${read}${counts === '' ? '' : ` (${counts})`}`;
}
