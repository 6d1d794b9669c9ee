import { expect } from 'chai';
import fc from 'fast-check';
import { decodeEvent, encodeEvent, eventOfValue, eventValue } from '../../protocol/event.js';
import type { BusEvent } from '../../protocol/event.js';
import type { Value } from '../../protocol/resource.js';
import { dueOf, eventRunLimit } from '../../reconciler/due.js';
import type { DueFacts } from '../../reconciler/due.js';
import {
  admit,
  afterRun,
  batchFor,
  decodeQueue,
  emptyQueue,
  encodeQueue,
} from '../../reconciler/events/queue.js';

const event = (id: string, time = 0, topic = 'a.b'): BusEvent => ({
  id,
  topic,
  time,
  source: 's',
  attributes: {},
});
const listeners = new Map([['a.b', ['p', 'q']]]);
const ids = (events: readonly BusEvent[]) => events.map(({ id }) => id);
const day = 24 * 3_600_000;

describe('events on their way', () => {
  it('wait for every plugin that listens to their topic, and no other', () => {
    const { queue } = admit(emptyQueue, [event('1'), event('2', 0, 'other')], { listeners, now: 0 });
    expect(queue.waiting.map(({ plugin, event: { id } }) => `${plugin} ${id}`)).to.deep.equal(['p 1', 'q 1']);
  });

  it('come in once, however often they are sent within a day', () => {
    const once = admit(emptyQueue, [event('1'), event('1')], { listeners, now: 0 });
    expect(ids(once.admitted)).to.deep.equal(['1']);
    expect(ids(admit(once.queue, [event('1')], { listeners, now: day - 1 }).admitted)).to.deep.equal([]);
    expect(ids(admit(once.queue, [event('1')], { listeners, now: day }).admitted)).to.deep.equal(['1']);
  });

  it('are carried oldest first, at most 1,000 at a time', () => {
    const many = Array.from({ length: 1_500 }, (_, i) => event(`e${i}`, 1_500 - i));
    const { queue } = admit(emptyQueue, many, { listeners, now: 0 });
    const batch = batchFor(queue, 'p');
    expect(batch).to.have.length(1_000);
    expect(ids(batch).slice(0, 2)).to.deep.equal(['e1499', 'e1498']);
  });

  it('are carried at most a mebibyte at a time, but one always', () => {
    const big = (id: string): BusEvent => ({ ...event(id), attributes: { text: 'x'.repeat(600_000) } });
    const { queue } = admit(emptyQueue, [big('1'), big('2')], { listeners, now: 0 });
    expect(ids(batchFor(queue, 'p'))).to.deep.equal(['1']);
    const { queue: huge } = admit(
      emptyQueue,
      [{ ...event('1'), attributes: { text: 'x'.repeat(2_000_000) } }],
      { listeners, now: 0 },
    );
    expect(ids(batchFor(huge, 'p'))).to.deep.equal(['1']);
  });

  it('are gone after a good run, for that plugin alone', () => {
    const { queue } = admit(emptyQueue, [event('1'), event('2')], { listeners, now: 0 });
    const after = afterRun(queue, { plugin: 'p', ids: new Set(['1']), succeeded: true });
    expect(ids(batchFor(after.queue, 'p'))).to.deep.equal(['2']);
    expect(ids(batchFor(after.queue, 'q'))).to.deep.equal(['1', '2']);
  });

  it('wait through four failed runs, and are dropped with the fifth', () => {
    let { queue } = admit(emptyQueue, [event('1')], { listeners, now: 0 });
    const dropped: string[][] = [];
    for (let run = 0; run < 5; run++) {
      const after = afterRun(queue, { plugin: 'p', ids: new Set(['1']), succeeded: false });
      queue = after.queue;
      dropped.push(ids(after.dropped));
    }
    expect(dropped).to.deep.equal([[], [], [], [], ['1']]);
    expect(ids(batchFor(queue, 'q'))).to.deep.equal(['1']);
  });

  it('survive being written and read', () => {
    const { queue } = admit(emptyQueue, [event('1'), { ...event('2', 5), attributes: { a: [1, null] } }], {
      listeners,
      now: 7,
    });
    expect(decodeQueue(encodeQueue(queue))).to.deep.equal(queue);
  });
});

describe('event documents', () => {
  const defaults = { id: 'file-name', time: 42 };

  it('read back as they were written', () => {
    const one = { ...event('x', 1_000), attributes: { k: 'v' } };
    expect(decodeEvent(encodeEvent(one), defaults)).to.deep.equal({ ok: true, value: one });
    expect(eventOfValue(eventValue(one))).to.deep.equal(one);
  });

  it('take their id from the file and their time from the clock when they leave them out', () => {
    const outcome = decodeEvent(
      { apiVersion: 'event.routerd.net/v1alpha1', kind: 'Event', spec: { topic: 't' } },
      defaults,
    );
    expect(outcome).to.deep.equal({
      ok: true,
      value: { id: 'file-name', topic: 't', time: 42, source: '', attributes: {} },
    });
  });

  it('are refused when they are something else, and nothing makes reading throw', () => {
    const whole = {
      apiVersion: 'event.routerd.net/v1alpha1',
      kind: 'Event',
      metadata: { name: 'x' },
      spec: { topic: 't' },
    };
    for (const wrong of [
      { ...whole, kind: 'Router' },
      { ...whole, spec: {} },
      { ...whole, spec: { topic: 'a..b' } },
      { ...whole, metadata: { name: '../x' } },
      { ...whole, spec: { topic: 't', time: 'noon' } },
    ]) {
      expect(decodeEvent(wrong, defaults).ok, JSON.stringify(wrong)).to.equal(false);
    }
    fc.assert(
      fc.property(fc.jsonValue() as fc.Arbitrary<Value>, value => {
        expect(decodeEvent(value, defaults).ok).to.equal(false);
      }),
    );
  });
});

describe('a plugin that events wake', () => {
  const facts = (more: Partial<DueFacts>): DueFacts => ({
    plugin: { name: 'p', timeoutMs: 1, env: {}, capabilities: [], triggers: [], context: [] },
    inputDigest: 'same',
    lastRun: { startedAt: 0, failures: 0, inputDigest: 'same' },
    askedFor: false,
    waitingEvents: 1,
    ...more,
  });

  it('is due for them before anything but a request', () => {
    expect(dueOf(facts({}), 1)).to.include({ due: true, cause: 'event' });
    expect(dueOf(facts({ inputDigest: 'other' }), 1)).to.include({ cause: 'event' });
    expect(dueOf(facts({ askedFor: true }), 1)).to.include({ cause: 'manual' });
  });

  it('lets them wait while it backs off, and takes them when that is over', () => {
    const lastRun = { startedAt: 0, failures: 1, retryAt: 1_000, inputDigest: 'same' };
    expect(dueOf(facts({ lastRun }), 999)).to.include({ due: false, nextAt: 1_000 });
    expect(dueOf(facts({ lastRun }), 1_000)).to.include({ due: true, cause: 'event' });
  });

  it('is slowed down when it wakes itself round and round, and status can say so', () => {
    const eventRuns = Array.from({ length: eventRunLimit }, (_, i) => i * 100);
    const lastRun = { startedAt: 900, failures: 0, inputDigest: 'same', eventRuns };
    const due = dueOf(facts({ lastRun }), 1_000);
    expect(due).to.include({ due: false, nextAt: 60_000 });
    expect(due.why).to.match(/rate limit/);
    expect(dueOf(facts({ lastRun }), 60_000)).to.include({ due: true, cause: 'event' });
  });
});
