import { mapsOf, textOf, textsOf, timeOf } from '../../protocol/pick.js';
import type { Problem } from '../../protocol/problem.js';
import { apiVersions, asValue, isList, isMap } from '../../protocol/resource.js';
import type { Value, ValueMap } from '../../protocol/resource.js';
import { formatTime } from '../../protocol/time.js';
import type { Instant } from '../../protocol/time.js';
import type { LastRun } from '../due.js';

/** What `run/status.yaml` keeps between passes: it is rebuilt by running, so losing it costs some runs and no config. */
export interface RunStatus {
  readonly plugins: ReadonlyMap<string, PluginStatus>;
  readonly conditions: readonly Condition[];
  /** Plugins whose results the last pass did not have yet: they ran, or waited for their turn. */
  readonly running: readonly string[];
  readonly lastAttempted?: AttemptedInput;
  readonly lastApplied?: AppliedInput;
  /** Problems of the startup-config at the last pass. */
  readonly problems: readonly Problem[];
}

export interface PluginStatus extends LastRun {
  readonly outcome: string;
  /** First sentence of what went wrong; '' after a success. */
  readonly message: string;
}

/** The kinds of condition that `status` shows, after Kubernetes' API conventions. */
export const conditionTypes = ['Ready', 'Reconciling', 'Stalled', 'Degraded'] as const;

export interface Condition {
  readonly type: (typeof conditionTypes)[number];
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  /** When `status` last changed. */
  readonly lastTransitionTime: Instant;
  /** The generation that was current when this was said. */
  readonly observedGeneration: number;
}

export interface AttemptedInput {
  readonly time: Instant;
  readonly valid: boolean;
}

export interface AppliedInput {
  readonly time: Instant;
  readonly startupConfigHash: string;
  readonly generation: number;
}

export const noStatus: RunStatus = { plugins: new Map(), conditions: [], running: [], problems: [] };

export function encodeRunStatus(status: RunStatus): Value {
  const { lastAttempted, lastApplied } = status;
  return {
    apiVersion: apiVersions.state,
    kind: 'RunStatus',
    plugins: Object.fromEntries(
      [...status.plugins].map(([name, plugin]) => [
        name,
        asValue({
          ...plugin,
          startedAt: formatTime(plugin.startedAt),
          ...(plugin.eventRuns === undefined ? {} : { eventRuns: plugin.eventRuns.map(formatTime) }),
          ...(plugin.retryAt === undefined ? {} : { retryAt: formatTime(plugin.retryAt) }),
        }),
      ]),
    ),
    conditions: status.conditions.map(condition =>
      asValue({ ...condition, lastTransitionTime: formatTime(condition.lastTransitionTime) }),
    ),
    ...(status.running.length === 0 ? {} : { running: asValue(status.running) }),
    ...(lastAttempted === undefined
      ? {}
      : { lastAttempted: { time: formatTime(lastAttempted.time), valid: lastAttempted.valid } }),
    ...(lastApplied === undefined
      ? {}
      : { lastApplied: asValue({ ...lastApplied, time: formatTime(lastApplied.time) }) }),
    problems: asValue(status.problems),
  };
}

/** Reads what encodeRunStatus wrote; what it cannot read counts as never recorded. */
export function decodeRunStatus(document: Value): RunStatus {
  if (!isMap(document) || document['kind'] !== 'RunStatus') return noStatus;
  const { plugins, conditions, running, lastAttempted, lastApplied, problems } = document;
  const attempted = isMap(lastAttempted) ? timeOf(lastAttempted['time']) : undefined;
  const applied = isMap(lastApplied) ? timeOf(lastApplied['time']) : undefined;
  return {
    plugins: new Map(
      Object.entries(isMap(plugins) ? plugins : {}).flatMap(([name, entry]): [string, PluginStatus][] => {
        const plugin = isMap(entry) ? decodePlugin(entry) : undefined;
        return plugin === undefined ? [] : [[name, plugin]];
      }),
    ),
    conditions: mapsOf(conditions).flatMap((entry): Condition[] => {
      const lastTransitionTime = timeOf(entry['lastTransitionTime']);
      return lastTransitionTime === undefined
        ? []
        : [{ ...(entry as unknown as Condition), lastTransitionTime }];
    }),
    running: textsOf(running),
    ...(attempted === undefined || !isMap(lastAttempted)
      ? {}
      : { lastAttempted: { time: attempted, valid: lastAttempted['valid'] === true } }),
    ...(applied === undefined
      ? {}
      : { lastApplied: { ...(lastApplied as unknown as AppliedInput), time: applied } }),
    problems: mapsOf(problems) as unknown as readonly Problem[],
  };
}

function decodePlugin(entry: ValueMap): PluginStatus | undefined {
  const startedAt = timeOf(entry['startedAt']);
  if (startedAt === undefined) return undefined;
  const retryAt = timeOf(entry['retryAt']);
  const { failures, inputDigest, eventRuns, outcome, message } = entry;
  return {
    startedAt,
    failures: typeof failures === 'number' ? failures : 0,
    ...(retryAt === undefined ? {} : { retryAt }),
    ...(typeof inputDigest === 'string' ? { inputDigest } : {}),
    ...(isList(eventRuns) ? { eventRuns: eventRuns.flatMap(instantOf) } : {}),
    outcome: textOf(outcome),
    message: textOf(message),
  };
}

function instantOf(value: Value): Instant[] {
  const instant = timeOf(value);
  return instant === undefined ? [] : [instant];
}
