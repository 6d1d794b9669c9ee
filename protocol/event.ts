import { mapOf, textOf, timeOf } from './pick.js';
import { isTopic } from './names.js';
import type { Issue } from './problem.js';
import { apiVersions, isMap } from './resource.js';
import type { Value, ValueMap } from './resource.js';
import { fail, ok } from './result.js';
import type { Result } from './result.js';
import { createChecker } from './schema/checker.js';
import { formatTime } from './time.js';
import type { Instant } from './time.js';

/** Something that happened, for plugins that listen to its topic. An id is delivered once, whoever sends it again. */
export interface BusEvent {
  readonly id: string;
  /** 1–8 labels, joined by dots. */
  readonly topic: string;
  readonly time: Instant;
  /** Who says so; '' where nobody does. */
  readonly source: string;
  readonly attributes: ValueMap;
}

/** What stands in for what a document leaves out. */
export interface EventDefaults {
  readonly id: string;
  readonly time: Instant;
}

/** Reads an Event document; all that is wrong with it at once. */
export function decodeEvent(document: Value, defaults: EventDefaults): Result<BusEvent, readonly Issue[]> {
  const filled: Value = isMap(document)
    ? { ...document, metadata: { name: defaults.id, ...mapOf(document['metadata']) } }
    : document;
  const issues = createChecker()
    .checkResource(filled)
    .filter(({ severity }) => severity === 'error');
  if (issues.length > 0 || !isMap(filled)) return fail(issues);
  const { topic, time, source, attributes } = mapOf(filled['spec']);
  if (filled['kind'] !== 'Event' || filled['apiVersion'] !== apiVersions.event) {
    const message = 'the document is not an Event of this version';
    return fail([{ reason: 'WrongKind', severity: 'error', message, path: ['kind'] }]);
  }
  if (typeof topic !== 'string' || !isTopic(topic)) {
    const message = 'the topic is not one to eight labels of A-Z a-z 0-9 _ - joined by dots';
    return fail([{ reason: 'InvalidValue', severity: 'error', message, path: ['spec', 'topic'] }]);
  }
  const { name } = mapOf(filled['metadata']);
  return ok({
    id: typeof name === 'string' ? name : defaults.id,
    topic,
    time: timeOf(time) ?? defaults.time,
    source: textOf(source),
    attributes: mapOf(attributes),
  });
}

/** The Event document of an event: what lies in the inbox. */
export function encodeEvent({ id, topic, time, source, attributes }: BusEvent): Value {
  return {
    apiVersion: apiVersions.event,
    kind: 'Event',
    metadata: { name: id },
    spec: { topic, time: formatTime(time), ...(source === '' ? {} : { source }), attributes },
  };
}

/** An event as a PluginRequest, the log and `event list` show it. */
export function eventValue({ id, topic, time, source, attributes }: BusEvent): ValueMap {
  return { id, topic, time: formatTime(time), source, attributes };
}

/** Reads what eventValue wrote. */
export function eventOfValue(value: Value): BusEvent | undefined {
  if (!isMap(value)) return undefined;
  const { id, topic, time, source, attributes } = value;
  const at = timeOf(time);
  if (typeof id !== 'string' || typeof topic !== 'string' || at === undefined) return undefined;
  return {
    id,
    topic,
    time: at,
    source: textOf(source),
    attributes: mapOf(attributes),
  };
}
