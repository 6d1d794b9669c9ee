import { emit } from '../output/format.js';
import { planDocument, planExitCode } from '../reports/plan.js';
import { settingsOf } from '../settings.js';
import { planText } from '../text/plan-text.js';
import type { Command, OutputOptions } from './context.js';
import { explainFailure } from './failure.js';
import { pass } from './pass.js';

export interface ReconcileOptions extends OutputOptions {
  readonly dryRun?: boolean;
  readonly detailedExitcode?: boolean;
  /** Milliseconds to wait for another writer. */
  readonly lockTimeout: number;
}

export const reconcile: Command<ReconcileOptions> = async (options, context) => {
  const { io } = context;
  const dryRun = options.dryRun === true;
  const settings = await settingsOf(options, context.env);
  const done = await pass(settings, context, {
    dryRun,
    command: 'routerctl reconcile',
    lockTimeoutMs: options.lockTimeout,
  });
  if (!done.ok) return explainFailure(done.failure, io);
  const report = done.value;
  const plan = planDocument(report, { dryRun, showSecrets: options.showSecrets === true });
  const { texts } = report.config;
  emit(io, options.output, {
    document: plan,
    table: () => planText(plan, { colour: io.colour.out, texts, diff: dryRun }).out,
  });
  if (options.output === 'table')
    io.note(planText(plan, { colour: io.colour.note, texts, diff: false }).note);
  return planExitCode(plan, dryRun && options.detailedExitcode === true);
};
