import { expect } from 'chai';
import type { AddressRecord } from '../../../protocol/inventory.js';
import type { Candidate } from '../../../reconciler/ownership/candidates.js';
import type { Inventory, InventoryTimes } from '../../../reconciler/ownership/inventory.js';
import {
  afterFailure,
  afterScan,
  holdMs,
  nextWithdrawal,
  ownedEntries,
  withdrawDue,
} from '../../../reconciler/ownership/inventory.js';
import {
  addressOf,
  inventoryWith,
  memberValue,
  noon,
  poolWith,
  recordFor,
  selfOf,
} from '../../rig/mobility.js';

const times: InventoryTimes = { scanIntervalMs: 60_000, leaseMs: 300_000 };
const second = 1_000;

/** A scan that finds these clients, and those that it rejects. */
function scanOf(
  hosts: readonly number[],
  rejected: readonly number[] = [],
  local?: readonly AddressRecord[],
) {
  const { pool, node, provider, providerRef, plugin, self } = inventoryWith();
  const candidates = new Map<string, Candidate>([
    ...hosts.map(host => [addressOf(host), { record: recordFor(host) }] as const),
    ...rejected.map(host => [addressOf(host), { record: recordFor(host), rejection: 'excluded' }] as const),
  ]);
  const all = local ?? [...candidates.values()].map(({ record }) => record);
  return { pool, node, provider, providerRef, plugin, self, candidates, local: all };
}

function at(seconds: number, given = times) {
  return { now: noon + seconds * second, times: given };
}

function states(inventory: Inventory): string {
  return inventory.entries.map(({ address, state }) => `${address.split('.')[3]} ${state}`).join(', ');
}

const first = afterScan(undefined, scanOf([5], [6]), at(0));

describe('an inventory', () => {
  it('holds what a scan accepted and rejected, with a lease', () => {
    expect(states(first)).to.equal('5 owned, 6 rejected');
    expect(first).to.include({ observedAt: noon, expiresAt: noon + times.leaseMs });
    expect(ownedEntries(first).map(({ address }) => address)).to.deep.equal([addressOf(5)]);
  });

  it('is renewed by a scan that sees the same, and changes nothing else', () => {
    const again = afterScan(first, scanOf([5], [6]), at(60));
    expect({ ...again, observedAt: 0, expiresAt: 0 }).to.deep.equal({
      ...first,
      observedAt: 0,
      expiresAt: 0,
    });
    expect(again.expiresAt).to.equal(noon + 360 * second);
  });

  it('holds an address that is not seen any more for twice the interval, and then lets it go', () => {
    const held = afterScan(first, scanOf([]), at(60));
    expect(states(held)).to.equal('5 held');
    expect(nextWithdrawal(held, times)).to.equal(noon + 180 * second);
    expect(states(withdrawDue(held, at(179)))).to.equal('5 held');
    expect(states(withdrawDue(held, at(180)))).to.equal('');
    expect(states(afterScan(held, scanOf([]), at(120)))).to.equal('5 held');
    expect(states(afterScan(held, scanOf([]), at(180)))).to.equal('');
  });

  it('holds it for at least a minute, however short the interval is', () => {
    const { discovery } = selfOf(
      poolWith({ members: [memberValue({ ownershipDiscovery: { scanInterval: '1s' } })] }),
    );
    expect(holdMs(discovery)).to.equal(60_000);
  });

  it('lets go at once of an address that is rejected now, held or not', () => {
    for (const before of [first, afterScan(first, scanOf([]), at(60))]) {
      const now = afterScan(before, scanOf([], [5]), at(70));
      expect(states(now)).to.equal('5 rejected');
      expect(ownedEntries(now)).to.deep.equal([]);
    }
  });

  it('does not hold what was rejected before', () => {
    expect(states(afterScan(first, scanOf([5]), at(60)))).to.equal('5 owned');
  });

  it('takes back an address that is seen again while it is held', () => {
    const held = afterScan(first, scanOf([]), at(60));
    const back = afterScan(held, scanOf([5]), at(120));
    expect(states(back)).to.equal('5 owned');
    expect(back.entries[0]?.since).to.equal(noon + 120 * second);
    expect(states(withdrawDue(back, at(300)))).to.equal('5 owned');
  });

  it('holds everything when a listing fails, from the first failure on', () => {
    const failed = afterFailure(first, at(60));
    expect(states(failed)).to.equal('5 held, 6 rejected');
    expect(failed.failedSince).to.equal(noon + 60 * second);
    expect(failed.local).to.deep.equal(first.local);
    const again = afterFailure(failed, at(120));
    expect(again).to.deep.equal(failed);
    expect(states(afterFailure(again, at(180)))).to.equal('');
    expect(afterFailure(again, at(180)).local).to.deep.equal([]);
  });

  it('forgets the failure with the next scan that succeeds', () => {
    const back = afterScan(afterFailure(first, at(60)), scanOf([5], [6]), at(120));
    expect(back.failedSince).to.equal(undefined);
    expect(states(back)).to.equal('5 owned, 6 rejected');
  });

  it('counts from the failure what the next good scan does not see', () => {
    const missing = afterScan(afterFailure(first, at(60)), scanOf([]), at(120));
    expect(states(missing)).to.equal('5 held');
    expect(nextWithdrawal(missing, times)).to.equal(noon + 180 * second);
  });

  it('ends with its lease where nobody looks any more', () => {
    expect(nextWithdrawal(first, times)).to.equal(first.expiresAt);
    expect(withdrawDue(first, at(299))).to.equal(first);
    const over = withdrawDue(first, at(300));
    expect(states(over)).to.equal('');
    expect(over.local).to.deep.equal([]);
    expect(nextWithdrawal(over, times)).to.equal(undefined);
  });

  it('ends with a lease that is shorter than the hold, but holds what it held', () => {
    const short = { scanIntervalMs: 60_000, leaseMs: 30_000 };
    const failed = afterFailure(afterScan(undefined, scanOf([5]), at(0, short)), at(20, short));
    const later = withdrawDue(failed, at(31, short));
    expect(states(later)).to.equal('5 held');
    expect(later.local).to.deep.equal([]);
  });

  it('does not depend on the order of the records, nor on one that is listed twice', () => {
    const records = [
      recordFor(5),
      recordFor(5, { nicRef: 'b' }),
      recordFor(6),
      recordFor(5, { nicRef: 'a' }),
    ];
    const one = afterScan(undefined, scanOf([5, 6], [], records), at(0));
    const other = afterScan(undefined, scanOf([6, 5], [], [...records, ...records].reverse()), at(0));
    expect(other).to.deep.equal(one);
    expect(one.local.length).to.equal(4);
  });
});
