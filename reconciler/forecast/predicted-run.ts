import { partDigest } from '../../protocol/part.js';
import type { Part, PartContent } from '../../protocol/part.js';
import { sourceOf } from '../../protocol/plugin.js';
import type { Instant } from '../../protocol/time.js';
import type { Attempt } from '../outcomes.js';
import type { RunOrder } from '../run-plugin.js';
import { endedWell } from '../suppose/results.js';

const nothing: PartContent = { resources: [], directives: [], actionPlans: [] };

/**
 * The run of a plugin that takes no time, succeeds, and says what it said last, for as long as it did then; of which
 * nothing is known says nothing. What it reported as events happened then, and does not again.
 */
export function predictedRun(order: RunOrder, last: ReadonlyMap<string, Part>, now: Instant): Attempt {
  const { name, plugin } = order;
  const part = last.get(sourceOf(name));
  const longest = plugin.binding?.source.ttlMs ?? Number.POSITIVE_INFINITY;
  const asked = part === undefined ? longest : part.expiresAt - part.observedAt;
  const ttlMs = Math.round(Math.min(asked, longest));
  const { resources, directives, actionPlans } = part ?? nothing;
  const content = { resources, directives, actionPlans };
  return {
    name,
    state: 'finished',
    run: {
      order,
      startedAt: now,
      child: endedWell(Buffer.alloc(0)),
      proposal: {
        ...content,
        digest: part?.digest ?? partDigest(nothing),
        observedAt: now,
        expiresAt: Number.isFinite(ttlMs) ? now + ttlMs : now,
        events: [],
      },
      problems: [],
    },
  };
}
