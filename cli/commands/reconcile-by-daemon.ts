import { setTimeout as pause } from 'node:timers/promises';
import { durationText } from '../../protocol/duration.js';
import { emit } from '../output/format.js';
import { createLog } from '../output/log.js';
import { statusDocument } from '../reports/status.js';
import type { StatusFacts } from '../reports/status.js';
import { serve } from '../serve.js';
import { settingsOf } from '../settings.js';
import { statusText } from '../text/status-text.js';
import type { Command, OutputOptions } from './context.js';
import { readFacts } from './status.js';
import { askDaemon } from './wait.js';

export interface ReconcileWaitOptions extends OutputOptions {
  /** Milliseconds. */
  readonly timeout: number;
}

const pollMs = 200;

/**
 * Has the running daemon look now, and waits until that pass and every run that is under way after it have been taken in.
 * Exit code as a pass of one's own: 1 while the startup-config is broken, or where a plugin that ran meanwhile failed or
 * was rejected, or where it took too long.
 */
export const reconcileWait: Command<ReconcileWaitOptions> = async (options, context) => {
  const { io, clock, signal } = context;
  const deadline = clock() + options.timeout;
  const before = await readFacts(options, context);
  if (!before.ok || !(await askDaemon(options, context, options.timeout))) return 1;
  const looked = await readFacts(options, context);
  if (!looked.ok) return 1;
  let facts = looked.value;
  for (;;) {
    const open = openRuns(looked.value, facts);
    const passFailed = attemptedAt(facts) === attemptedAt(before.value);
    if (open.length === 0 && !passFailed) break;
    if (clock() >= deadline || signal.aborted || facts.daemon === undefined) {
      const what = passFailed ? 'its pass fails: see its log' : `still running: ${open.join(', ')}`;
      const why =
        facts.daemon === undefined ? 'routerd has stopped' : `after ${durationText(options.timeout)}`;
      io.note(`routerctl: ${why}, ${what}\n`);
      return 1;
    }
    await pause(pollMs, undefined, { signal }).catch(() => undefined);
    const next = await readFacts(options, context);
    if (!next.ok) return 1;
    facts = next.value;
  }
  const document = statusDocument(facts);
  emit(io, options.output, { document, table: () => statusText(document) });
  return succeededSince(before.value, facts) ? 0 : 1;
};

/** The runs that were under way at `since` and have not been taken in by `now`. Runs that began later do not count. */
function openRuns(since: StatusFacts, now: StatusFacts): string[] {
  return since.running.filter(
    name => now.running.includes(name) && lastRun(since, name) === lastRun(now, name),
  );
}

function succeededSince(before: StatusFacts, now: StatusFacts): boolean {
  const ready = now.view.status.conditions.find(({ type }) => type === 'Ready')?.status === 'True';
  const bad = now.plan.some(planned => {
    if (planned.state === 'broken') return true;
    const outcome = now.view.status.plugins.get(planned.name)?.outcome;
    return (
      lastRun(before, planned.name) !== lastRun(now, planned.name) &&
      (outcome === 'failed' || outcome === 'rejected')
    );
  });
  // As for a pass of one's own: what the operator wrote is not in force.
  return ready && !bad && now.withheld === undefined;
}

/** When the last run that was taken in began. */
function lastRun({ view }: StatusFacts, name: string): number | undefined {
  return view.status.plugins.get(name)?.startedAt;
}

function attemptedAt({ view }: StatusFacts): number | undefined {
  return view.status.lastAttempted?.time;
}

/** A daemon in the terminal: its log goes to stderr, and Ctrl-C stops it. */
export const reconcileWatch: Command<OutputOptions> = async (
  options,
  { io, env, clock, engineVersion, takeSignals },
) => {
  takeSignals();
  const log = createLog({ format: 'text', level: 'info', write: io.note, now: clock });
  const settings = await settingsOf(options, env);
  return serve({ settings, log, engineVersion, env, command: 'routerctl reconcile --watch' });
};
