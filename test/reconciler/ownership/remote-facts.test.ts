import { expect } from 'chai';
import fc from 'fast-check';
import type { BusEvent } from '../../../protocol/event.js';
import type { ValueMap } from '../../../protocol/resource.js';
import { formatTime } from '../../../protocol/time.js';
import {
  expiredTopic,
  factOf,
  observedTopic,
  takeFacts,
} from '../../../reconciler/ownership/remote-facts.js';
import type { RemoteFact } from '../../../reconciler/ownership/remote-facts.js';
import { addressOf, factFrom, noon } from '../../rig/mobility.js';

const minute = 60_000;

function eventWith(attributes: ValueMap, topic = observedTopic): BusEvent {
  const base = {
    pool: 'app',
    node: 'aws',
    address: addressOf(5),
    observedAt: formatTime(noon),
    expiresAt: formatTime(noon + 5 * minute),
  };
  return { id: 'e', topic, time: noon - minute, source: 'aws', attributes: { ...base, ...attributes } };
}

const observed = factFrom('aws', 5, { observedAt: noon, expiresAt: noon + 5 * minute });
const later = { ...observed, observedAt: noon + minute, expiresAt: noon + 6 * minute, nicRef: 'nic-later' };
const takenBack = {
  ...observed,
  observedAt: noon + 2 * minute,
  expiresAt: noon + 2 * minute,
  withdrawn: true,
};

describe('an event of the ownership discovery', () => {
  it('is a fact with all that it says', () => {
    const attributes = {
      provider: 'aws',
      providerRef: 'aws-prod',
      subnetRef: 's',
      nicRef: 'n',
      resourceRef: 'r',
      dedupeKey: `app/aws/${addressOf(5)}`,
    };
    expect(factOf(eventWith(attributes))).to.deep.equal({
      pool: 'app',
      fact: {
        ...attributes,
        node: 'aws',
        address: addressOf(5),
        observedAt: noon,
        expiresAt: noon + 5 * minute,
        withdrawn: false,
      },
    });
  });

  it('is one fact however the address and the key are spelled', () => {
    const key = factOf(eventWith({}))?.fact.dedupeKey;
    expect(key).to.equal(`app/aws/${addressOf(5)}`);
    for (const attributes of [{ address: `${addressOf(5)}/32` }, { dedupeKey: 'mine' }])
      expect(factOf(eventWith(attributes))?.fact).to.include({ dedupeKey: key, address: addressOf(5) });
  });

  it('was observed at the time of the event where it does not say when', () => {
    expect(factOf(eventWith({ observedAt: '' }))?.fact.observedAt).to.equal(noon - minute);
  });

  for (const [what, attributes, topic] of [
    ['another topic', {}, 'routerd.mobility.inventory.snapshot'],
    ['no pool', { pool: '' }, observedTopic],
    ['no node', { node: '' }, observedTopic],
    ['an address that is none', { address: '10.0.1.0/24' }, observedTopic],
    ['no end', { expiresAt: '' }, observedTopic],
    ['an end that is no time', { expiresAt: 'soon' }, observedTopic],
    ['a node that is no text', { node: 7 }, observedTopic],
  ] as const) {
    it(`is no fact with ${what}`, () => {
      expect(factOf(eventWith(attributes, topic))).to.equal(undefined);
    });
  }

  it('takes a word back even without a lease of its own', () => {
    const fact = factOf(eventWith({ expiresAt: '' }, expiredTopic))?.fact;
    expect(fact).to.include({ withdrawn: true, observedAt: noon });
    expect(
      takeFacts([factFrom('aws', 5)], fact === undefined ? [] : [fact], noon).map(
        ({ withdrawn }) => withdrawn,
      ),
    ).to.deep.equal([true]);
  });
});

describe('facts of other nodes', () => {
  it('are replaced by a later observation, and not by an earlier one', () => {
    expect(takeFacts([observed], [later], noon)).to.deep.equal([later]);
    expect(takeFacts([later], [observed], noon)).to.deep.equal([later]);
  });

  it('are replaced by a later one even if its lease is shorter', () => {
    const shorter = { ...later, expiresAt: noon + 2 * minute };
    expect(takeFacts([observed], [shorter], noon)).to.deep.equal([shorter]);
  });

  it('are kept beside those of other nodes and addresses', () => {
    const all = [observed, factFrom('azure', 5), factFrom('aws', 6)];
    expect(takeFacts([], all, noon).length).to.equal(3);
  });

  it('end with their lease', () => {
    expect(takeFacts([observed], [], observed.expiresAt - 1)).to.deep.equal([observed]);
    expect(takeFacts([observed], [], observed.expiresAt)).to.deep.equal([]);
  });

  it('that are taken back stay so until they would have ended, whatever copy comes late', () => {
    const now = noon + 3 * minute;
    const gone = takeFacts([observed], [takenBack], now);
    expect(gone).to.deep.equal([{ ...takenBack, expiresAt: observed.expiresAt }]);
    expect(takeFacts(gone, [observed], now)).to.deep.equal(gone);
    expect(takeFacts(gone, [], observed.expiresAt)).to.deep.equal([]);
  });

  it('are back when they are observed again', () => {
    const again = { ...observed, observedAt: noon + 4 * minute, expiresAt: noon + 9 * minute };
    expect(takeFacts([takenBack], [again], noon + 4 * minute)).to.deep.equal([again]);
  });

  it('are taken back by what says so at the same moment', () => {
    const same = { ...observed, withdrawn: true };
    expect(takeFacts([observed], [same], noon)).to.deep.equal([same]);
    expect(takeFacts([same], [observed], noon)).to.deep.equal([same]);
  });

  const anyFact = fc.record({
    node: fc.constantFrom('aws', 'azure'),
    host: fc.integer({ min: 5, max: 6 }),
    observedAt: fc.integer({ min: 0, max: 4 }),
    lasts: fc.integer({ min: 0, max: 6 }),
    withdrawn: fc.boolean(),
    nicRef: fc.constantFrom('a', 'b'),
  });
  const facts = fc.array(
    anyFact.map(({ node, host, observedAt, lasts, withdrawn, nicRef }): RemoteFact => {
      const start = noon + observedAt * minute;
      return factFrom(node, host, {
        observedAt: start,
        expiresAt: start + lasts * minute,
        withdrawn,
        nicRef,
      });
    }),
    { maxLength: 12 },
  );
  const now = noon + 3 * minute;

  it('do not depend on the order in which they come', () => {
    fc.assert(
      fc.property(
        facts.chain(list =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
        ),
        ([list, shuffled]) => {
          expect(takeFacts([], shuffled, now)).to.deep.equal(takeFacts([], list, now));
        },
      ),
    );
  });

  it('are the same when they come again', () => {
    fc.assert(
      fc.property(facts, list => {
        const once = takeFacts([], list, now);
        expect(takeFacts(once, once, now)).to.deep.equal(once);
        expect(takeFacts(once, [], now)).to.deep.equal(once);
      }),
    );
  });

  it('do not change what is home where one that is over is added', () => {
    fc.assert(
      fc.property(facts, anyFact, (list, { node, host, observedAt }) => {
        const start = noon - (5 - observedAt) * minute;
        const over = factFrom(node, host, { observedAt: start, expiresAt: now - 1 });
        expect(takeFacts([], [...list, over], now)).to.deep.equal(takeFacts([], list, now));
      }),
    );
  });
});
