import { expect } from 'chai';
import fc from 'fast-check';
import { readOwn } from '../../../reconciler/head.js';
import {
  decodeSuspensions,
  encodeSuspensions,
  suspendedText,
  suspensionOf,
  suspensionOfAll,
  suspensionsAfter,
} from '../../../reconciler/control/suspension.js';
import type { Suspension } from '../../../reconciler/control/suspension.js';
import { controlOf } from '../../../reconciler/control/control.js';
import { withheldOf } from '../../../reconciler/control/withheld.js';
import { printYaml } from '../../../render/canonical-yaml.js';

const suspension = (target: string, more: Partial<Suspension> = {}): Suspension => ({
  target,
  since: 1_000,
  until: 5_000,
  by: 'alice',
  reason: 'maintenance',
  ...more,
});

describe('a suspension', () => {
  it('is read as it was written; what cannot be read counts as absent', () => {
    const instant = fc.integer({ min: 0, max: 4_000_000_000_000 });
    const entry = fc.record({
      target: fc.string({ minLength: 1 }),
      since: instant,
      until: instant,
      by: fc.string(),
      reason: fc.string(),
    });
    fc.assert(
      fc.property(fc.array(entry), given => {
        const text = printYaml(encodeSuspensions(given));
        expect(decodeSuspensions(readOwn('control/suspend.yaml', text))).to.deep.equal(given);
      }),
    );
    for (const document of [
      null,
      {},
      { kind: 'Suspend' },
      { kind: 'Suspend', suspended: [{ target: 'all' }] },
    ])
      expect(decodeSuspensions(document)).to.deep.equal([]);
  });

  it('holds until its end, and not a millisecond longer', () => {
    const given = [suspension('plugin/p')];
    expect(suspensionOf(given, 'p', 4_999)?.reason).to.equal('maintenance');
    expect(suspensionOf(given, 'p', 5_000)).to.equal(undefined);
    expect(suspensionOf(given, 'q', 4_999)).to.equal(undefined);
    expect(suspensionsAfter(given, 4_999)).to.deep.equal(given);
    expect(suspensionsAfter(given, 5_000)).to.deep.equal([]);
  });

  it('of everything is one of every plugin; the longer of the two tells how long', () => {
    const all = suspension('all', { until: 9_000 });
    expect(suspensionOf([all], 'q', 8_000)?.target).to.equal('all');
    expect(suspensionOf([suspension('plugin/p'), all], 'p', 2_000)?.target).to.equal('all');
    expect(suspensionOf([all, suspension('plugin/p', { until: 10_000 })], 'p', 2_000)?.target).to.equal(
      'plugin/p',
    );
    expect(suspensionOfAll([suspension('plugin/all')], 2_000), 'a plugin of that name').to.equal(undefined);
  });

  it('lasts no longer than it was meant to, whatever the clock does: never more than its length from now on', () => {
    const instants = fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(instants, times => {
        let left: readonly Suspension[] = [suspension('all', { since: 10_000, until: 14_000 })];
        for (const now of times) {
          left = suspensionsAfter(left, now);
          for (const { since, until } of left) {
            expect(until - now).to.be.within(1, 4_000);
            expect([since <= now, until - since]).to.deep.equal([true, 4_000]);
          }
        }
      }),
    );
  });

  it('of everything withholds an edit as long as it lasts, and nothing before the first generation', () => {
    const control = { ...nothing, suspended: [suspension('all')] };
    const kind = (accepted: string | undefined, now: number): string | undefined =>
      withheldOf(control, { input: 'sha256:b', accepted, now })?.kind;
    expect(kind('sha256:a', 4_999)).to.equal('suspended');
    expect(kind('sha256:a', 5_000)).to.equal(undefined);
    expect(kind('sha256:b', 4_999)).to.equal(undefined);
    expect(kind(undefined, 4_999)).to.equal(undefined);
    const of = { ...nothing, suspended: [suspension('plugin/p')] };
    expect(withheldOf(of, { input: 'sha256:b', accepted: 'sha256:a', now: 2_000 })).to.equal(undefined);
  });

  it('says who, until when, why, and how to end it', () => {
    expect(suspendedText('p', suspension('all', { reason: 'a\nb\u001b[1m' }))).to.equal(
      'the plugin p is suspended by alice until 1970-01-01T00:00:05Z: a b\\u001b[1m (routerctl resume all)',
    );
  });
});

/** What stands in `control/` where nobody has decided anything. */
const nothing = controlOf({ files: new Map() });
