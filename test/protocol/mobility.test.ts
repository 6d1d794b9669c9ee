import { expect } from 'chai';
import { decodePool } from '../../protocol/mobility.js';
import type { Discovery } from '../../protocol/mobility.js';
import type { ValueMap } from '../../protocol/resource.js';
import { memberValue, poolResource, poolWith, selfOf } from '../rig/mobility.js';

function discovery(changes: ValueMap, capture: ValueMap = {}): Discovery {
  return selfOf(poolWith({ members: [memberValue({ ownershipDiscovery: changes, capture })] })).discovery;
}

describe('a MobilityPool', () => {
  it('has defaults for what a member leaves out', () => {
    const pool = poolWith({ members: [{ nodeRef: 'oci' }] });
    expect(pool).to.deep.include({ name: 'app', prefix: '10.0.1.0/24', groupRef: '', staticHandovers: [] });
    expect(selfOf(pool)).to.deep.equal({
      nodeRef: 'oci',
      capture: { type: '', providerRef: '', captureStrategy: '', nicRef: '', target: {} },
      discovery: {
        enabled: false,
        pluginRef: '',
        providerRef: '',
        subnetRef: '',
        scanIntervalMs: 60_000,
        leaseMs: 300_000,
        releaseStopped: false,
        include: [],
        exclude: [],
        tags: {},
      },
      staticOwned: [],
    });
  });

  for (const [mode, enabled] of [
    ['', false],
    ['disabled', false],
    ['onprem-l2', false],
    ['provider-private-ip', true],
  ] as const) {
    it(`discovers ${enabled ? 'addresses' : 'nothing'} in the mode ${JSON.stringify(mode)}`, () => {
      expect(discovery({ mode }).enabled).to.equal(enabled);
    });
  }

  for (const [scanInterval, ms] of [
    ['10s', 30_000],
    ['30s', 30_000],
    ['31s', 31_000],
    ['1h30m', 5_400_000],
    ['0', 60_000],
    ['soon', 60_000],
  ] as const) {
    it(`reads the scanInterval ${scanInterval} as ${ms} ms`, () => {
      expect(discovery({ scanInterval }).scanIntervalMs).to.equal(ms);
    });
  }

  for (const [policy, release] of [
    ['', false],
    ['hold', false],
    ['release', true],
  ] as const) {
    it(`with the stoppedInstancePolicy ${JSON.stringify(policy)} ${release ? 'lets go of' : 'keeps'} a stopped machine`, () => {
      expect(discovery({ stoppedInstancePolicy: policy }).releaseStopped).to.equal(release);
    });
  }

  it('asks the provider of the discovery, else that of the capture', () => {
    expect(discovery({ providerRef: 'a' }, { providerRef: 'b' }).providerRef).to.equal('a');
    expect(discovery({}, { providerRef: 'b' }).providerRef).to.equal('b');
  });

  it('reads leases, scopes and tags', () => {
    const { leaseMs, include, exclude, tags } = discovery({
      leaseTTL: '10m',
      scope: { includeAddresses: ['10.0.1.0/25', '10.0.1.200'], excludeAddresses: ['10.0.1.1/32'] },
      selector: { tags: { tier: 'app' } },
    });
    expect(leaseMs).to.equal(600_000);
    expect(include.map(({ bits }) => bits)).to.deep.equal([25, 32]);
    expect(exclude.map(({ bits }) => bits)).to.deep.equal([32]);
    expect(tags).to.deep.equal({ tier: 'app' });
  });

  it('reads the address of a handover in any spelling of a host', () => {
    const { staticHandovers } = poolWith({
      staticHandovers: [{ address: '10.0.1.5/32', fromNodeRef: 'a', toNodeRef: 'b' }],
    });
    expect(staticHandovers).to.deep.equal([{ address: '10.0.1.5', fromNodeRef: 'a', toNodeRef: 'b' }]);
  });

  for (const prefix of ['10.0.1.5/24', '2001:db8::/64', 'x', '']) {
    it(`cannot be read with the prefix ${JSON.stringify(prefix)}`, () => {
      expect(decodePool(poolResource({ prefix }))).to.equal(undefined);
    });
  }
});
