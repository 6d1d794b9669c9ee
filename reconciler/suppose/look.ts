import type { BusEvent } from '../../protocol/event.js';
import { sourceOf } from '../../protocol/plugin.js';
import type { Problem } from '../../protocol/problem.js';
import { fail, ok } from '../../protocol/result.js';
import type { Result } from '../../protocol/result.js';
import type { Instant } from '../../protocol/time.js';
import { governed } from '../control/governed.js';
import { listenersOf } from '../events/listeners.js';
import { admit } from '../events/queue.js';
import type { Looked } from '../look.js';
import type { PassOptions } from '../pass-options.js';
import { isPassPlugin } from '../situation.js';
import type { Situation } from '../situation.js';
import type { StateView } from '../state-dir.js';
import { supposedConfig } from './config.js';
import type { CannotSuppose, Suppositions } from './suppositions.js';

/** What a pass starts from under the suppositions, or the first of them that speaks of something that is not there. */
export async function supposedLook(
  looked: Looked,
  options: PassOptions,
): Promise<Result<Looked, CannotSuppose>> {
  const { suppose } = options;
  if (suppose === undefined) return ok(looked);
  const obstacle = obstacleOf(looked, suppose);
  if (obstacle !== undefined) return fail(obstacle);
  const now = options.clock();
  const config = supposedConfig(looked.config, suppose);
  const view = withEndedLeases(looked.view, suppose, now);
  const { situation } = await governed({ options, config, view, now });
  const { queue } = admit(view.queue, eventsAt(suppose, now), { listeners: listenersOf(situation), now });
  return ok({ config, situation, view: { ...view, queue } });
}

function withEndedLeases(view: StateView, { expired = [] }: Suppositions, now: Instant): StateView {
  const sources = new Set(expired.map(sourceOf));
  if (sources.size === 0) return view;
  const parts = view.head.parts.map(part =>
    sources.has(part.source) ? { ...part, expiresAt: Math.min(part.expiresAt, now) } : part,
  );
  return { ...view, head: { ...view.head, parts } };
}

function eventsAt({ events = [] }: Suppositions, now: Instant): BusEvent[] {
  return events.map((topic, i) => ({
    id: `supposed-${i + 1}`,
    topic,
    time: now,
    source: 'routerctl',
    attributes: {},
  }));
}

function obstacleOf({ situation, view }: Looked, suppose: Suppositions): CannotSuppose | undefined {
  const plugins = new Set(situation.plugins.map(({ name }) => sourceOf(name)));
  const parts = new Set(view.head.parts.map(({ source }) => source));
  const sources = new Set([...plugins, ...parts]);
  for (const name of suppose.without ?? []) {
    if (!sources.has(sourceOf(name))) return unknown(`there is no source ${sourceOf(name)}`, sources);
  }
  for (const name of suppose.expired ?? []) {
    if (!parts.has(sourceOf(name))) return unknown(`${sourceOf(name)} has no part`, parts);
  }
  const left = situation.plugins
    .filter(isPassPlugin)
    .map(({ name }) => name)
    .filter(name => suppose.without?.includes(name) !== true);
  for (const name of suppose.results?.keys() ?? []) {
    if (!left.includes(name))
      return unknown(`no plugin ${JSON.stringify(name)} takes part in passes`, new Set(left));
  }
  return undefined;
}

function unknown(message: string, known: ReadonlySet<string>): CannotSuppose {
  const hint = known.size === 0 ? 'there is none at all' : `there are: ${[...known].sort().join(', ')}`;
  return { kind: 'cannotSuppose', message, hint };
}

/** A note for every supposed event that nobody listens to. */
export function unheardEvents(situation: Situation, suppose: Suppositions | undefined): Problem[] {
  const listeners = listenersOf(situation);
  const topics = [...listeners.keys()].sort();
  return (suppose?.events ?? [])
    .filter(topic => !listeners.has(topic))
    .map(topic => ({
      reason: 'EventUnheard',
      severity: 'note',
      message: `no plugin listens to ${topic}`,
      hint: topics.length === 0 ? 'no plugin listens to any topic' : `listened to: ${topics.join(', ')}`,
    }));
}
