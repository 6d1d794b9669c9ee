import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { encodeEvent, eventOfValue, eventValue } from '../../protocol/event.js';
import type { BusEvent } from '../../protocol/event.js';
import { isResourceName, isTopic, resourceNameRule } from '../../protocol/names.js';
import { printable } from '../../protocol/text.js';
import { formatTime } from '../../protocol/time.js';
import { eventLog, inboxPath } from '../../reconciler/state-dir.js';
import { printYaml } from '../../render/canonical-yaml.js';
import { drop } from '../../state/inbox.js';
import { readLog } from '../../state/log.js';
import { operatorName } from '../operator.js';
import { emit, listDocument, table } from '../output/format.js';
import { settingsOf } from '../settings.js';
import type { Command, CommandContext, OutputOptions } from './context.js';
import { openHistory } from './view.js';

export interface PublishOptions extends OutputOptions {
  readonly topic: string;
  readonly attribute?: readonly string[];
  readonly id?: string;
}

/** Drops an event into the inbox, where the daemon or the next reconcile finds it; needs neither of them to run. */
export const eventPublish: Command<PublishOptions> = async (options, context) => {
  const { io, env, clock } = context;
  const id = options.id ?? randomUUID();
  const wrong = [
    isTopic(options.topic) ? '' : 'a topic is one to eight labels of A-Z a-z 0-9 _ - joined by dots',
    isResourceName(id) ? '' : `the id does not fit: ${resourceNameRule}`,
    ...(options.attribute ?? []).map(text =>
      /^[^=]+=/.test(text) ? '' : `an attribute is KEY=VALUE, not ${JSON.stringify(printable(text))}`,
    ),
  ].filter(text => text !== '');
  for (const text of wrong) io.note(`routerctl: ${text}\n`);
  if (wrong.length > 0) return 1;
  // Only a state directory of routerd's own has an inbox: nothing is made in anybody else's.
  const view = await openHistory(options, context);
  if (!view.ok) return 1;
  const settings = await settingsOf(options, env);
  const event: BusEvent = {
    id,
    topic: options.topic,
    time: clock(),
    source: operatorName(env),
    attributes: Object.fromEntries((options.attribute ?? []).map(attributeOf)),
  };
  await drop(inboxPath(settings.state.path), `${id}.yaml`, printYaml(encodeEvent(event)));
  emit(io, options.output, {
    document: { kind: 'Event', ...eventValue(event) },
    table: () => `published ${event.topic} as ${event.id}\n`,
  });
  return 0;
};

function attributeOf(text: string): [key: string, value: string] {
  const at = text.indexOf('=');
  return [text.slice(0, at), text.slice(at + 1)];
}

export interface EventListOptions extends OutputOptions {
  /** Only topics that match; `*` stands for any characters. */
  readonly topic?: string;
  /** Go on with what comes. */
  readonly watch?: boolean;
}

const followMs = 500;

/** The events that the log still holds, oldest first. */
export const eventList: Command<EventListOptions> = async (options, context) => {
  const settings = await settingsOf(options, context.env);
  const log = eventLog(settings.state.path);
  const wanted = topicFilter(options.topic);
  const read = async (): Promise<BusEvent[]> =>
    (await readLog(log)).flatMap(entry => eventOfValue(entry) ?? []).filter(({ topic }) => wanted(topic));
  const events = await read();
  if (options.watch === true) return follow(events, read, { options, context });
  emit(context.io, options.output, {
    document: listDocument('Event', events.map(eventValue)),
    table: () => table(['TIME', 'TOPIC', 'SOURCE', 'ID', 'ATTRIBUTES'], events.map(row)),
  });
  return 0;
};

/** Prints one event a line, a JSON object each with -o json, until the command is interrupted. */
async function follow(
  first: readonly BusEvent[],
  read: () => Promise<BusEvent[]>,
  { options, context }: { readonly options: EventListOptions; readonly context: CommandContext },
): Promise<number> {
  const { io, signal } = context;
  const shown = new Set<string>();
  const show = (events: readonly BusEvent[]): void => {
    for (const event of events.filter(({ id }) => !shown.has(id))) {
      shown.add(event.id);
      const line = options.output === 'table' ? row(event).join('  ') : JSON.stringify(eventValue(event));
      io.out(`${printable(line)}\n`);
    }
  };
  show(first);
  while (!signal.aborted) {
    await wait(followMs, undefined, { signal }).catch(() => undefined);
    show(await read());
  }
  return 0;
}

function row({ time, topic, source, id, attributes }: BusEvent): string[] {
  const facts = Object.entries(attributes).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return [formatTime(time), topic, source, id, facts.join(' ')];
}

function topicFilter(pattern: string | undefined): (topic: string) => boolean {
  if (pattern === undefined) return () => true;
  const expression = new RegExp(`^${pattern.split('*').map(escapeRegExp).join('.*')}$`);
  return topic => expression.test(topic);
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
