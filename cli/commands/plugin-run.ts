import { encodePart } from '../../protocol/part.js';
import type { Part, PartContent } from '../../protocol/part.js';
import { sourceOf } from '../../protocol/plugin.js';
import { redactForDisplay, redactValueForDisplay } from '../../protocol/redact.js';
import { asValue } from '../../protocol/resource.js';
import type { PluginReport } from '../../reconciler/report.js';
import { printYaml } from '../../render/canonical-yaml.js';
import { emit } from '../output/format.js';
import type { Document } from '../output/format.js';
import { planDocument, planExitCode } from '../reports/plan.js';
import { partSummary } from '../reports/part-summary.js';
import { settingsOf } from '../settings.js';
import { planText } from '../text/plan-text.js';
import type { Command, OutputOptions } from './context.js';
import { explainFailure } from './failure.js';
import { pass } from './pass.js';

export interface PluginRunOptions extends OutputOptions {
  readonly name: string;
  readonly dryRun?: boolean;
  /** Milliseconds to wait for another writer. */
  readonly lockTimeout: number;
}

/** A pass in which one plugin alone is due. `--dry-run` prints the candidate part and writes nothing. */
export const pluginRun: Command<PluginRunOptions> = async (options, context) => {
  const { io } = context;
  const dryRun = options.dryRun === true;
  const settings = await settingsOf(options, context.env);
  const command = `routerctl plugin run ${options.name}`;
  const done = await pass(settings, context, {
    dryRun,
    command,
    only: options.name,
    lockTimeoutMs: options.lockTimeout,
  });
  if (!done.ok) return explainFailure(done.failure, io);
  const report = done.value;
  const plugin = report.plugins.find(({ name }) => name === options.name);
  if (plugin === undefined) throw new Error('a pass reports every plugin that it was asked for');
  const plan = planDocument(report, { dryRun, showSecrets: options.showSecrets === true });
  const candidate = dryRun ? candidatePart(plugin, options.showSecrets === true) : undefined;
  emit(io, options.output, {
    document: runDocument(plugin, { dryRun, candidate }),
    table: () => {
      const { out } = planText(plan, { colour: io.colour.out, texts: report.config.texts, diff: dryRun });
      return `${candidate === undefined ? '' : `${printYaml(asValue(candidate))}\n`}${out}`;
    },
  });
  if (options.output === 'table') {
    io.note(planText(plan, { colour: io.colour.note, texts: report.config.texts, diff: false }).note);
    if (plugin.outcome === 'notDue') io.note(`plugin ${plugin.name} does not run: ${plugin.why}\n`);
  }
  const own = plugin.outcome === 'notDue' || plugin.outcome === 'running';
  return own ? 1 : planExitCode(plan, false);
};

function runDocument(
  plugin: PluginReport,
  { dryRun, candidate }: { dryRun: boolean; candidate: unknown },
): Document {
  const { name, outcome, part, run, problems } = plugin;
  const content = run?.proposal;
  return {
    kind: 'PluginRun',
    plugin: name,
    source: sourceOf(name),
    dryRun,
    stored: !dryRun && (outcome === 'accepted' || outcome === 'renewed'),
    result: outcome,
    ...(run === undefined ? {} : { outcome: run.child }),
    ...(part === undefined ? {} : { part: candidate ?? partSummary(part) }),
    summary: {
      resources: content?.resources.length ?? 0,
      directives: content?.directives.length ?? 0,
      actionPlans: content?.actionPlans.length ?? 0,
      events: content?.events.length ?? 0,
    },
    problems,
  };
}

/** The DynamicConfigPart that a run would have given, as routerctl may print it. */
function candidatePart({ part }: PluginReport, showSecrets: boolean): unknown {
  return part === undefined ? undefined : encodePart(shownPart(part, showSecrets));
}

/** A part as routerctl may print it. */
export function shownPart(part: Part, showSecrets: boolean): Part {
  if (showSecrets) return part;
  const shown: Pick<PartContent, 'resources' | 'actionPlans'> = {
    resources: part.resources.map(redactForDisplay),
    actionPlans: part.actionPlans.map(plan => redactValueForDisplay(plan) as typeof plan),
  };
  return { ...part, ...shown };
}
