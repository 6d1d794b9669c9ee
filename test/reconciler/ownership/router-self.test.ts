import { expect } from 'chai';
import type { ValueMap } from '../../../protocol/resource.js';
import { routerSelf } from '../../../reconciler/ownership/router-self.js';
import { addressOf, observing } from '../../rig/mobility.js';

/** `own / captured` of a router whose capture NIC is `nic-self`. */
function told(status: ValueMap, captureNic = 'nic-self'): string {
  const { privateIPs, captured } = routerSelf(observing(status), captureNic);
  const hosts = (addresses: readonly string[]) => addresses.map(text => text.split('.')[3]).join(' ');
  return `${hosts(privateIPs)} / ${hosts(captured)}`;
}

const at = (host: number, more: ValueMap = {}): ValueMap => ({ address: addressOf(host), ...more });
const onNic = { nicRef: 'nic-self' };
const onVm = { resourceRef: 'vm-self', nicRef: 'nic-other' };
const client = { resourceRef: 'vm-7', nicRef: 'nic-7' };
const vm = { resourceRef: 'vm-self' };

describe('what is the router itself', () => {
  const table: readonly (readonly [string, ValueMap, string])[] = [
    ['what it is told', { self: { privateIPs: [addressOf(1)], capturedAddresses: [addressOf(2)] } }, '1 / 2'],
    ['a primary record on its NIC', { ips: [at(1, { ...onNic, primary: true })] }, '1 / '],
    ['another record on its NIC', { ips: [at(2, { ...onNic, primary: false })] }, ' / 2'],
    ['a record on its NIC of which nothing is said', { ips: [at(2, onNic)] }, ' / 2'],
    [
      'one that it is told of as its own',
      { self: { privateIPs: [addressOf(1)] }, ips: [at(1, onNic)] },
      '1 / ',
    ],
    [
      'one that it is told of as its own, although the record says that it is secondary',
      { self: { privateIPs: [addressOf(1)] }, ips: [at(1, { ...onNic, primary: false })] },
      ' / 1',
    ],
    [
      'one that it is told of as captured, although the record says that it is primary',
      { self: { capturedAddresses: [addressOf(1)] }, ips: [at(1, { ...onNic, primary: true })] },
      '1 / ',
    ],
    [
      'a secondary record of its machine on another NIC',
      { self: vm, ips: [at(2, { ...onVm, primary: false })] },
      ' / 2',
    ],
    [
      'a primary record of its machine on another NIC',
      { self: vm, ips: [at(1, { ...onVm, primary: true })] },
      '1 / ',
    ],
    ['a client of the same subnet', { self: vm, ips: [at(7, client)] }, ' / '],
    ['a client without resourceRef', { self: vm, ips: [at(7, { nicRef: 'nic-7' })] }, ' / '],
    ['a client without anything, and a router without anything', { ips: [at(7)] }, ' / '],
    [
      'a record that only the local inventory holds',
      { ips: [], localIPs: [at(2, { ...onNic, primary: false })] },
      ' / 2',
    ],
    ['a route to its NIC', { routes: [at(3, { nextHopNicRef: 'nic-self' })] }, ' / 3'],
    ['a route to its machine', { self: vm, routes: [at(3, { nextHopRef: 'vm-self' })] }, ' / 3'],
    [
      'a route to somewhere else',
      { self: vm, routes: [at(3, { nextHopNicRef: 'x', nextHopRef: 'y' })] },
      ' / ',
    ],
    ['a route without a next hop', { routes: [at(3)] }, ' / '],
    ['a default route to its NIC', { routes: [{ address: '0.0.0.0/0', nextHopNicRef: 'nic-self' }] }, ' / '],
  ];
  for (const [what, status, is] of table) {
    it(`${what}: ${is}`, () => {
      expect(told(status)).to.equal(is);
    });
  }

  it('nothing is its own where it has neither NIC nor machine', () => {
    expect(told({ ips: [at(7)], routes: [at(3)] }, '')).to.equal(' / ');
  });

  it('its NIC is the one that it reports, else the capture NIC, and both count', () => {
    const status = { self: { nicRef: 'nic-b' }, ips: [at(2, onNic), at(3, { nicRef: 'nic-b' })] };
    expect(routerSelf(observing(status), 'nic-self').nicRef).to.equal('nic-b');
    expect(routerSelf(observing({}), 'nic-self').nicRef).to.equal('nic-self');
    expect(told(status)).to.equal(' / 2 3');
  });
});
