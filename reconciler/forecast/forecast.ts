import { isExpired } from '../../protocol/part.js';
import type { Part } from '../../protocol/part.js';
import type { Instant } from '../../protocol/time.js';
import { decideUnder } from '../conclude.js';
import { expiryOrder } from '../control/expiry.js';
import { controlOf } from '../control/control.js';
import { governed } from '../control/governed.js';
import { agenda } from '../daemon/agenda.js';
import { listenersOf } from '../events/listeners.js';
import { ordersOf } from '../look.js';
import type { Looked } from '../look.js';
import { planRuns } from '../plan-runs.js';
import type { PlannedPlugin } from '../plan-runs.js';
import type { StateView } from '../state-dir.js';
import { predictedRun } from './predicted-run.js';
import { sourcesOf } from './sources.js';
import type { ForecastSource } from './sources.js';
import { stepOf } from './step.js';
import type { ForecastStep, Happening } from './step.js';
import { viewAfter } from './view-after.js';

export interface Assumptions {
  /** Whether every run succeeds and says what the last one said; else no plugin ever runs again. */
  readonly plugins: 'renew' | 'dead';
  readonly engineVersion: string;
}

/** From one moment up to and including another. */
export interface Period {
  readonly from: Instant;
  readonly until: Instant;
}

export interface Forecast {
  /** In the order of time; the first is the pass that would be made now, where that has anything to do. */
  readonly steps: readonly ForecastStep[];
  /** What is in force at the end; the hash is undefined where there is no generation. */
  readonly final: { readonly generation: number; readonly effectiveConfigHash: string | undefined };
  /** How far it goes: `until`, or earlier where there were too many steps. */
  readonly reached: Instant;
}

/** A plugin that runs every second makes a step a second: with so many the rest would say nothing new. */
const mostSteps = 5_000;

/** Who would make a commit out of an edit: nobody reads it. */
const operator = 'operator';

/** Passes at one moment: what a pass publishes may make a plugin due at once. */
const mostPassesAtOnce = 20;

/**
 * What changes by itself: the passes of a daemon, one after the other, on a clock that
 * jumps. Nothing is run or written; what it is given and what plugins' programs look like is all that it depends on.
 */
export async function forecast(
  looked: Looked,
  { from, until }: Period,
  assumptions: Assumptions,
): Promise<Forecast> {
  const { config } = looked;
  const sources = sourcesOf(looked);
  const known = new Set(looked.view.head.parts.map(({ source }) => source));
  const last = new Map<string, Part>();
  const steps: ForecastStep[] = [];
  let { view } = looked;
  let now = from;
  let others: readonly Happening[] = [];
  for (let atOnce = 1; ; atOnce++) {
    for (const part of view.head.parts) last.set(part.source, part);
    const order = await expiryOrder(view, now);
    const under = await governed({ options: { operator }, config, view, order, now });
    const { situation } = under;
    const plan = planRuns({ ...view, situation }, now);
    const orders = assumptions.plugins === 'renew' ? ordersOf(plan, situation, view) : [];
    const at = now;
    const report = decideUnder(
      {
        options: { engineVersion: assumptions.engineVersion, operator },
        plan,
        attempts: orders.map(order => predictedRun(order, last, at)),
        config,
        view,
        repairs: [],
      },
      { situation, order, now, governing: { ...under, lost: new Set() } },
    );
    const step = stepOf(report, others, known);
    if (step !== undefined) steps.push(step);
    view = viewAfter(view, report, listenersOf(situation));
    if (steps.length >= mostSteps) return endingAt(now);

    const next = planRuns({ ...view, situation }, now);
    const again = assumptions.plugins === 'renew' && next.some(isDue) && atOnce < mostPassesAtOnce;
    others = [];
    if (again) continue;
    const moment = nextMoment({ plan: next, view, sources, assumptions }, now, until);
    if (moment === undefined) return endingAt(until);
    ({ at: now, others } = moment);
    atOnce = 0;
  }

  function endingAt(reached: Instant): Forecast {
    const { generation, record } = view.head;
    return { steps, final: { generation, effectiveConfigHash: record?.effectiveConfigHash }, reached };
  }
}

/** The end of the last lease that there is; undefined without any. */
export function lastLeaseEnd({ view }: Looked): Instant | undefined {
  const ends = view.head.parts.map(({ expiresAt }) => expiresAt);
  return ends.length === 0 ? undefined : Math.max(...ends);
}

function isDue(planned: PlannedPlugin): boolean {
  return planned.state === 'ready' && planned.due.due;
}

interface MomentFacts {
  readonly plan: readonly PlannedPlugin[];
  readonly view: StateView;
  readonly sources: readonly ForecastSource[];
  readonly assumptions: Assumptions;
}

/** The next moment at which something happens, with what happens then besides leases and runs. */
function nextMoment(
  { plan, view, sources, assumptions }: MomentFacts,
  now: Instant,
  until: Instant,
): { readonly at: Instant; readonly others: readonly Happening[] } | undefined {
  const { suspended, confirm } = controlOf(view.head);
  const live = view.head.parts.filter(part => !isExpired(part, now));
  const own = agenda(plan, live, { running: new Set(), suspended, confirm })
    .filter(({ reason }) => assumptions.plugins === 'renew' || reason !== 'pluginDue')
    .map(({ at }) => at);
  const upcoming = sources.flatMap(source => source.next(now, until) ?? []);
  const deadlines = confirm === undefined ? [] : [confirm.deadline];
  const later = [...own, ...deadlines, ...upcoming.map(({ at }) => at)].filter(at => at > now && at <= until);
  if (later.length === 0) return undefined;
  const at = Math.min(...later);
  return { at, others: upcoming.filter(entry => entry.at === at).map(({ happening }) => happening) };
}
