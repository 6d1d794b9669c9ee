import fc from 'fast-check';
import type { AddressRecord } from '../../protocol/inventory.js';
import type { ValueMap } from '../../protocol/resource.js';
import type { CaptureRecord } from '../../reconciler/ownership/captures.js';
import type { Inventory, InventoryEntry } from '../../reconciler/ownership/inventory.js';
import type { RemoteFact } from '../../reconciler/ownership/remote-facts.js';
import type { OwnershipInput } from '../../reconciler/ownership/resolve.js';
import {
  addressOf,
  captureIn,
  factFrom,
  inputWith,
  inventoryWith,
  memberValue,
  noon,
  recordFor,
} from './mobility.js';

/** Arbitrary inputs of the ownership resolver around noon, on so few hosts that they meet. */

const host = fc.integer({ min: 1, max: 8 });
/** Around noon, before and after. */
const moment = fc.integer({ min: -3, max: 3 }).map(minutes => noon + minutes * 60_000);

const more: fc.Arbitrary<ValueMap> = fc.record(
  {
    nicRef: fc.constantFrom('nic-self', 'nic-other', ''),
    resourceRef: fc.constantFrom('vm-self', 'vm-other', ''),
    resourceType: fc.constantFrom('router-nic', 'instance'),
    primary: fc.boolean(),
    tags: fc.dictionary(fc.constantFrom('a', 'b'), fc.constantFrom('1', '2')),
    instanceState: fc.constantFrom('running', 'stopped'),
  },
  { requiredKeys: [] },
);

export const anyRecord: fc.Arbitrary<AddressRecord> = fc
  .tuple(host, more)
  .map(([at, changes]) => recordFor(at, changes));

const anyEntry: fc.Arbitrary<InventoryEntry> = fc
  .tuple(anyRecord, fc.constantFrom('owned', 'held', 'rejected'), moment)
  .map(([record, state, since]) => ({
    address: record.address,
    state,
    record,
    since,
    ...(state === 'rejected' ? { rejection: 'excluded' as const } : {}),
  }));

const addresses = fc.uniqueArray(host.map(addressOf), { maxLength: 3 });

export const anyInventory: fc.Arbitrary<Inventory> = fc
  .record({
    captured: addresses,
    privateIPs: addresses,
    local: fc.array(anyRecord, { maxLength: 6 }),
    entries: fc.uniqueArray(anyEntry, { maxLength: 6, selector: ({ address }) => address }),
    observedAt: moment,
    lasts: fc.integer({ min: 0, max: 4 }),
    failedSince: fc.option(moment, { nil: undefined }),
  })
  .map(({ captured, privateIPs, local, entries, observedAt, lasts, failedSince }) => {
    const { self, ...rest } = inventoryWith({
      local,
      entries,
      observedAt,
      expiresAt: observedAt + lasts * 60_000,
    });
    return {
      ...rest,
      self: { ...self, captured, privateIPs },
      ...(failedSince === undefined ? {} : { failedSince }),
    };
  });

export const anyFact: fc.Arbitrary<RemoteFact> = fc
  .tuple(fc.constantFrom('aws', 'azure', 'oci'), host, moment, fc.integer({ min: 0, max: 5 }), fc.boolean())
  .map(([node, at, observedAt, lasts, withdrawn]) =>
    factFrom(node, at, { observedAt, expiresAt: observedAt + lasts * 60_000, withdrawn }),
  );

export const anyFacts = fc.uniqueArray(anyFact, { maxLength: 6, selector: ({ dedupeKey }) => dedupeKey });

const anyCapture: fc.Arbitrary<CaptureRecord> = fc
  .tuple(fc.constantFrom('assigned', 'open', 'released'), fc.option(moment, { nil: undefined }))
  .map(([state, at]) => captureIn(state, { at }));

const anyPool: fc.Arbitrary<ValueMap> = fc
  .tuple(addresses, addresses, fc.array(fc.tuple(host, fc.constantFrom('oci', 'aws')), { maxLength: 2 }))
  .map(([own, others, moves]) => ({
    members: [memberValue({ staticOwnedAddresses: own }), { nodeRef: 'aws', staticOwnedAddresses: others }],
    staticHandovers: moves.map(([at, toNodeRef]) => ({
      address: addressOf(at),
      fromNodeRef: 'azure',
      toNodeRef,
    })),
  }));

export const anyInput: fc.Arbitrary<OwnershipInput> = fc
  .record({
    pool: anyPool,
    inventory: fc.option(anyInventory, { nil: undefined }),
    facts: anyFacts,
    captures: fc.dictionary(host.map(String), anyCapture, { maxKeys: 4 }),
  })
  .map(({ inventory, ...known }) =>
    inputWith({ ...known, ...(inventory === undefined ? {} : { inventory }) }),
  );
