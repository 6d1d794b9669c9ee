import { expect } from 'chai';
import fc from 'fast-check';
import type { Value } from '../../../protocol/resource.js';
import { printYaml } from '../../../render/canonical-yaml.js';
import { readOwn } from '../../../reconciler/head.js';
import { judgeCandidates } from '../../../reconciler/ownership/candidates.js';
import {
  afterFailure,
  afterScan,
  nextWithdrawal,
  withdrawDue,
} from '../../../reconciler/ownership/inventory.js';
import {
  decodeFacts,
  decodeInventory,
  encodeFacts,
  encodeInventory,
} from '../../../reconciler/ownership/record.js';
import { addressJudge, ownershipRules, resolveOwnership } from '../../../reconciler/ownership/resolve.js';
import type { OwnershipInput } from '../../../reconciler/ownership/resolve.js';
import { decodeInventoryRun, encodeInventoryRun } from '../../../reconciler/ownership/run-record.js';
import type { ScanRecord } from '../../../reconciler/ownership/run-record.js';
import { anyFact, anyFacts, anyInput, anyInventory, anyRecord } from '../../rig/any-ownership.js';
import { factFrom, inventoryWith, noon, poolWith, recordFor } from '../../rig/mobility.js';

const inPool = /^10\.0\.1\.\d+$/;

/** Every address that an input names, whatever its kind. */
function named({ pool, inventory, facts, captures }: OwnershipInput): Set<string> {
  return new Set(
    [
      ...pool.members.flatMap(({ staticOwned }) => staticOwned.map(({ first }) => `10.0.1.${first & 255n}`)),
      ...pool.staticHandovers.map(({ address }) => address),
      ...facts
        .filter(({ withdrawn, expiresAt, node }) => !withdrawn && expiresAt > noon && node !== 'oci')
        .map(({ address }) => address),
      ...(inventory === undefined
        ? []
        : [
            ...inventory.local.map(({ address }) => address),
            ...inventory.entries.map(({ address }) => address),
            ...inventory.self.captured,
            ...inventory.self.privateIPs,
          ]),
      ...captures.keys(),
    ].filter(address => inPool.test(address)),
  );
}

const numberOf = (address: string) => Number(address.split('.')[3]);

/** As the file reads when it is read again. */
function reread(document: Value): Value {
  return readOwn('file', printYaml(document));
}

describe('laws of ownership', () => {
  it('every address of the universe gets exactly one decision, in the order of the addresses', () => {
    fc.assert(
      fc.property(anyInput, input => {
        const decided = resolveOwnership(input, noon).decisions.map(({ address }) => address);
        expect(decided).to.deep.equal([...named(input)].sort((a, b) => numberOf(a) - numberOf(b)));
      }),
    );
  });

  it('a decision is the verdict of the first rule that applies', () => {
    fc.assert(
      fc.property(anyInput, input => {
        const judge = addressJudge(input, noon);
        for (const decision of resolveOwnership(input, noon).decisions) {
          const judged = judge(decision.address);
          expect(judged.decision).to.deep.equal(decision);
          expect(judged.answers.map(({ rule }) => rule)).to.deep.equal(ownershipRules);
          expect(judged.answers.find(({ applies }) => applies)).to.deep.equal({
            rule: decision.rule,
            applies: true,
            reason: decision.reason,
          });
        }
      }),
    );
  });

  it('a decision is whole: whoever may not advertise has a reason, whoever holds a capture is named', () => {
    fc.assert(
      fc.property(anyInput, input => {
        for (const decision of resolveOwnership(input, noon).decisions) {
          expect(decision.suppressionReason === '').to.equal(decision.advertiseOwnerNode === 'oci');
          expect(decision.advertiseReason === '').to.equal(decision.advertiseOwnerNode === '');
          expect(decision.captureHolderNode === 'oci').to.equal(decision.captureState !== 'None');
          expect(decision.captureState).to.equal(
            { StaleCapture: 'Stale', ConfirmedCapture: 'Confirmed' }[decision.class as string] ?? 'None',
          );
          expect(decision.reason).to.not.equal('');
        }
      }),
    );
  });

  it('a fact that is over, taken back, or of this node changes nothing', () => {
    const idle = anyFact.filter(
      ({ node, withdrawn, expiresAt }) => node === 'oci' || withdrawn || expiresAt <= noon,
    );
    fc.assert(
      fc.property(anyInput, idle, (input, fact) => {
        const facts = [...input.facts, { ...fact, dedupeKey: 'another' }];
        expect(resolveOwnership({ ...input, facts }, noon)).to.deep.equal(resolveOwnership(input, noon));
      }),
    );
  });

  it('the order of facts and of captures changes nothing', () => {
    fc.assert(
      fc.property(anyInput, input => {
        const turned = {
          ...input,
          facts: [...input.facts].reverse(),
          captures: new Map([...input.captures].reverse()),
        };
        expect(resolveOwnership(turned, noon)).to.deep.equal(resolveOwnership(input, noon));
      }),
    );
  });

  it('the order in which a provider lists its records changes nothing', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 10 }), anyInput, (records, input) => {
        const decide = (list: typeof records) => {
          const { pool, node, provider, providerRef, plugin, self } = inventoryWith();
          const candidates = judgeCandidates(list, {
            pool: poolWith().network,
            self,
            captureNic: 'nic-self',
            capturedByAction: new Set(),
            discovery: input.self.discovery,
          });
          const scan = { pool, node, provider, providerRef, plugin, self, candidates, local: list };
          const times = { scanIntervalMs: 60_000, leaseMs: 300_000 };
          const inventory = afterScan(input.inventory, scan, { now: noon, times });
          return { inventory, ownership: resolveOwnership({ ...input, inventory }, noon) };
        };
        expect(decide([...records].reverse())).to.deep.equal(decide(records));
      }),
    );
  });

  it('of an address with two homes a person is told, and no node of several is picked', () => {
    fc.assert(
      fc.property(anyInput, input => {
        const { decisions, conflicts } = resolveOwnership(input, noon);
        for (const { address, homes } of conflicts) {
          expect(new Set(homes).size).to.equal(homes.length).and.to.be.greaterThan(1);
          expect(decisions.map(decision => decision.address)).to.include(address);
        }
        for (const decision of decisions.filter(({ source }) => source.includes(','))) {
          expect(decision.homeOwnerNode).to.equal('');
          expect(conflicts.map(({ address }) => address)).to.include(decision.address);
        }
      }),
    );
  });
});

describe('laws of an inventory', () => {
  const times = { scanIntervalMs: 60_000, leaseMs: 300_000 };

  it('what time takes away is taken once, and the next moment is told', () => {
    fc.assert(
      fc.property(anyInventory, inventory => {
        const due = withdrawDue(inventory, { now: noon, times });
        expect(withdrawDue(due, { now: noon, times })).to.equal(due);
        const next = nextWithdrawal(due, times);
        expect(next === undefined || next > noon).to.equal(true);
        if (next === undefined) return;
        expect(withdrawDue(due, { now: next - 1, times })).to.equal(due);
        expect(withdrawDue(due, { now: next, times })).to.not.equal(due);
      }),
    );
  });

  it('a second failure at the same moment changes nothing', () => {
    fc.assert(
      fc.property(anyInventory, inventory => {
        const failed = afterFailure(inventory, { now: noon, times });
        expect(afterFailure(failed, { now: noon, times })).to.deep.equal(failed);
        expect(failed.entries.filter(({ state }) => state === 'owned')).to.deep.equal([]);
      }),
    );
  });
});

describe('what is written down', () => {
  it('is the same inventory when it is read again', () => {
    fc.assert(
      fc.property(anyInventory, inventory => {
        expect(decodeInventory(reread(encodeInventory(inventory)))).to.deep.equal(inventory);
      }),
    );
  });

  it('is the same facts when they are read again', () => {
    fc.assert(
      fc.property(anyFacts, facts => {
        expect(decodeFacts(reread(encodeFacts('app', facts)))).to.deep.equal(facts);
      }),
    );
  });

  it('is the same schedule and leases when they are read again', () => {
    const scan: ScanRecord = { startedAt: noon, outcome: 'succeeded', message: '', failures: 0 };
    const lease = { observedAt: noon, expiresAt: noon + 1 };
    const run = {
      scans: new Map<string, ScanRecord>([
        ['app.oci', { ...scan, lease, announcedAt: noon + 2 }],
        ['db.oci', { ...scan, outcome: 'failed', message: 'no token', failures: 3 }],
        ['x.oci', { ...scan, outcome: 'skipped' }],
      ]),
      facts: new Map([[factFrom('aws', 5).dedupeKey, lease]]),
    };
    expect(decodeInventoryRun(reread(encodeInventoryRun(run)))).to.deep.equal(run);
  });

  it('keeps any text that a provider may send', () => {
    // A plugin whose answer holds one of these keys is refused when it is read.
    const anyKey = fc
      .string({ unit: 'grapheme-ascii' })
      .filter(key => !['__proto__', 'constructor', 'prototype', '<<'].includes(key));
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), anyKey, (text, key) => {
        const inventory = inventoryWith({
          local: [recordFor(5, { resourceRef: text, tags: { [key]: text } })],
        });
        expect(decodeInventory(reread(encodeInventory(inventory)))).to.deep.equal(inventory);
      }),
    );
  });

  for (const [what, document] of [
    ['nothing', null],
    ['another kind', { kind: 'Part' }],
    ['an inventory without times', { kind: 'Inventory', status: {} }],
  ] as const) {
    it(`is no inventory where it is ${what}`, () => {
      expect(decodeInventory(document)).to.equal(undefined);
      expect(decodeFacts(document)).to.deep.equal([]);
      expect(decodeInventoryRun(document)).to.deep.equal({ scans: new Map(), facts: new Map() });
    });
  }

  it('leaves out an entry that it cannot read, and no other', () => {
    const candidates: Value = [
      { address: '10.0.1.5', state: 'owned', since: '2026-05-29T12:00:00Z' },
      { address: '10.0.1.6', state: 'lost', since: '2026-05-29T12:00:00Z' },
      { address: '10.0.1.7', state: 'owned', since: 'yesterday' },
    ];
    const document = encodeInventory(inventoryWith()) as { status: Record<string, Value> };
    const status = { ...document.status, candidates };
    const read = decodeInventory({ ...document, status });
    expect(read?.entries.map(({ address }) => address)).to.deep.equal(['10.0.1.5']);
  });
});
