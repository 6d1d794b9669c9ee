import { isExpired } from '../protocol/part.js';
import { sourceOf } from '../protocol/plugin.js';
import { intervalOf } from '../protocol/references.js';
import type { Problem } from '../protocol/problem.js';
import type { Instant } from '../protocol/time.js';
import type { ConfiguredPlugin } from '../state/config/manifest.js';
import { oneLine } from '../protocol/text.js';
import { formatTime } from '../protocol/time.js';
import { controlOf } from './control/control.js';
import { suspensionOf } from './control/suspension.js';
import type { Suspension } from './control/suspension.js';
import { dueOf } from './due.js';
import type { Due } from './due.js';
import type { EventQueue } from './events/queue.js';
import type { Head } from './head.js';
import { inputDigest } from './inputs.js';
import type { RunnablePlugin } from './inputs.js';
import type { RunStatus } from './records/run-status.js';
import { isPassPlugin, runnable } from './situation.js';
import type { Situation } from './situation.js';

/** What a pass does about one plugin. */
export type PlannedPlugin =
  /** It cannot run, whatever the time. */
  | { readonly name: string; readonly state: 'broken'; readonly problems: readonly Problem[] }
  /** It never gets a PluginRequest, or there is no startup-config to run it under. */
  | { readonly name: string; readonly state: 'leftOut'; readonly why: string }
  | {
      readonly name: string;
      readonly state: 'ready';
      readonly plugin: RunnablePlugin;
      readonly inputDigest: string;
      readonly due: Due;
    };

export interface PlanFacts {
  readonly situation: Situation;
  readonly head: Head;
  readonly status: RunStatus;
  readonly queue: EventQueue;
  /** The one plugin that was asked for: it alone is due. Undefined for an ordinary pass. */
  readonly only?: string | undefined;
}

/** Decides for every plugin whether it runs now. Pure. */
export function planRuns(facts: PlanFacts, now: Instant): PlannedPlugin[] {
  const shared = sharedIntervals(facts.situation);
  const { suspended } = controlOf(facts.head);
  return facts.situation.plugins.map(plugin => planPlugin(plugin, { ...facts, shared, suspended }, now));
}

/** Intervals that more than one plugin has. */
function sharedIntervals({ plugins, bindings }: Situation): Set<number> {
  const all = plugins
    .filter(isPassPlugin)
    .flatMap(({ name, declaration }) => intervalOf(declaration, bindings.get(name)?.source) ?? []);
  return new Set(all.filter((everyMs, i) => all.indexOf(everyMs) !== i));
}

function planPlugin(
  plugin: ConfiguredPlugin,
  facts: PlanFacts & { readonly shared: ReadonlySet<number>; readonly suspended: readonly Suspension[] },
  now: Instant,
): PlannedPlugin {
  const { name, declaration } = plugin;
  const { situation, head, status, only } = facts;
  if (!isPassPlugin(plugin)) {
    return { name, state: 'leftOut', why: 'it has none of the capabilities that take part in a pass' };
  }
  const ready = runnable(plugin, situation);
  if (ready === undefined || declaration === undefined)
    return { name, state: 'broken', problems: plugin.problems };
  if (situation.startup === undefined) {
    return { name, state: 'leftOut', why: 'there is no startup-config to run it under' };
  }
  const digest = inputDigest(ready);
  const part = head.parts.find(({ source }) => source === sourceOf(name));
  const lastRun = status.plugins.get(name);
  const suspension = suspensionOf(facts.suspended, name, now);
  if (suspension !== undefined) {
    return { name, state: 'ready', plugin: ready, inputDigest: digest, due: notWhile(suspension) };
  }
  const due: Due =
    only !== undefined && only !== name
      ? { due: false, why: 'another plugin was asked for' }
      : dueOf(
          {
            plugin: declaration,
            ...(ready.binding === undefined ? {} : { binding: ready.binding.source }),
            inputDigest: digest,
            ...(lastRun === undefined ? {} : { lastRun }),
            // A result that is held renews nothing: to hasten for the lease would start the plugin again and again.
            ...(part === undefined || isExpired(part, now) || lastRun?.outcome === 'held'
              ? {}
              : { lease: part }),
            sharesInterval: facts.shared.has(intervalOf(declaration, ready.binding?.source) ?? Number.NaN),
            askedFor: only === name,
            waitingEvents: facts.queue.waiting.filter(delivery => delivery.plugin === name).length,
          },
          now,
        );
  return { name, state: 'ready', plugin: ready, inputDigest: digest, due };
}

/** Nothing makes a suspended plugin due; what would have waits, as its events do. */
function notWhile(suspension: Suspension): Due {
  const { by, until, reason } = suspension;
  return {
    due: false,
    why: oneLine(`suspended by ${by} until ${formatTime(until)}: ${reason}`, 400),
    nextAt: until,
  };
}
