import { durationText } from '../../protocol/duration.js';
import { isExpired } from '../../protocol/part.js';
import { formatTime } from '../../protocol/time.js';
import { intervalOf } from '../../protocol/references.js';
import { loadConfig } from '../../state/config/load.js';
import { planRuns } from '../../reconciler/plan-runs.js';
import type { PlannedPlugin } from '../../reconciler/plan-runs.js';
import { situationOf } from '../../reconciler/situation.js';
import type { StateView } from '../../reconciler/state-dir.js';
import { emit, table } from '../output/format.js';
import { partSummary } from '../reports/part-summary.js';
import { settingsOf } from '../settings.js';
import type { Command, OutputOptions } from './context.js';
import { openView } from './view.js';

/** What is in force, what was tried last, and what happens next. Reads alone; never waits for a lock. */
export const status: Command<OutputOptions> = async (options, context) => {
  const { io } = context;
  const opened = await openView(options, context);
  if (!opened.ok) return 1;
  const view = opened.value;
  const now = context.clock();
  const settings = await settingsOf(options, context.env);
  const config = await loadConfig(settings.config);
  const situation = await situationOf(config, view.head);
  const plan = planRuns({ ...view, situation }, now);
  const plugins = plan.map(planned => pluginItem(planned, view));
  const parts = view.head.parts.map(part => ({
    ...partSummary(part),
    leaseLeftSeconds: isExpired(part, now) ? 0 : Math.round((part.expiresAt - now) / 1000),
  }));
  const { conditions, lastAttempted, lastApplied, problems } = view.status;
  const document = {
    kind: 'Status',
    generation: view.head.generation,
    commit: view.head.commit ?? null,
    conditions: conditions.map(condition => ({
      ...condition,
      lastTransitionTime: formatTime(condition.lastTransitionTime),
    })),
    plugins,
    parts,
    lastAttempted:
      lastAttempted === undefined ? null : { ...lastAttempted, time: formatTime(lastAttempted.time) },
    lastApplied: lastApplied === undefined ? null : { ...lastApplied, time: formatTime(lastApplied.time) },
    problems,
  };
  emit(io, options.output, {
    document,
    table: () =>
      [
        `generation ${document.generation}${document.commit === null ? '' : ` (${document.commit.slice(0, 12)})`}\n`,
        table(
          ['CONDITION', 'STATUS', 'REASON', 'SINCE', 'MESSAGE'],
          document.conditions.map(({ type, status, reason, lastTransitionTime, message }) => [
            type,
            status,
            reason,
            lastTransitionTime,
            message,
          ]),
        ),
        table(
          ['PLUGIN', 'LAST RUN', 'OUTCOME', 'FAILURES', 'NEXT'],
          plugins.map(({ name, lastRun, outcome, failures, next }) => [
            name,
            lastRun ?? '-',
            outcome ?? '-',
            String(failures),
            next,
          ]),
        ),
        table(
          ['PART', 'EXPIRES', 'LEASE LEFT'],
          parts.map(({ source, generation, expiresAt, leaseLeftSeconds }) => [
            `${source}#${generation}`,
            expiresAt,
            durationText(leaseLeftSeconds * 1000),
          ]),
        ),
      ].join('\n'),
  });
  return 0;
};

interface PluginItem {
  readonly name: string;
  readonly lastRun: string | null;
  readonly outcome: string | null;
  readonly message: string;
  readonly failures: number;
  readonly nextRun: string | null;
  readonly next: string;
  readonly interval: string | null;
  readonly partGeneration: number | null;
}

function pluginItem(planned: PlannedPlugin, { status: { plugins }, head }: StateView): PluginItem {
  const { name } = planned;
  const last = plugins.get(name);
  const part = head.parts.find(({ source }) => source === `Plugin/${name}`);
  const ready = planned.state === 'ready' ? planned : undefined;
  const everyMs =
    ready === undefined ? undefined : intervalOf(ready.plugin.declaration, ready.plugin.binding?.source);
  const nextAt = ready?.due.due === false ? ready.due.nextAt : undefined;
  return {
    name,
    lastRun: last === undefined ? null : formatTime(last.startedAt),
    outcome: last?.outcome ?? null,
    message: last?.message ?? '',
    failures: last?.failures ?? 0,
    nextRun: nextAt === undefined ? null : formatTime(nextAt),
    next: nextText(planned),
    interval: everyMs === undefined ? null : durationText(everyMs),
    partGeneration: part?.generation ?? null,
  };
}

function nextText(planned: PlannedPlugin): string {
  switch (planned.state) {
    case 'broken':
      return 'cannot run: see routerctl validate';
    case 'leftOut':
      return planned.why;
    case 'ready':
      return planned.due.due ? `at the next pass: ${planned.due.why}` : planned.due.why;
  }
}
