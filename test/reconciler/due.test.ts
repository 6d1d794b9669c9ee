import { expect } from 'chai';
import fc from 'fast-check';
import type { PluginDeclaration } from '../../protocol/plugin.js';
import { backoffMs } from '../../reconciler/backoff.js';
import { dueOf } from '../../reconciler/due.js';
import type { DueFacts } from '../../reconciler/due.js';

const second = 1_000;

const plugin = (everyMs?: number, timeoutMs = 10 * second): PluginDeclaration => ({
  name: 'p',
  timeoutMs,
  env: {},
  capabilities: ['propose.dynamicConfig'],
  triggers: everyMs === undefined ? [] : [{ type: 'interval', everyMs }],
  context: [],
});

const facts = (more: Partial<DueFacts> = {}): DueFacts => ({
  plugin: plugin(300 * second),
  inputDigest: 'same',
  lastRun: { startedAt: 0, failures: 0, inputDigest: 'same' },
  askedFor: false,
  waitingEvents: 0,
  ...more,
});

describe('whether a plugin is due', () => {
  const failing = { startedAt: 0, failures: 2, retryAt: 60 * second, inputDigest: 'same' };
  const cases: readonly (readonly [string, Partial<DueFacts>, number, string])[] = [
    ['it never ran', { lastRun: undefined as never }, 0, 'interval'],
    ['it is asked for', { askedFor: true }, 1, 'manual'],
    ['it is asked for while it backs off', { askedFor: true, lastRun: failing }, 1, 'manual'],
    ['its inputs changed', { inputDigest: 'other' }, 1, 'input'],
    ['its inputs changed while it backs off', { inputDigest: 'other', lastRun: failing }, 1, 'input'],
    ['what it last ran with is not known', { lastRun: { startedAt: 0, failures: 0 } }, 1, 'input'],
    ['its interval is not over', {}, 300 * second - 1, 'no'],
    ['its interval is over', {}, 300 * second, 'interval'],
    ['several intervals were missed', {}, 9_999 * second, 'interval'],
    ['it backs off', { lastRun: failing }, 60 * second - 1, 'no'],
    ['its back-off is over, though its interval is not', { lastRun: failing }, 60 * second, 'interval'],
    ['it has no interval', { plugin: plugin() }, 9_999 * second, 'no'],
    [
      'the interval of its binding is shorter than its own',
      {
        binding: { name: 'b', pluginRef: 'p', triggers: [{ type: 'interval', everyMs: 20 * second }] },
      },
      20 * second,
      'interval',
    ],
    ['the clock went back behind its last run', {}, -1, 'interval'],
    ['the clock went back while it backs off', { lastRun: failing }, -1, 'interval'],
  ];
  for (const [name, more, now, expected] of cases) {
    it(`${expected}: ${name}`, () => {
      const due = dueOf(facts(more), now);
      expect(due.due ? due.cause : 'no').to.equal(expected);
    });
  }

  it('asks for a renewal early enough for the answer to be in before the lease ends', () => {
    const lease = { observedAt: 0, expiresAt: 300 * second };
    const due = (at: number) => dueOf(facts({ lease }), at).due;
    expect(due((300 - 10 - 1) * second - 1)).to.equal(false);
    expect(due((300 - 10 - 1) * second)).to.equal(true);
  });

  it('never asks in the first half of the lease', () => {
    const lease = { observedAt: 0, expiresAt: 300 * second };
    const slow = { plugin: plugin(300 * second, 280 * second), lease };
    expect(dueOf(facts(slow), 150 * second - 1).due).to.equal(false);
    expect(dueOf(facts(slow), 150 * second).due).to.equal(true);
  });

  it('lets a lease shorter than the interval end as written', () => {
    const lease = { observedAt: 0, expiresAt: 100 * second };
    const due = dueOf(facts({ lease }), 95 * second);
    expect(due).to.deep.include({ due: false, nextAt: 300 * second });
  });

  it('tells when it will be due, and is due then but not before', () => {
    const lease = fc.option(
      fc.record({
        observedAt: fc.integer({ min: 0, max: 100_000 }),
        expiresAt: fc.integer({ min: 100_001, max: 900_000 }),
      }),
      { nil: undefined },
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 600_000 }),
        lease,
        fc.integer({ min: 0, max: 900_000 }),
        (every, held, now) => {
          const given = facts({ plugin: plugin(every), ...(held === undefined ? {} : { lease: held }) });
          const due = dueOf(given, now);
          if (due.due || due.nextAt === undefined) return;
          expect(due.nextAt).to.be.greaterThan(now);
          expect(dueOf(given, due.nextAt).due).to.equal(true);
          expect(dueOf(given, due.nextAt - 1).due).to.equal(false);
        },
      ),
    );
  });
});

describe('plugins that share an interval', () => {
  const sharing = (name: string, everyMs: number, startedAt: number) =>
    facts({
      plugin: { ...plugin(everyMs), name },
      lastRun: { startedAt, failures: 0, inputDigest: 'same' },
      sharesInterval: true,
    });
  const nextOf = (given: DueFacts, now: number): number => {
    const due = dueOf(given, now);
    if (due.due || due.nextAt === undefined) throw new Error('it is due already');
    return due.nextAt;
  };
  const everyMs = fc.integer({ min: 10, max: 90 * 24 * 3_600_000 });
  const startedAt = fc.integer({ min: 1, max: 4_000_000_000_000 });

  it('run the first time at once', () => {
    const given = { ...sharing('p', 300 * second, 0), lastRun: undefined as never };
    expect(dueOf(given, 0)).to.include({ due: true, why: 'never ran' });
  });

  it('run early by less than a tenth of it, never late, and at the moment they tell', () => {
    fc.assert(
      fc.property(fc.string(), everyMs, startedAt, (name, every, at) => {
        const given = sharing(name, every, at);
        const next = nextOf(given, at);
        expect(next).to.be.within(at + every * 0.9, at + every);
        expect(dueOf(given, next - 1).due).to.equal(false);
        expect(dueOf(given, next).due).to.equal(true);
      }),
    );
  });

  it('keep to the whole interval once they are in their place', () => {
    fc.assert(
      fc.property(fc.string(), everyMs, startedAt, (name, tenth, at) => {
        const every = Math.ceil(tenth / 10) * 10;
        const own = nextOf(sharing(name, every, at), at);
        expect(nextOf(sharing(name, every, own), own)).to.equal(own + every);
      }),
    );
  });

  it('are asked for a renewal in time as any other', () => {
    const lease = { observedAt: 0, expiresAt: 300 * second };
    fc.assert(
      fc.property(fc.string(), name => {
        expect(nextOf({ ...sharing(name, 300 * second, 0), lease }, 0)).to.be.at.most(289 * second);
      }),
    );
  });
});

describe('back-off', () => {
  it('starts at about a second, doubles, and ends at five minutes or the interval', () => {
    const full = [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300].map(seconds => seconds * second);
    full.forEach((expected, i) => {
      const wait = backoffMs('p', i + 1);
      expect(wait).to.be.within(expected * 0.8, expected);
    });
    expect(backoffMs('p', 20, 30 * second)).to.be.within(24 * second, 30 * second);
    expect(backoffMs('p', 5_000)).to.be.at.most(300 * second);
  });

  it('is the same for the same plugin and count, and differs between plugins', () => {
    expect(backoffMs('p', 3)).to.equal(backoffMs('p', 3));
    const waits = new Set(['a', 'b', 'c', 'd', 'e'].map(name => backoffMs(name, 9)));
    expect(waits.size).to.be.greaterThan(1);
  });
});
