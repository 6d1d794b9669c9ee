import { eventValue } from '../../protocol/event.js';
import type { BusEvent } from '../../protocol/event.js';
import { apiVersions } from '../../protocol/resource.js';
import type { Value } from '../../protocol/resource.js';
import { formatTime } from '../../protocol/time.js';
import type { Instant } from '../../protocol/time.js';
import type { DueCause } from '../due.js';

export interface RequestFacts {
  readonly plugin: string;
  readonly cause: DueCause;
  readonly startupConfigHash: string;
  readonly effectiveGeneration: number;
  /** Last accepted number of this source, 0 for none. */
  readonly previousDynamicGeneration: number;
  readonly now: Instant;
  readonly context: readonly Value[];
  /** The events that cause the run, oldest first; empty for any other cause. */
  readonly events: readonly BusEvent[];
}

/** The seed's trigger for each cause; the topics of decision P8 tell a manual run and a changed input from events. */
const triggers: Readonly<Record<Exclude<DueCause, 'event'>, { type: 'interval' | 'event'; topic: string }>> =
  {
    interval: { type: 'interval', topic: '' },
    manual: { type: 'event', topic: 'routerd.plugin.run' },
    input: { type: 'event', topic: 'routerd.config.changed' },
  };

/** The PluginRequest, as one line of JSON: what the plugin finds on stdin. */
export function pluginRequest(facts: RequestFacts): string {
  const request: Value = {
    apiVersion: apiVersions.plugin,
    kind: 'PluginRequest',
    metadata: { name: facts.plugin },
    spec: {
      trigger:
        facts.cause === 'event'
          ? { type: 'event', topic: facts.events[0]?.topic ?? '' }
          : triggers[facts.cause],
      startupConfigHash: facts.startupConfigHash,
      effectiveGeneration: facts.effectiveGeneration,
      previousDynamicGeneration: facts.previousDynamicGeneration,
      now: formatTime(facts.now),
      ...(facts.events.length > 0 ? { events: facts.events.map(eventValue) } : {}),
      ...(facts.context.length > 0 ? { context: { resources: facts.context } } : {}),
    },
  };
  return `${JSON.stringify(request)}\n`;
}
