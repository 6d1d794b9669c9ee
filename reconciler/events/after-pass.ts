import type { BusEvent } from '../../protocol/event.js';
import { sourceOf } from '../../protocol/plugin.js';
import type { Problem } from '../../protocol/problem.js';
import type { PassReport } from '../report.js';
import { eventsOfPass } from './own-events.js';
import { afterRun } from './queue.js';
import type { EventQueue } from './queue.js';

export interface QueueAfterPass {
  readonly queue: EventQueue;
  /** What the pass published. */
  readonly published: readonly BusEvent[];
  /** Events that were given up. */
  readonly findings: readonly Problem[];
}

/** What a pass does to the events on their way: what its runs carried is settled, what it gives rise to is queued. Pure. */
export function queueAfterPass(
  before: EventQueue,
  report: PassReport,
  listeners: ReadonlyMap<string, readonly string[]>,
): QueueAfterPass {
  let queue = before;
  const findings: Problem[] = [];
  for (const { name, outcome, run } of report.plugins) {
    // A superseded run says nothing about its events: they wait for the one that follows.
    if (run === undefined || run.events.length === 0 || outcome === 'superseded') continue;
    const succeeded = outcome !== 'failed' && outcome !== 'rejected';
    const settled = afterRun(queue, {
      plugin: name,
      ids: new Set(run.events.map(({ id }) => id)),
      succeeded,
    });
    queue = settled.queue;
    findings.push(...settled.dropped.map(event => dropped(name, event)));
  }
  const published = eventsOfPass(report);
  const waiting = published.flatMap(event =>
    (listeners.get(event.topic) ?? []).map(plugin => ({ plugin, event, failures: 0 })),
  );
  if (waiting.length > 0) queue = { ...queue, waiting: [...queue.waiting, ...waiting] };
  return { queue, published, findings };
}

function dropped(plugin: string, event: BusEvent): Problem {
  return {
    reason: 'EventDropped',
    severity: 'warning',
    message: `the event ${event.id} (${event.topic}) is given up after five failed runs`,
    hint: 'mend the plugin, then publish the event again',
    source: sourceOf(plugin),
  };
}
