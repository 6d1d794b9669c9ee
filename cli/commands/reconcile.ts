import { emit } from '../output/format.js';
import { planDocument, planExitCode } from '../reports/plan.js';
import { settingsOf } from '../settings.js';
import { planText } from '../text/plan-text.js';
import { operatorName } from '../operator.js';
import type { Settings } from '../settings.js';
import { confirmLate } from '../../reconciler/control/confirm-late.js';
import type { PendingConfirmation } from '../../reconciler/control/confirmation.js';
import type { PassReport } from '../../reconciler/report.js';
import type { Command, CommandContext, OutputOptions } from './context.js';
import { awaitConfirmation } from './await-confirmation.js';
import { explainFailure } from './failure.js';
import { pass } from './pass.js';
import { readSuppositions, supposedText, supposeFlags } from './suppose.js';
import type { SupposeOptions } from './suppose.js';

export interface ReconcileOptions extends OutputOptions, SupposeOptions {
  readonly dryRun?: boolean;
  readonly detailedExitcode?: boolean;
  /** Milliseconds to wait for another writer. */
  readonly lockTimeout: number;
  /** Whether protected interfaces and zones may be touched. */
  readonly yes?: boolean;
  /** Milliseconds after which an edit that nobody confirmed is taken back. */
  readonly confirm?: number;
  /** A command line that confirms by ending with 0. */
  readonly probe?: string;
}

export const reconcile: Command<ReconcileOptions> = async (options, context) => {
  const { io } = context;
  const dryRun = options.dryRun === true;
  const flags = supposeFlags(options);
  if (!dryRun && flags.length > 0) {
    const verb = flags.length === 1 ? 'goes' : 'go';
    io.note(`routerctl: ${flags.join(', ')} ${verb} with --dry-run alone: nothing was done\n`);
    return 1;
  }
  const supposing = await readSuppositions(options, context.clock());
  if (!supposing.ok) return explainFailure(supposing.failure, io);
  const { suppose, startup, document: supposed } = supposing.value ?? {};
  const settings = await settingsOf(options, context.env);
  const config = { ...settings.config, ...(startup === undefined ? {} : { startup }) };
  const done = await pass({ ...settings, config }, context, {
    dryRun,
    ...(suppose === undefined ? {} : { suppose }),
    asks: true,
    answered: options.yes === true,
    ...(options.confirm === undefined ? {} : { confirm: { forMs: options.confirm, probe: options.probe } }),
    command: 'routerctl reconcile',
    lockTimeoutMs: options.lockTimeout,
  });
  if (!done.ok) return explainFailure(done.failure, io);
  const report = done.value;
  const plan = planDocument(report, { dryRun, showSecrets: options.showSecrets === true });
  const { texts } = report.config;
  emit(io, options.output, {
    document: supposed === undefined ? plan : { ...plan, supposed },
    table: () =>
      `${supposed === undefined ? '' : supposedText(supposed)}${planText(plan, { colour: io.colour.out, texts, diff: dryRun }).out}`,
  });
  if (options.output === 'table')
    io.note(planText(plan, { colour: io.colour.note, texts, diff: false }).note);
  const exitCode = planExitCode(plan, dryRun && options.detailedExitcode === true);
  if (dryRun) return exitCode;
  const begun = report.settlement?.control.confirm;
  const pending =
    begun?.since === report.finishedAt
      ? begun
      : await laterConfirmation(options, report, { settings, context });
  if (pending === undefined) return exitCode;
  const awaited = await awaitConfirmation({ settings, pending, lockTimeout: options.lockTimeout }, context);
  return Math.max(exitCode, awaited);
};

/** Where a daemon has taken the edit already, it is that which is to be confirmed. */
async function laterConfirmation(
  { confirm, probe, lockTimeout }: ReconcileOptions,
  report: PassReport,
  { settings, context }: { readonly settings: Settings; readonly context: CommandContext },
): Promise<PendingConfirmation | undefined> {
  if (confirm === undefined || report.withheld !== undefined || report.config.startup === undefined)
    return undefined;
  const { io, env, clock, signal } = context;
  const done = await confirmLate({
    ...settings,
    clock,
    signal,
    lockTimeoutMs: lockTimeout,
    command: 'routerctl reconcile',
    confirm: { forMs: confirm, probe },
    by: operatorName(env),
  });
  if (!done.ok) {
    explainFailure(done.failure, io);
    return undefined;
  }
  if (done.value.ok) return done.value.value;
  io.note(`routerctl: nothing waits to be confirmed: ${done.value.failure}\n`);
  return undefined;
}
