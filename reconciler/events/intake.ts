import { decodeEvent, eventValue } from '../../protocol/event.js';
import type { BusEvent } from '../../protocol/event.js';
import { isResourceName } from '../../protocol/names.js';
import { pathText } from '../../protocol/problem.js';
import { readYaml } from '../../protocol/yaml/read.js';
import { decodeText } from '../../protocol/yaml/source-text.js';
import { readInbox, reject, take } from '../../state/inbox.js';
import type { Drop } from '../../state/inbox.js';
import { appendLog } from '../../state/log.js';
import type { Instant } from '../../protocol/time.js';
import { eventLog, inboxPath, readQueue, writeQueue } from '../state-dir.js';
import { admit } from './queue.js';
import type { EventQueue } from './queue.js';

/** A file of the inbox, judged. */
type Judged =
  { readonly name: string; readonly event: BusEvent } | { readonly name: string; readonly refusal: string };

export interface IntakeFacts {
  /** The state directory. */
  readonly dir: string;
  readonly listeners: ReadonlyMap<string, readonly string[]>;
  readonly now: Instant;
}

/** The queue as it will be once the inbox is taken in; writes nothing. */
export async function previewInbox(queue: EventQueue, facts: IntakeFacts): Promise<EventQueue> {
  const judged = (await readInbox(inboxPath(facts.dir))).map(drop => judge(drop, facts.now));
  return admit(queue, eventsOf(judged), facts).queue;
}

/**
 * Takes the inbox in, under the writer lock: the queue is on disk before a file leaves the inbox, so that a kill in
 * between brings an event a second time at most, and its id then gives it away.
 */
export async function takeInbox(facts: IntakeFacts): Promise<EventQueue> {
  const inbox = inboxPath(facts.dir);
  const judged = (await readInbox(inbox)).map(drop => judge(drop, facts.now));
  const before = await readQueue(facts.dir);
  if (judged.length === 0) return before;
  const { queue, admitted } = admit(before, eventsOf(judged), facts);
  if (admitted.length > 0) {
    await writeQueue(facts.dir, queue);
    await appendLog(eventLog(facts.dir), admitted.map(eventValue));
  }
  for (const entry of judged) {
    if ('event' in entry) await take(inbox, entry.name);
    else await reject(inbox, entry.name, entry.refusal);
  }
  return queue;
}

function eventsOf(judged: readonly Judged[]): BusEvent[] {
  return judged.flatMap(entry => ('event' in entry ? [entry.event] : []));
}

/** Reads a file as an Event; without an id of its own it gets the file's name. */
function judge({ name, bytes, obstacle, modifiedMs }: Drop, now: Instant): Judged {
  if (bytes === undefined) return { name, refusal: `${obstacle ?? 'the file cannot be read'}\n` };
  const text = decodeText(name, bytes, { allowByteOrderMark: true });
  if (!text.ok) return { name, refusal: `${text.failure.message}\n` };
  const { documents, problems } = readYaml(text.value, { allowAliases: false });
  const [document] = documents;
  if (problems.length > 0 || document === undefined || documents.length > 1) {
    const [problem] = problems;
    return { name, refusal: `${problem?.message ?? 'the file is not one document'}\n` };
  }
  const stem = name.replace(/\.(?:ya?ml|json)$/, '');
  const id = isResourceName(stem) ? stem : `event-${Math.round(modifiedMs)}`;
  const decoded = decodeEvent(document.value, { id, time: Math.min(Math.round(modifiedMs), now) });
  if (decoded.ok) return { name, event: decoded.value };
  return {
    name,
    refusal: decoded.failure.map(({ path, message }) => `${pathText(path)}: ${message}\n`).join(''),
  };
}
