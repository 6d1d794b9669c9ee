import { expect } from 'chai';
import type { AddressRecord } from '../../protocol/inventory.js';
import { byRecord, decodeObservation } from '../../protocol/inventory.js';
import type { Value, ValueMap } from '../../protocol/resource.js';
import { readObservation } from '../../reconciler/ownership/exchange.js';
import { recordFor } from '../rig/mobility.js';

const one: ValueMap = { address: '10.0.1.1' };
const two: ValueMap = { address: '10.0.1.2' };
const three: ValueMap = { address: '10.0.1.3' };

const addresses = (records: readonly AddressRecord[]) =>
  records.map(({ address }) => address.at(-1)).join('');

function result(status: Value): Value {
  return {
    apiVersion: 'providerinventory.routerd.net/v1alpha1',
    kind: 'ObservePrivateIPsResult',
    status,
  };
}

describe('the two readings of an ObservePrivateIPsResult', () => {
  const table: readonly (readonly [string, ValueMap, string, string])[] = [
    ['nothing', {}, '', ''],
    ['the older ips alone', { ips: [one] }, '1', '1'],
    ['observedCandidates alone', { observedCandidates: [two] }, '2', '2'],
    ['localIPs alone', { localIPs: [three] }, '', '3'],
    ['observedCandidates beside ips', { ips: [one], observedCandidates: [two] }, '2', '2'],
    ['empty observedCandidates beside ips', { ips: [one], observedCandidates: [] }, '', ''],
    ['null observedCandidates beside ips', { ips: [one], observedCandidates: null }, '1', '1'],
    ['localIPs beside ips', { ips: [one], localIPs: [three] }, '1', '3'],
    ['localIPs beside both', { ips: [one], observedCandidates: [two], localIPs: [three] }, '2', '3'],
    ['empty localIPs', { ips: [one], observedCandidates: [two], localIPs: [] }, '2', ''],
    ['null localIPs', { ips: [one], observedCandidates: [two], localIPs: null }, '2', '2'],
    ['null for both new lists', { ips: [one], observedCandidates: null, localIPs: null }, '1', '1'],
  ];
  for (const [what, status, candidates, local] of table) {
    it(`${what}: candidates [${candidates}], local inventory [${local}]`, () => {
      for (const observation of [decodeObservation(status), readAsResult(status)]) {
        expect(addresses(observation.candidates)).to.equal(candidates);
        expect(addresses(observation.local)).to.equal(local);
      }
    });
  }

  function readAsResult(status: ValueMap) {
    const outcome = readObservation(result({ status: 'succeeded', ...status }));
    if (outcome.status !== 'succeeded') throw new Error(outcome.message);
    return outcome.observation;
  }
});

describe('a record', () => {
  it('takes an address in any spelling of a host, and keeps what is none', () => {
    const spellings = ['10.0.1.7', '10.0.1.7/32', '::ffff:10.0.1.7', '10.0.1.0/24', 'x', ''];
    const { candidates } = decodeObservation({ ips: spellings.map(address => ({ address })) });
    expect(candidates.map(({ address }) => address)).to.deep.equal([
      '10.0.1.7',
      '10.0.1.7',
      '10.0.1.7',
      '10.0.1.0/24',
      'x',
      '',
    ]);
  });

  it('tells a primary address, one that is none, and one of which that is not said', () => {
    const { local } = decodeObservation({
      localIPs: [{ ...one, primary: true }, { ...two, primary: false }, three],
    });
    expect(local.map(({ primary }) => primary)).to.deep.equal([true, false, undefined]);
  });

  it('has an order that does not depend on how it is printed', () => {
    const a = recordFor(5, { tags: { a: '1', b: '2' } });
    const b = recordFor(5, { tags: { b: '2', a: '1' } });
    expect(byRecord(a, b)).to.equal(0);
    expect(byRecord(recordFor(5), recordFor(6))).to.be.lessThan(0);
    expect(Math.sign(byRecord(a, recordFor(5)))).to.equal(-Math.sign(byRecord(recordFor(5), b)));
  });
});

describe('routes of a provider', () => {
  it('count for single addresses only', () => {
    const { routes } = decodeObservation({
      routes: [
        { address: '0.0.0.0/0', nextHopNicRef: 'nic' },
        { address: '10.0.1.9/32', nextHopNicRef: 'nic' },
        { address: '10.0.1.8', nextHopRef: 'vm' },
      ],
    });
    expect(routes).to.deep.equal([
      { address: '10.0.1.9', nextHopNicRef: 'nic', nextHopRef: '' },
      { address: '10.0.1.8', nextHopNicRef: '', nextHopRef: 'vm' },
    ]);
  });
});

describe('the answer of an inventory plugin', () => {
  it('may have its keys in any order, and fields that nobody knows', () => {
    const outcome = readObservation({
      status: { zone: 'b', status: 'succeeded', ips: [{ zone: 'a', tags: null, address: '10.0.1.1' }] },
      note: 'x',
      kind: 'ObservePrivateIPsResult',
      apiVersion: 'providerinventory.routerd.net/v1alpha1',
    });
    expect(outcome).to.nested.include({ status: 'succeeded', 'observation.local[0].address': '10.0.1.1' });
  });

  const table: readonly (readonly [string, Value, string, string])[] = [
    [
      'failed, with an error',
      result({ status: 'failed', error: 'no token', ips: [one] }),
      'failed',
      'no token',
    ],
    ['failed, with a message', result({ status: 'failed', message: 'throttled' }), 'failed', 'throttled'],
    ['skipped', result({ status: 'skipped', message: 'not the leader' }), 'skipped', 'not the leader'],
    ['without a status', result({}), 'failed', 'not well formed'],
    ['with null as its status', result(null), 'failed', '`status` is missing'],
    ['with an unknown status', result({ status: 'done' }), 'failed', 'not well formed'],
    ['of another kind', { apiVersion: 'v1', kind: 'Pod' }, 'failed', 'is not a ObservePrivateIPsResult'],
    ['that is a list', [], 'failed', 'not well formed'],
    ['that is nothing', null, 'failed', 'not well formed'],
    ['with a record without an address', result({ status: 'succeeded', ips: [{}] }), 'failed', 'address'],
    ['with a list that is none', result({ status: 'succeeded', localIPs: {} }), 'failed', 'localIPs'],
  ];
  for (const [what, answer, status, message] of table) {
    it(`${what} is ${status}`, () => {
      const outcome = readObservation(answer);
      expect(outcome.status).to.equal(status);
      expect(outcome.message).to.include(message);
      expect(outcome).to.not.have.property('observation');
    });
  }

  it('cannot fill a log: its message is one short line', () => {
    const { message } = readObservation(
      result({ status: 'failed', error: `a\nb\u001b[31m${'x'.repeat(9_000)}` }),
    );
    for (const hidden of ['\n', '\u001b']) expect(message).to.not.include(hidden);
    expect(message.length).to.be.lessThan(2_100);
  });
});
