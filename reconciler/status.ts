import { canonicalJson } from '../protocol/digest.js';
import { decodeBinding, isBinding } from '../protocol/plugin.js';
import { asValue } from '../protocol/resource.js';
import type { Problem } from '../protocol/problem.js';
import { intervalOf } from '../protocol/references.js';
import type { Instant } from '../protocol/time.js';
import type { Withheld } from './control/withheld.js';
import { eventRunLimit } from './due.js';
import { backoffMs } from './backoff.js';
import { conditionTypes } from './records/run-status.js';
import type { Condition, PluginStatus, RunStatus } from './records/run-status.js';
import { startupErrors } from './report.js';
import type { PassReport, PluginReport, RunRecord } from './report.js';

/** The status after a pass, from the one before it. Pure. */
export function statusAfter(before: RunStatus, report: PassReport): RunStatus {
  const { config, settlement, finishedAt } = report;
  const valid = config.startup !== undefined;
  const taken = report.order !== undefined || (valid && report.withheld === undefined);
  const applied = taken && settlement !== undefined;
  const generation = settlement?.generation.next ?? report.head.generation;
  const plugins = pluginStatuses(before, report);
  const failing = report.plugins
    .filter(({ name, outcome }) => outcome === 'failed' || (plugins.get(name)?.failures ?? 0) > 0)
    .map(({ name }) => name);
  const running = report.plugins.filter(({ outcome }) => outcome === 'running').map(({ name }) => name);
  return {
    plugins,
    conditions: conditionTypes.map(type =>
      transition(
        before.conditions.find(condition => condition.type === type),
        {
          type,
          ...judge(type, { errors: startupErrors(config), failing, running, withheld: report.withheld }),
          lastTransitionTime: finishedAt,
          observedGeneration: generation,
        },
      ),
    ),
    running,
    lastAttempted: { time: finishedAt, valid },
    ...(applied
      ? { lastApplied: { time: finishedAt, startupConfigHash: settlement.startupConfigHash, generation } }
      : before.lastApplied === undefined
        ? {}
        : { lastApplied: before.lastApplied }),
    problems: valid ? [] : startupErrors(config),
  };
}

/**
 * Whether two statuses say the same but for times: what passes that found nothing new agree on. That a plugin of `untold`
 * runs, which the one before does not say, makes no difference.
 */
export function sameState(before: RunStatus, after: RunStatus, untold: ReadonlySet<string>): boolean {
  const told = new Set(before.running);
  const gist = ({ conditions, problems, running }: RunStatus) =>
    canonicalJson(
      asValue([
        conditions
          .filter(({ type }) => type !== 'Reconciling')
          .map(({ type, status, reason, message }) => [type, status, reason, message]),
        running.filter(name => told.has(name) || !untold.has(name)),
        problems,
      ]),
    );
  return gist(before) === gist(after);
}

/** `lastTransitionTime` moves only when `status` does. */
function transition(before: Condition | undefined, now: Condition): Condition {
  return before?.status === now.status ? { ...now, lastTransitionTime: before.lastTransitionTime } : now;
}

/** Problems of the startup-config, and names of plugins. */
interface Judged {
  readonly errors: readonly Problem[];
  readonly failing: readonly string[];
  readonly running: readonly string[];
  readonly withheld: Withheld | undefined;
}

function judge(
  type: Condition['type'],
  { errors, failing, running, withheld }: Judged,
): Pick<Condition, 'status' | 'reason' | 'message'> {
  const no = (message: string) => ({ status: 'False', reason: 'AsExpected', message }) as const;
  switch (type) {
    case 'Ready':
      if (errors.length > 0)
        return { status: 'False', reason: 'StartupConfigInvalid', message: errorText(errors) };
      return withheld === undefined
        ? {
            status: 'True',
            reason: 'Reconciled',
            message: 'the effective-config is that of the config directory',
          }
        : { status: 'True', reason: 'InputWithheld', message: withheldMessage(withheld) };
    case 'Reconciling':
      return running.length === 0
        ? no('no plugin runs')
        : { status: 'True', reason: 'PluginsRunning', message: `running: ${running.join(', ')}` };
    case 'Stalled':
      return errors.length === 0
        ? no('nothing waits for the operator')
        : {
            status: 'True',
            reason: 'StartupConfigInvalid',
            message: 'the config directory has to be mended',
          };
    case 'Degraded':
      return failing.length === 0
        ? no('no plugin fails')
        : {
            status: 'True',
            reason: 'PluginsFailing',
            message: `failing: ${failing.join(', ')}`,
          };
  }
}

/** A decision of somebody's is no fault: what is in force is what was accepted, and that is as it should be. */
function withheldMessage({ kind, by }: Withheld): string {
  const what: Readonly<Record<Withheld['kind'], string>> = {
    quarantined: 'is quarantined',
    held: 'is held',
    unanswered: 'touches what is protected, and nobody has said that it may',
    awaitsConfirmation: 'awaits a confirmation',
    suspended: 'is suspended',
  };
  return `the effective-config is that of the accepted startup-config: the config directory ${what[kind]} (by ${by})`;
}

function errorText(errors: readonly Problem[]): string {
  const [first] = errors;
  const place = first?.place;
  const where = place === undefined ? '' : `${place.file}:${place.line ?? 1}:${place.column ?? 1}: `;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return `${where}${first?.message ?? ''}${more}`;
}

function pluginStatuses(before: RunStatus, report: PassReport): Map<string, PluginStatus> {
  const statuses = new Map<string, PluginStatus>();
  for (const plugin of report.plugins) {
    const last = before.plugins.get(plugin.name);
    const next = plugin.run === undefined ? last : statusOfRun(plugin, plugin.run, { last, report });
    if (next !== undefined) statuses.set(plugin.name, next);
  }
  return statuses;
}

function statusOfRun(
  plugin: PluginReport,
  run: RunRecord,
  facts: { last: PluginStatus | undefined; report: PassReport },
): PluginStatus {
  const { name, outcome } = plugin;
  const bad = outcome === 'failed' || outcome === 'rejected';
  const failures = bad ? (facts.last?.failures ?? 0) + 1 : 0;
  const everyMs = intervalIn(facts.report, name);
  const retryAt = facts.report.finishedAt + backoffMs(name, failures, everyMs);
  return {
    startedAt: run.startedAt,
    failures,
    ...eventRunsAfter(facts.last?.eventRuns ?? [], run),
    ...(bad ? { retryAt } : {}),
    // Inputs that changed while it ran make it due at once, however it ended.
    inputDigest: run.inputDigest,
    outcome,
    message: bad ? (plugin.problems.find(({ severity }) => severity === 'error')?.message ?? '') : '',
  };
}

function intervalIn({ config, startup }: PassReport, name: string): number | undefined {
  const declaration = config.plugins.find(plugin => plugin.name === name)?.declaration;
  const bindings = (startup?.resources ?? []).filter(isBinding).map(decodeBinding);
  return intervalOf(
    declaration,
    bindings.find(({ pluginRef }) => pluginRef === name),
  );
}

/** The starts of the latest runs that events caused: what the rate limit counts. */
function eventRunsAfter(
  before: readonly Instant[],
  { cause, startedAt }: RunRecord,
): { eventRuns?: readonly Instant[] } {
  const runs = cause === 'event' ? [...before, startedAt].slice(-eventRunLimit) : before;
  return runs.length === 0 ? {} : { eventRuns: runs };
}
