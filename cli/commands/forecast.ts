import { sha256 } from '../../protocol/digest.js';
import { forecast, lastLeaseEnd } from '../../reconciler/forecast/forecast.js';
import type { Assumptions } from '../../reconciler/forecast/forecast.js';
import { fileText, statePaths } from '../../reconciler/head.js';
import { emit } from '../output/format.js';
import { forecastDocument } from '../reports/forecast.js';
import { settingsOf } from '../settings.js';
import { forecastText } from '../text/forecast-text.js';
import type { Command, OutputOptions } from './context.js';
import { explainFailure } from './failure.js';
import { lookAsIs } from './pass.js';

export interface ForecastOptions extends OutputOptions {
  /** Milliseconds. */
  readonly for?: number;
  readonly allPluginsDead?: boolean;
}

const defaultMs = 3_600_000;

/** What changes by itself. Runs no plugin and writes nothing. */
export const forecastCommand: Command<ForecastOptions> = async (options, context) => {
  const { io, env, clock, engineVersion } = context;
  const settings = await settingsOf(options, env);
  const looked = await lookAsIs(settings, context, 'routerctl forecast');
  if (!looked.ok) return explainFailure(looked.failure, io);
  const { config, view, situation } = looked.value;
  if (situation.startup === undefined) {
    io.note('routerctl: there is no startup-config, valid or accepted before: see routerctl validate\n');
    return 1;
  }
  const from = clock();
  const plugins: Assumptions['plugins'] = options.allPluginsDead === true ? 'dead' : 'renew';
  // Without plugins everything ends with the last lease: who asks about that wants to see it.
  const end = plugins === 'dead' && options.for === undefined ? lastLeaseEnd(looked.value) : undefined;
  const period = { from, until: Math.max(from + (options.for ?? defaultMs), end ?? from) };
  const effective = fileText(view.head, statePaths.effective);
  const document = forecastDocument({
    forecast: await forecast(looked.value, period, { plugins, engineVersion }),
    period,
    plugins,
    current: {
      generation: view.head.generation,
      effectiveConfigHash: effective === undefined ? null : sha256(effective),
    },
  });
  emit(io, options.output, {
    document,
    table: () => forecastText(document, { colour: io.colour.out }),
  });
  if (config.startup === undefined) {
    io.note('the startup-config is broken: this is about the accepted one (see routerctl validate)\n');
  }
  return 0;
};
