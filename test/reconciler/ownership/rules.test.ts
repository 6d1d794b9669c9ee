import { expect } from 'chai';
import type { Decision, OwnershipRule } from '../../../reconciler/ownership/resolve.js';
import {
  addressJudge,
  explainAddress,
  ownershipRules,
  resolveOwnership,
} from '../../../reconciler/ownership/resolve.js';
import {
  addressOf,
  captureIn,
  entryFor,
  factFrom,
  inputWith,
  inventoryWith,
  memberValue,
  noon,
  recordFor,
  routerWith,
} from '../../rig/mobility.js';
import type { KnownThings } from '../../rig/mobility.js';

const address = addressOf(5);

function decisions(known: KnownThings, now = noon): readonly Decision[] {
  return resolveOwnership(inputWith(known), now).decisions;
}

function decisionOf(known: KnownThings, now = noon): Decision | undefined {
  return decisions(known, now).find(decision => decision.address === address);
}

function conflictsOf(known: KnownThings): string[] {
  return resolveOwnership(inputWith(known), noon).conflicts.map(
    conflict => `${conflict.address} ${conflict.homes.join(' ')}`,
  );
}

const owning = (node: string, ...entries: string[]) => ({
  members: [
    memberValue(node === 'oci' ? { staticOwnedAddresses: entries } : {}),
    { nodeRef: 'aws', ...(node === 'aws' ? { staticOwnedAddresses: entries } : {}) },
    { nodeRef: 'azure', ...(node === 'azure' ? { staticOwnedAddresses: entries } : {}) },
  ],
});
const moved = (fromNodeRef: string, toNodeRef: string) => ({
  staticHandovers: [{ address: `${address}/32`, fromNodeRef, toNodeRef }],
});

const seen = inventoryWith({ local: [recordFor(5)] });
const captured = routerWith({ captured: [address] });

/** For each rule facts that it alone decides on. */
const alone: Readonly<Record<Exclude<OwnershipRule, 'nobody-known'>, KnownThings>> = {
  'static-owned': { pool: owning('oci', address) },
  'static-handover': { pool: moved('aws', 'oci') },
  'fresh-home-owner': { facts: [factFrom('aws', 5)] },
  'confirmed-capture': { inventory: captured, captures: { 5: captureIn('assigned') } },
  'capture-not-desired': { captures: { 5: captureIn('open') } },
  'local-router-self': { inventory: routerWith({ privateIPs: [address] }) },
  'local-home-inventory': { inventory: seen },
};

describe('the rules of ownership', () => {
  const table: readonly {
    readonly what: string;
    readonly known: KnownThings;
    readonly is: string;
    readonly more?: Partial<Decision>;
  }[] = [
    {
      what: 'an own static entry',
      known: { pool: owning('oci', address) },
      is: 'static-owned StaticOwned',
      more: { homeOwnerNode: 'oci', advertiseOwnerNode: 'oci', suppressionReason: '', fresh: true },
    },
    {
      what: "another node's static entry",
      known: { pool: owning('aws', address) },
      is: 'static-owned RemoteHomeOwned',
      more: { homeOwnerNode: 'aws', advertiseOwnerNode: 'aws', suppressionReason: 'remote-home-owner' },
    },
    {
      what: 'a static network around an address that the inventory names',
      known: { pool: owning('oci', '10.0.1.0/29'), inventory: seen },
      is: 'static-owned StaticOwned',
    },
    {
      what: 'a handover to this node',
      known: { pool: moved('aws', 'oci') },
      is: 'static-handover StaticHandover',
      more: { advertiseOwnerNode: 'oci', advertiseReason: 'static-handover', source: 'startup-config' },
    },
    {
      what: 'a handover from this node to another',
      known: { pool: moved('oci', 'aws') },
      is: 'static-handover RemoteHomeOwned',
      more: { advertiseOwnerNode: 'aws', suppressionReason: 'remote-home-owner' },
    },
    {
      what: 'a handover between two others',
      known: { pool: moved('aws', 'azure') },
      is: 'static-handover RemoteHomeOwned',
      more: { homeOwnerNode: 'azure' },
    },
    {
      what: 'a fresh home of another node',
      known: { facts: [factFrom('aws', 5)] },
      is: 'fresh-home-owner RemoteHomeOwned',
      more: {
        source: 'event aws',
        homeOwnerNode: 'aws',
        homeProviderRef: 'aws-prod',
        homeSubnetRef: 'subnet-aws',
        homeNICRef: 'nic-aws',
        advertiseOwnerNode: 'aws',
        captureState: 'None',
      },
    },
    {
      what: 'a fresh home of another node for what the provider shows on this router',
      known: { facts: [factFrom('aws', 5)], inventory: captured },
      is: 'fresh-home-owner StaleCapture',
      more: {
        homeOwnerNode: 'aws',
        captureState: 'Stale',
        captureHolderNode: 'oci',
        captureTargetRef: 'nic-self',
        captureStrategy: 'secondary-ip',
        suppressionReason: 'fresh-home-owner',
      },
    },
    {
      what: "a fresh home of another node for one of this router's own addresses",
      known: { facts: [factFrom('aws', 5)], inventory: routerWith({ privateIPs: [address] }) },
      is: 'fresh-home-owner StaleCapture',
    },
    {
      what: 'a fresh home of another node for what this router was assigned',
      known: { facts: [factFrom('aws', 5)], captures: { 5: captureIn('assigned') } },
      is: 'fresh-home-owner StaleCapture',
    },
    {
      what: 'a fresh home of another node for what this router only plans to capture',
      known: { facts: [factFrom('aws', 5)], captures: { 5: captureIn('open') } },
      is: 'fresh-home-owner RemoteHomeOwned',
    },
    {
      what: 'what was assigned and is shown',
      known: { inventory: captured, captures: { 5: captureIn('assigned', { targetRef: 'nic-2' }) } },
      is: 'confirmed-capture ConfirmedCapture',
      more: {
        source: 'action capture-1',
        captureState: 'Confirmed',
        captureHolderNode: 'oci',
        captureTargetRef: 'nic-2',
        advertiseOwnerNode: 'oci',
        homeOwnerNode: '',
        suppressionReason: '',
        fresh: true,
      },
    },
    {
      what: 'what was assigned at the moment of the inventory',
      known: { inventory: captured, captures: { 5: captureIn('assigned', { at: captured.observedAt }) } },
      is: 'confirmed-capture ConfirmedCapture',
    },
    {
      what: 'what was assigned after the inventory',
      known: { inventory: captured, captures: { 5: captureIn('assigned', { at: captured.observedAt + 1 }) } },
      is: 'capture-not-desired StaleCapture',
      more: { advertiseOwnerNode: '', suppressionReason: 'capture-not-desired' },
    },
    {
      what: 'what was assigned and is not shown',
      known: { inventory: inventoryWith(), captures: { 5: captureIn('assigned') } },
      is: 'capture-not-desired StaleCapture',
    },
    {
      what: 'what is shown without an assign',
      known: { inventory: captured },
      is: 'capture-not-desired StaleCapture',
      more: { source: 'inventory', captureState: 'Stale', captureTargetRef: 'nic-self' },
    },
    {
      what: 'what is shown, and an assign may not have worked',
      known: { inventory: captured, captures: { 5: captureIn('open') } },
      is: 'capture-not-desired StaleCapture',
    },
    {
      what: 'what is shown although it was released',
      known: { inventory: captured, captures: { 5: captureIn('released') } },
      is: 'capture-not-desired StaleCapture',
    },
    {
      what: 'what is only planned',
      known: { captures: { 5: captureIn('open', { source: 'plan capture', at: undefined }) } },
      is: 'capture-not-desired StaleCapture',
      more: { source: 'plan capture', fresh: true },
    },
    {
      what: 'an address of this router',
      known: { inventory: routerWith({ privateIPs: [address] }) },
      is: 'local-router-self LocalRouterSelf',
      more: {
        homeOwnerNode: 'oci',
        homeSubnetRef: 'subnet-a',
        homeNICRef: 'nic-self',
        advertiseOwnerNode: '',
        suppressionReason: 'router-self',
      },
    },
    {
      what: 'another record on the capture NIC',
      known: { inventory: inventoryWith({ local: [recordFor(5, { nicRef: 'nic-self' })] }) },
      is: 'local-router-self LocalRouterSelf',
    },
    {
      what: "another record on the router's NIC, which is not the capture NIC",
      known: {
        inventory: routerWith({ nicRef: 'nic-x' }, { local: [recordFor(5, { nicRef: 'nic-x' })] }),
      },
      is: 'local-router-self LocalRouterSelf',
    },
    {
      what: "another router's interface",
      known: { inventory: inventoryWith({ local: [recordFor(5, { resourceType: 'router-nic' })] }) },
      is: 'local-router-self LocalRouterSelf',
      more: { reason: 'it is an address of a router on this side' },
    },
    {
      what: 'a client on this side',
      known: { inventory: seen },
      is: 'local-home-inventory LocalHomeOwned',
      more: {
        source: 'inventory',
        homeOwnerNode: 'oci',
        homeProviderRef: 'oci-prod',
        homeSubnetRef: 'subnet-a',
        homeNICRef: 'nic-5',
        advertiseOwnerNode: 'oci',
        advertiseReason: 'local-home-inventory',
        suppressionReason: '',
        captureState: 'None',
        fresh: true,
      },
    },
    {
      what: 'a client of a provider of its own',
      known: { inventory: inventoryWith({ local: [recordFor(5, { providerRef: 'oci-test' })] }) },
      is: 'local-home-inventory LocalHomeOwned',
      more: { homeProviderRef: 'oci-test' },
    },
    {
      what: 'a client without a NIC, on a router without a capture NIC',
      known: {
        pool: { members: [memberValue({ capture: { type: 'proxy-arp' } })] },
        inventory: routerWith({ nicRef: '' }, { local: [recordFor(5, { nicRef: '' })] }),
      },
      is: 'local-home-inventory LocalHomeOwned',
    },
    {
      what: 'a client that is held',
      known: { inventory: inventoryWith({ entries: [entryFor(5, { state: 'held' })] }) },
      is: 'local-home-inventory LocalHomeOwned',
      more: { advertiseOwnerNode: 'oci', fresh: false },
    },
    {
      what: 'a client while the listing fails',
      known: { inventory: { ...seen, failedSince: noon - 1_000 } },
      is: 'local-home-inventory LocalHomeOwned',
      more: { fresh: false },
    },
    {
      what: 'a candidate that the authoritative list lacks',
      known: { inventory: inventoryWith({ entries: [entryFor(5)] }) },
      is: 'nobody-known Unknown',
      more: { advertiseOwnerNode: '', suppressionReason: 'owner-unknown', fresh: false },
    },
    {
      what: 'what was released',
      known: { captures: { 5: captureIn('released') } },
      is: 'nobody-known Unknown',
    },
  ];
  for (const { what, known, is, more = {} } of table) {
    it(`${what}: ${is}`, () => {
      const decision = decisionOf(known);
      expect(`${decision?.rule} ${decision?.class}`).to.equal(is);
      expect(decision).to.include(more);
    });
  }

  for (const [rule, known] of Object.entries(alone)) {
    it(`${rule} decides what no other rule applies to`, () => {
      expect(decisionOf(known)?.rule).to.equal(rule);
      const answers = explainAddress(address, inputWith(known), noon);
      expect(answers.filter(({ applies }) => applies).map(answer => answer.rule)).to.deep.equal([rule]);
    });
  }

  const both: readonly (readonly [OwnershipRule, OwnershipRule, KnownThings])[] = [
    ['static-owned', 'static-handover', { pool: { ...owning('oci', address), ...moved('oci', 'aws') } }],
    ['static-handover', 'fresh-home-owner', { pool: moved('aws', 'oci'), facts: [factFrom('aws', 5)] }],
    [
      'fresh-home-owner',
      'confirmed-capture',
      { facts: [factFrom('aws', 5)], inventory: captured, captures: { 5: captureIn('assigned') } },
    ],
    [
      'confirmed-capture',
      'local-router-self',
      {
        inventory: { ...captured, local: [recordFor(5, { nicRef: 'nic-self' })] },
        captures: { 5: captureIn('assigned') },
      },
    ],
    [
      'capture-not-desired',
      'local-router-self',
      { inventory: routerWith({ privateIPs: [address] }), captures: { 5: captureIn('open') } },
    ],
    [
      'local-router-self',
      'local-home-inventory',
      { inventory: inventoryWith({ local: [recordFor(5, { resourceType: 'router-nic' })] }) },
    ],
  ];
  for (const [first, second, known] of both) {
    it(`where ${first} and ${second} both apply, the first decides`, () => {
      const answers = explainAddress(address, inputWith(known), noon);
      const applying = answers.filter(({ applies }) => applies).map(({ rule }) => rule);
      expect(applying.slice(0, 2)).to.deep.equal([first, second]);
      expect(decisionOf(known)?.rule).to.equal(first);
    });
  }

  it('give exactly one of the two words about a capture', () => {
    for (const state of ['assigned', 'open', 'released'] as const) {
      for (const inventory of [captured, inventoryWith()]) {
        const known = { inventory, captures: { 5: captureIn(state) } };
        const applying = explainAddress(address, inputWith(known), noon)
          .filter(({ rule, applies }) => applies && rule.includes('capture'))
          .map(({ rule }) => rule);
        expect(applying.length).to.be.lessThan(2);
      }
    }
  });

  it('are explained in their order, each with a reason, for any address of the pool', () => {
    const judge = addressJudge(inputWith({ inventory: seen }), noon);
    for (const host of [5, 200]) {
      const { answers, decision, verdicts } = judge(addressOf(host));
      expect(answers.map(({ rule }) => rule)).to.deep.equal(ownershipRules);
      expect(answers.filter(({ reason }) => reason === '')).to.deep.equal([]);
      expect(answers.find(({ applies }) => applies)?.rule).to.equal(decision.rule);
      expect(verdicts.map(({ rule }) => rule)).to.deep.equal(host === 5 ? ['local-home-inventory'] : []);
    }
    const said = judge(address).answers.map(({ applies, reason }) => `${applies} ${reason}`);
    expect(said).to.deep.equal([
      'false no staticOwnedAddresses entry names it',
      'false no staticHandovers entry names it',
      'false no other node says that it lives there',
      'false the provider does not show it on this router, and nothing is to put it there',
      'false neither the provider nor an action or plan has it on this router',
      'false it is no address of a router here',
      'true the provider shows it on this side',
      'false an earlier rule applies',
    ]);
  });
});

describe('remote facts in a decision', () => {
  const one = factFrom('aws', 5);
  const cases: readonly (readonly [string, KnownThings])[] = [
    ['one whose time is up', { facts: [{ ...one, expiresAt: noon }] }],
    ['one that was taken back', { facts: [{ ...one, withdrawn: true }] }],
    ['one of this node itself', { facts: [factFrom('oci', 5)] }],
    ['one outside the prefix', { facts: [{ ...one, address: '10.0.2.5' }] }],
  ];
  for (const [what, known] of cases) {
    it(`${what} names nothing`, () => {
      expect(decisions(known)).to.deep.equal([]);
    });
  }

  it('of two nodes none is picked as the home, and a person is told', () => {
    const known = { facts: [one, factFrom('azure', 5, { observedAt: noon })] };
    expect(decisionOf(known)).to.include({
      class: 'RemoteHomeOwned',
      source: 'event aws, azure',
      homeOwnerNode: '',
      advertiseOwnerNode: '',
      suppressionReason: 'home-owner-conflict',
    });
    expect(conflictsOf(known)).to.deep.equal([`${address} aws azure`]);
  });
});

describe('two homes of one address', () => {
  const fact = factFrom('aws', 5);
  const table: readonly (readonly [string, KnownThings, string[]])[] = [
    ['a client here and one there', { inventory: seen, facts: [fact] }, ['aws oci']],
    [
      'a client here without a NIC, on a router without a capture NIC',
      {
        pool: { members: [memberValue({ capture: { type: 'proxy-arp' } })] },
        inventory: routerWith({ nicRef: '' }, { local: [recordFor(5, { nicRef: '' })] }),
        facts: [fact],
      },
      ['aws oci'],
    ],
    [
      'two static entries',
      {
        pool: {
          members: [
            memberValue({ staticOwnedAddresses: [address] }),
            { nodeRef: 'aws', staticOwnedAddresses: ['10.0.1.0/29'] },
          ],
        },
      },
      ['aws oci'],
    ],
    ['a static entry here and a client there', { pool: owning('oci', address), facts: [fact] }, ['aws oci']],
    ["a static entry and a client of the same node's", { pool: owning('aws', address), facts: [fact] }, []],
    ['what was handed over, seen where it was', { pool: moved('aws', 'oci'), facts: [fact] }, []],
    ['what was handed over, seen elsewhere', { pool: moved('azure', 'oci'), facts: [fact] }, ['aws oci']],
    ['a capture here and its home there', { inventory: captured, facts: [fact] }, []],
    [
      "this router's own address and a home there",
      { inventory: routerWith({ privateIPs: [address] }), facts: [fact] },
      [],
    ],
    [
      "another router's interface and a home there",
      { inventory: inventoryWith({ local: [recordFor(5, { resourceType: 'router-nic' })] }), facts: [fact] },
      [],
    ],
    [
      'a client that is held here, and seen there',
      { inventory: inventoryWith({ entries: [entryFor(5, { state: 'held' })] }), facts: [fact] },
      [],
    ],
    [
      'a client that was here before the listing failed',
      { inventory: { ...seen, failedSince: noon - 1 }, facts: [fact] },
      [],
    ],
  ];
  for (const [what, known, homes] of table) {
    it(`${what}: ${homes.length === 0 ? 'no conflict' : homes.join()}`, () => {
      expect(conflictsOf(known)).to.deep.equal(homes.map(home => `${address} ${home}`));
    });
  }
});

describe('the universe of a pool', () => {
  it('holds each address of the prefix that any input names, in the order of the addresses', () => {
    const known: KnownThings = {
      pool: {
        members: [
          memberValue({ staticOwnedAddresses: [addressOf(100), '10.0.1.0/28', '2001:db8::/32'] }),
          { nodeRef: 'aws', staticOwnedAddresses: [addressOf(9)] },
        ],
        staticHandovers: [{ address: addressOf(20), fromNodeRef: 'a', toNodeRef: 'b' }],
      },
      inventory: routerWith(
        { captured: [addressOf(40), '0.0.0.0/0', '10.9.9.9'], privateIPs: [addressOf(50)] },
        {
          local: [recordFor(60), recordFor(0, { address: '10.0.2.60' }), recordFor(0, { address: 'x' })],
          entries: [
            entryFor(70, { state: 'rejected', rejection: 'excluded' }),
            entryFor(80, { state: 'held' }),
          ],
        },
      ),
      facts: [factFrom('aws', 30)],
      captures: { 90: captureIn('released') },
    };
    const hosts = decisions(known).map(decision => Number(decision.address.split('.')[3]));
    expect(hosts).to.deep.equal([9, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
  });

  it('reaches from the first to the last address of the prefix', () => {
    const known: KnownThings = {
      inventory: inventoryWith({
        local: ['10.0.0.255', '10.0.1.0', '10.0.1.255', '10.0.2.0'].map(text =>
          recordFor(0, { address: text }),
        ),
      }),
    };
    expect(decisions(known).map(decision => decision.address)).to.deep.equal(['10.0.1.0', '10.0.1.255']);
  });
});

describe('freshness', () => {
  it('ends with the lease of the inventory, whatever the inventory says', () => {
    const inventory = routerWith(
      { captured: [addressOf(4), addressOf(6)], privateIPs: [addressOf(7)] },
      { local: [recordFor(5)] },
    );
    const known = { inventory, captures: { 4: captureIn('assigned') } };
    const before = decisions(known, inventory.expiresAt - 1);
    const after = decisions(known, inventory.expiresAt);
    expect(before.map(({ fresh }) => fresh)).to.deep.equal([true, true, true, true]);
    expect(after.map(({ fresh }) => fresh)).to.deep.equal([false, false, false, false]);
    expect(after.map(decision => decision.class)).to.deep.equal(before.map(decision => decision.class));
  });
});
