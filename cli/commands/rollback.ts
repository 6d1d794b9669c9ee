import { unreachable } from '../../protocol/result.js';
import { oneLine } from '../../protocol/text.js';
import { rollback } from '../../reconciler/control/rollback.js';
import type { RollbackFailure } from '../../reconciler/control/rollback.js';
import type { PassReport } from '../../reconciler/report.js';
import type { Io } from '../io.js';
import { operatorName } from '../operator.js';
import { emit } from '../output/format.js';
import { planDocument } from '../reports/plan.js';
import { settingsOf } from '../settings.js';
import { planText } from '../text/plan-text.js';
import type { Command, OutputOptions } from './context.js';
import { explainFailure } from './failure.js';

export interface RollbackCommandOptions extends OutputOptions {
  /** Number of a generation. */
  readonly to: number;
  readonly message?: string;
  readonly dryRun?: boolean;
  /** Milliseconds to wait for another writer. */
  readonly lockTimeout: number;
}

/** Exit codes: 0 done or nothing to do, 1 there is no such generation or its startup-config does not validate any more. */
export const rollbackTo: Command<RollbackCommandOptions> = async (options, context) => {
  const { io, env, clock, engineVersion, signal } = context;
  const { to, message = '', output } = options;
  const settings = await settingsOf(options, env);
  const attempt = (dryRun: boolean) =>
    rollback({
      ...settings,
      to,
      message,
      dryRun,
      operator: operatorName(env),
      engineVersion,
      clock,
      signal,
      lockTimeoutMs: options.lockTimeout,
      command: `routerctl rollback --to ${to}`,
    });
  const print = (report: PassReport, dryRun: boolean): number => {
    const plan = planDocument(report, { dryRun, showSecrets: options.showSecrets === true });
    const succeeded = report.refused === undefined;
    const document = { ...plan, kind: dryRun ? 'RollbackPlan' : 'RollbackResult', to, succeeded };
    // An excerpt of the old text could show a secret: its problems stand without one.
    const texts = new Map<string, string>();
    // What the directory holds now is what is rolled back from: neither it nor its problems are the matter.
    const said = { ...plan, withheld: null, problems: report.refused ?? [], plugins: [] };
    emit(io, output, {
      document,
      table: () => planText(said, { colour: io.colour.out, texts, diff: dryRun }).out,
    });
    if (output === 'table') {
      if (dryRun || report.commit === undefined)
        io.note(planText(said, { colour: io.colour.note, texts, diff: false }).note);
      io.note(aftermath(report, { to, dryRun }));
    }
    return succeeded ? 0 : 1;
  };

  const foreseen = await attempt(true);
  if (!foreseen.ok) return explain(foreseen.failure, io);
  if (options.dryRun === true || foreseen.value.refused !== undefined) return print(foreseen.value, true);
  if (output === 'table' && foreseen.value.settlement?.commit !== undefined) print(foreseen.value, true);
  const done = await attempt(false);
  return done.ok ? print(done.value, false) : explain(done.failure, io);
};

/** What holds from now on, on stderr. */
function aftermath(
  { refused, settlement, commit }: PassReport,
  { to, dryRun }: { readonly to: number; readonly dryRun: boolean },
): string {
  if (refused !== undefined)
    return `routerctl: the startup-config of generation ${to} does not validate any more: it is not put in force\n`;
  if (dryRun || commit === undefined || settlement === undefined) return '';
  const entries = settlement.control.quarantine;
  if (entries.length === 0) return '';
  return (
    'what the config directory holds is quarantined: it is not put in force again until it is edited\n' +
    '  hint: to lift that: routerctl quarantine release\n'
  );
}

function explain(failure: RollbackFailure, io: Io): number {
  switch (failure.kind) {
    case 'state':
    case 'locked':
    case 'noSuchPlugin':
    case 'cannotSuppose':
    case 'confirmPending':
    case 'suspended':
      return explainFailure(failure, io);
    case 'noSuchGeneration': {
      const { generation, newest } = failure;
      const what = newest === 0 ? 'there is none yet' : `the newest is ${newest}`;
      io.note(
        `routerctl: there is no generation ${generation}: ${what}\n  hint: see routerctl generation list\n`,
      );
      return 1;
    }
    case 'unreadable':
      io.note(
        `routerctl: generation ${failure.generation} cannot be read: ${oneLine(failure.detail, 400)}\n` +
          `  hint: another one: routerctl generation list; whether the repository is damaged: routerctl repair --dry-run\n`,
      );
      return 1;
    default:
      return unreachable(failure);
  }
}
