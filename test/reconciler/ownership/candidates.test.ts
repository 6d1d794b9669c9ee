import { expect } from 'chai';
import { networkOf } from '../../../protocol/address.js';
import type { AddressRecord } from '../../../protocol/inventory.js';
import type { ValueMap } from '../../../protocol/resource.js';
import { judgeCandidates } from '../../../reconciler/ownership/candidates.js';
import type { CandidateFacts, Rejection } from '../../../reconciler/ownership/candidates.js';
import { addressOf, poolWith, recordFor } from '../../rig/mobility.js';

const networks = (...texts: string[]) => texts.flatMap(text => networkOf(text) ?? []);

/** Facts under which a plain record is accepted. */
const facts: CandidateFacts = {
  pool: poolWith().network,
  self: { nicRef: 'nic-self', subnetRef: '', resourceRef: 'vm-self', privateIPs: [], captured: [] },
  captureNic: 'nic-capture',
  capturedByAction: new Set(),
  discovery: { include: [], exclude: [], tags: {}, releaseStopped: false },
};

function with_(changes: Partial<CandidateFacts['discovery']>): CandidateFacts {
  return { ...facts, discovery: { ...facts.discovery, ...changes } };
}

/** For each rule what makes it reject the address 5, and nothing else. */
const causes: readonly {
  readonly rule: Rejection;
  readonly record?: ValueMap;
  readonly facts?: Partial<CandidateFacts>;
  readonly discovery?: Partial<CandidateFacts['discovery']>;
}[] = [
  { rule: 'router-nic', record: { resourceType: 'router-nic' } },
  { rule: 'self-private-ip', facts: { self: { ...facts.self, privateIPs: [addressOf(5)] } } },
  { rule: 'self-resource', record: { resourceRef: 'vm-self' } },
  { rule: 'capture-nic', record: { nicRef: 'nic-capture' } },
  { rule: 'captured-by-action', facts: { capturedByAction: new Set([addressOf(5)]) } },
  { rule: 'out-of-scope', discovery: { include: networks('10.0.1.128/25') } },
  { rule: 'excluded', discovery: { exclude: networks(addressOf(5)) } },
  { rule: 'selector-mismatch', discovery: { tags: { tier: 'app' } } },
  { rule: 'instance-stopped', record: { instanceState: 'stopped' }, discovery: { releaseStopped: true } },
];

function judged(record: AddressRecord, given: CandidateFacts = facts): string {
  const found = judgeCandidates([record], given).get(record.address);
  return found === undefined ? 'ignored' : (found.rejection ?? 'accepted');
}

function together(...some: (typeof causes)[number][]): string {
  const record = recordFor(5, Object.assign({}, ...some.map(cause => cause.record ?? {})) as ValueMap);
  const given: CandidateFacts = Object.assign(
    {},
    facts,
    ...some.map(cause => cause.facts ?? {}),
  ) as CandidateFacts;
  const discovery = Object.assign(
    {},
    facts.discovery,
    ...some.map(cause => cause.discovery ?? {}),
  ) as CandidateFacts['discovery'];
  return judged(record, { ...given, discovery });
}

describe('the candidate rules', () => {
  it('accept a plain record of the pool', () => {
    expect(judged(recordFor(5))).to.equal('accepted');
  });

  for (const address of ['10.0.2.5', '10.0.1.0/24', '10.0.1.0/31', '2001:db8::1', 'x', '']) {
    it(`ignore ${JSON.stringify(address)}, which is no host address of the pool`, () => {
      expect(judged(recordFor(0, { address, resourceType: 'router-nic' }))).to.equal('ignored');
    });
  }

  for (const cause of causes) {
    it(`${cause.rule} alone rejects`, () => {
      expect(together(cause)).to.equal(cause.rule);
    });
  }

  causes.slice(1).forEach((cause, i) => {
    const [before] = causes.slice(i);
    if (before === undefined) return;
    it(`${before.rule} is given before ${cause.rule}`, () => {
      expect(together(cause, before)).to.equal(before.rule);
      expect(together(before, cause)).to.equal(before.rule);
    });
  });

  it("the router's own NIC rejects as the capture NIC does", () => {
    expect(judged(recordFor(5, { nicRef: 'nic-self' }))).to.equal('capture-nic');
  });

  it('what is empty on both sides is not the same thing', () => {
    const nothing = { ...facts, captureNic: '', self: { ...facts.self, nicRef: '', resourceRef: '' } };
    expect(judged(recordFor(5, { nicRef: '', resourceRef: '' }), nothing)).to.equal('accepted');
  });

  it('a record without resourceRef is judged by its NIC', () => {
    expect(judged(recordFor(5, { resourceRef: '' }))).to.equal('accepted');
    expect(judged(recordFor(5, { resourceRef: '', nicRef: 'nic-self' }))).to.equal('capture-nic');
  });

  for (const [include, exclude, is] of [
    [['10.0.1.0/29'], [], 'accepted'],
    [[addressOf(5)], [], 'accepted'],
    [['10.0.1.0/29'], [addressOf(5)], 'excluded'],
    [['10.0.1.0/30'], [], 'out-of-scope'],
    [['10.0.1.0/30', addressOf(5)], [], 'accepted'],
    [[], ['10.0.1.0/30'], 'accepted'],
  ] as const) {
    it(`with the scope [${include.join()}] less [${exclude.join()}] 10.0.1.5 is ${is}`, () => {
      expect(
        judged(recordFor(5), with_({ include: networks(...include), exclude: networks(...exclude) })),
      ).to.equal(is);
    });
  }

  for (const [tags, is] of [
    [{ tier: 'app', env: 'prod' }, 'accepted'],
    [{ tier: 'app', env: 'prod', more: 'x' }, 'accepted'],
    [{ tier: 'app' }, 'selector-mismatch'],
    [{ tier: 'app', env: 'test' }, 'selector-mismatch'],
    [{ tier: 'app', env: '' }, 'selector-mismatch'],
  ] as const) {
    it(`with a selector of two tags a machine with ${JSON.stringify(tags)} is ${is}`, () => {
      expect(judged(recordFor(5, { tags }), with_({ tags: { tier: 'app', env: 'prod' } }))).to.equal(is);
    });
  }

  it('a tag is not found where only the prototype of an object has it', () => {
    expect(judged(recordFor(5), with_({ tags: { constructor: 'x' } }))).to.equal('selector-mismatch');
  });

  for (const [instanceState, releaseStopped, is] of [
    ['stopped', false, 'accepted'],
    ['stopped', true, 'instance-stopped'],
    ['running', true, 'accepted'],
    ['', true, 'accepted'],
  ] as const) {
    it(`a machine that is ${instanceState || 'of no state'} is ${is} where stopped ones ${releaseStopped ? 'let go' : 'hold on'}`, () => {
      expect(judged(recordFor(5, { instanceState }), with_({ releaseStopped }))).to.equal(is);
    });
  }
});

describe('an address that is reported twice', () => {
  const accepted = recordFor(5);
  const router = recordFor(5, { resourceType: 'router-nic' });
  const own = recordFor(5, { resourceRef: 'vm-self' });

  for (const [what, records, is] of [
    ['accepted and rejected is accepted', [accepted, router], undefined],
    ['rejected twice is rejected for the first of the rules', [own, router], 'router-nic'],
  ] as const) {
    it(`${what}, in any order`, () => {
      for (const order of [records, [...records].reverse()]) {
        expect(judgeCandidates(order, facts).get(addressOf(5))?.rejection).to.equal(is);
      }
    });
  }

  it('with the same word keeps one record, whatever the order of records and keys', () => {
    const a = recordFor(5, { nicRef: 'a', tags: { x: '1', y: '2' } });
    const b = recordFor(5, { nicRef: 'b', tags: { y: '2', x: '1' } });
    const kept = [
      [a, b],
      [b, a],
    ].map(order => judgeCandidates(order, facts).get(addressOf(5))?.record.nicRef);
    expect(kept).to.deep.equal(['a', 'a']);
  });
});
