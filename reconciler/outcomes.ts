import { sourceOf } from '../protocol/plugin.js';
import type { Problem } from '../protocol/problem.js';
import type { PlannedPlugin } from './plan-runs.js';
import type { PluginReport, RunRecord } from './report.js';
import type { FinishedRun } from './run-plugin.js';
import type { RunProposal } from './settle/parts.js';
import type { Settlement } from './settle/settle.js';

/** What came of starting a due plugin. */
export type Attempt =
  | { readonly name: string; readonly state: 'finished'; readonly run: FinishedRun }
  | { readonly name: string; readonly state: 'running' };

/**
 * A result holds only for the inputs that its run was started with: `current` has the input digest of every plugin that
 * could run now.
 */
export function isSuperseded({ order }: FinishedRun, current: ReadonlyMap<string, string>): boolean {
  return current.get(order.name) !== order.inputDigest;
}

/** The proposals that may be taken in. */
export function proposalsOf(
  attempts: readonly Attempt[],
  current: ReadonlyMap<string, string>,
): RunProposal[] {
  return attempts.flatMap((attempt): RunProposal[] => {
    if (attempt.state === 'running' || isSuperseded(attempt.run, current)) return [];
    const { order, proposal } = attempt.run;
    return proposal === undefined ? [] : [{ plugin: order.name, cause: order.cause, proposal }];
  });
}

export interface OutcomeFacts {
  readonly plan: readonly PlannedPlugin[];
  readonly attempts: readonly Attempt[];
  readonly current: ReadonlyMap<string, string>;
  readonly settlement: Settlement | undefined;
}

/** One report a plugin, in the order of the plan. */
export function pluginReports(facts: OutcomeFacts): PluginReport[] {
  return facts.plan.map(planned => reportOf(planned, facts));
}

function reportOf(planned: PlannedPlugin, facts: OutcomeFacts): PluginReport {
  const { name } = planned;
  const idle = { name, due: false, problems: [] };
  if (planned.state === 'broken') {
    return { ...idle, why: 'it cannot run', outcome: 'failed', problems: planned.problems };
  }
  if (planned.state === 'leftOut') return { ...idle, why: planned.why, outcome: 'notDue' };
  const attempt = facts.attempts.find(entry => entry.name === name);
  if (!planned.due.due && attempt === undefined) return { ...idle, why: planned.due.why, outcome: 'notDue' };
  const due = { ...idle, due: true, why: planned.due.why };
  if (attempt === undefined) return { ...due, outcome: 'notRun' };
  if (attempt.state === 'running') return { ...due, outcome: 'running' };
  return { ...due, ...finished(attempt.run, facts) };
}

function finished(
  run: FinishedRun,
  { current, settlement }: OutcomeFacts,
): Pick<PluginReport, 'outcome' | 'problems' | 'run' | 'part'> {
  const { order, startedAt, child, proposal, problems } = run;
  const { cause, events, inputDigest } = order;
  const record = {
    run: {
      startedAt,
      cause,
      inputDigest,
      events,
      child,
      ...(proposal === undefined ? {} : { proposal }),
      ...exchangeOf(run),
    },
  };
  if (child.error !== null) return { ...record, outcome: 'failed', problems };
  if (isSuperseded(run, current))
    return { ...record, outcome: 'superseded', problems: [...problems, superseded(order.name)] };
  const taken = proposal === undefined ? undefined : settlement?.outcomes.get(order.name);
  if (taken === undefined) return { ...record, outcome: 'rejected', problems };
  const all = taken.problem === undefined ? problems : [...problems, taken.problem];
  if (taken.outcome === 'notBound')
    return {
      ...record,
      outcome: 'notBound',
      problems: taken.problem === undefined ? [...all, notBound(order.name)] : all,
    };
  return {
    ...record,
    outcome: taken.outcome,
    problems: all,
    ...(taken.part === undefined ? {} : { part: taken.part }),
  };
}

function exchangeOf({ request, result, order }: FinishedRun): Pick<RunRecord, 'exchange'> {
  if (request === undefined) return {};
  const executable = order.plugin.executable.digest;
  return { exchange: { request, executable, ...(result === undefined ? {} : { result }) } };
}

function superseded(name: string): Problem {
  return {
    reason: 'Superseded',
    severity: 'note',
    message:
      'what the plugin was started with changed while it ran: its result is dropped, and it runs again at the next pass',
    source: sourceOf(name),
  };
}

function notBound(name: string): Problem {
  return {
    reason: 'NotBound',
    severity: 'note',
    message: 'no DynamicConfigSource names the plugin: its result is not kept',
    hint: `write a DynamicConfigSource with pluginRef: ${name}`,
    source: sourceOf(name),
  };
}
