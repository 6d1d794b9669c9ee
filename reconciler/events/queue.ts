import { eventOfValue, eventValue } from '../../protocol/event.js';
import type { BusEvent } from '../../protocol/event.js';
import { byCodePoint } from '../../protocol/order.js';
import { apiVersions, isList, isMap } from '../../protocol/resource.js';
import type { Value } from '../../protocol/resource.js';
import { formatTime, parseTime } from '../../protocol/time.js';
import type { Instant } from '../../protocol/time.js';

/** An event that waits for a plugin. */
export interface Delivery {
  readonly plugin: string;
  readonly event: BusEvent;
  /** Runs with it that failed. */
  readonly failures: number;
}

/** Events on their way to plugins, and the ids that came lately. */
export interface EventQueue {
  readonly waiting: readonly Delivery[];
  readonly seen: ReadonlyMap<string, Instant>;
}

export const emptyQueue: EventQueue = { waiting: [], seen: new Map() };

/** How long an id is remembered, so that an event that is sent twice is delivered once. */
const rememberMs = 24 * 3_600_000;

/** What one request carries at most, in events and in bytes of their JSON. */
const batchEvents = 1_000;
const batchBytes = 1024 * 1024;

/** After this many failed runs an event is given up. */
const attempts = 5;

export interface Admission {
  readonly queue: EventQueue;
  /** Events with an id that was new. */
  readonly admitted: readonly BusEvent[];
}

/** Lets events in: each waits for every plugin that listens to its topic; an id that came lately is left out. Pure. */
export function admit(
  queue: EventQueue,
  events: readonly BusEvent[],
  facts: { readonly listeners: ReadonlyMap<string, readonly string[]>; readonly now: Instant },
): Admission {
  const seen = new Map([...queue.seen].filter(([, at]) => at > facts.now - rememberMs));
  const admitted: BusEvent[] = [];
  const waiting = [...queue.waiting];
  for (const event of events) {
    if (seen.has(event.id)) continue;
    seen.set(event.id, facts.now);
    admitted.push(event);
    for (const plugin of facts.listeners.get(event.topic) ?? []) waiting.push({ plugin, event, failures: 0 });
  }
  return { queue: { waiting, seen }, admitted };
}

/** What the next run of a plugin carries: its oldest events, as many as fit. */
export function batchFor(queue: EventQueue, plugin: string): BusEvent[] {
  const mine = queue.waiting
    .filter(delivery => delivery.plugin === plugin)
    .map(({ event }) => event)
    .sort((a, b) => a.time - b.time || byCodePoint(a.id, b.id));
  const batch: BusEvent[] = [];
  let bytes = 0;
  for (const event of mine.slice(0, batchEvents)) {
    bytes += Buffer.byteLength(JSON.stringify(eventValue(event)));
    if (batch.length > 0 && bytes > batchBytes) break;
    batch.push(event);
  }
  return batch;
}

export interface Delivered {
  readonly plugin: string;
  readonly ids: ReadonlySet<string>;
  readonly succeeded: boolean;
}

/** After a run: what it carried is delivered, or waits for the retry, or has failed too often and is dropped. Pure. */
export function afterRun(
  queue: EventQueue,
  run: Delivered,
): { readonly queue: EventQueue; readonly dropped: readonly BusEvent[] } {
  const dropped: BusEvent[] = [];
  const waiting = queue.waiting.flatMap((delivery): Delivery[] => {
    if (delivery.plugin !== run.plugin || !run.ids.has(delivery.event.id)) return [delivery];
    if (run.succeeded) return [];
    if (delivery.failures + 1 < attempts) return [{ ...delivery, failures: delivery.failures + 1 }];
    dropped.push(delivery.event);
    return [];
  });
  return { queue: { ...queue, waiting }, dropped };
}

export function encodeQueue({ waiting, seen }: EventQueue): Value {
  return {
    apiVersion: apiVersions.state,
    kind: 'EventQueue',
    waiting: waiting.map(({ plugin, event, failures }) => ({ plugin, failures, event: eventValue(event) })),
    seen: Object.fromEntries([...seen].map(([id, at]) => [id, formatTime(at)])),
  };
}

/** Reads what encodeQueue wrote; what it cannot read never came. */
export function decodeQueue(document: Value): EventQueue {
  if (!isMap(document) || document['kind'] !== 'EventQueue') return emptyQueue;
  const { waiting, seen } = document;
  return {
    waiting: (isList(waiting) ? waiting : [])
      .filter(isMap)
      .flatMap(({ plugin, event, failures }): Delivery[] => {
        const decoded = event === undefined ? undefined : eventOfValue(event);
        if (typeof plugin !== 'string' || decoded === undefined) return [];
        return [{ plugin, event: decoded, failures: typeof failures === 'number' ? failures : 0 }];
      }),
    seen: new Map(
      Object.entries(isMap(seen) ? seen : {}).flatMap(([id, text]): [string, Instant][] => {
        const at = typeof text === 'string' ? parseTime(text) : undefined;
        return at === undefined ? [] : [[id, at]];
      }),
    ),
  };
}
