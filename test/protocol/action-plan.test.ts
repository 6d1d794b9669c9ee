import { expect } from 'chai';
import fc from 'fast-check';
import {
  decodePlan,
  derivedKey,
  effectDigest,
  encodePlan,
  keyIdentity,
  planDigest,
} from '../../protocol/action-plan.js';
import { planFor, planValue } from '../rig/actions.js';
import type { Changes } from '../rig/actions.js';

const words = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...Array.from('aAǰJ̌ßẞſΣςσİiIﬁ　 \t\u200b\u00a0\u0345')) }),
);

describe('keys of actions', () => {
  it('have an identity that is its own', () => {
    fc.assert(
      fc.property(words, key => {
        expect(keyIdentity(keyIdentity(key))).to.equal(keyIdentity(key));
      }),
      { numRuns: 5_000 },
    );
  });

  it('are the same in every Unicode form and with blanks around them', () => {
    fc.assert(
      fc.property(words, fc.constantFrom('NFC', 'NFD', 'NFKC', 'NFKD'), (key, form) => {
        expect(keyIdentity(` ${key.normalize(form)}\n`)).to.equal(keyIdentity(key));
      }),
      { numRuns: 3_000 },
    );
  });

  for (const [one, other] of [
    ['key-1', 'KEY-1'],
    ['a b', 'a  b'],
    ['a b', ' a\tb\n'],
    ['a b', 'a\u00a0b'],
    ['a b', 'a\u3000b'],
    ['é', 'e\u0301'],
    ['ﬁx', 'fix'],
    ['１', '1'],
    ['ΑΣ', 'ασ'],
    ['ας', 'ασ'],
    ['straße', 'STRASSE'],
    ['STRAẞE', 'strasse'],
    ['J\u030c', 'ǰ'],
    ['key', 'k\u200bey'],
    ['key', '\ufeffkey'],
    ['key', 'ke\u00ady'],
    ['key', 'key\u2060'],
  ] as const) {
    it(`${JSON.stringify(one)} is ${JSON.stringify(other)}`, () => {
      expect(keyIdentity(one)).to.equal(keyIdentity(other));
    });
  }

  for (const [one, other] of [
    ['key-1', 'key-2'],
    ['key-1', 'key_1'],
    ['ab', 'a b'],
    ['e', 'é'],
    ['key', 'key:undo'],
  ] as const) {
    it(`${one} is not ${other}`, () => {
      expect(keyIdentity(one)).not.to.equal(keyIdentity(other));
    });
  }

  for (const key of ['', ' ', '\n\t', '\u200b', '\u00a0\ufeff ']) {
    it(`${JSON.stringify(key)} is none`, () => {
      expect(keyIdentity(key)).to.equal('');
    });
  }
});

describe('digests of plans', () => {
  const base = planFor();
  const digests = (changes: Changes) => {
    const plan = planFor(changes);
    return { effect: effectDigest(plan), plan: planDigest(plan), key: derivedKey(plan, 0) };
  };
  const plain = { effect: effectDigest(base), plan: planDigest(base), key: derivedKey(base, 0) };

  for (const [title, changes] of [
    ['provider', { provider: 'aws' }],
    ['providerRef', { providerRef: 'oci-test' }],
    ['action', { action: 'unassign-secondary-ip' }],
    ['target', { target: { nicRef: 'vnic-1', address: '10.0.1.6' } }],
    ['parameters', { parameters: { force: true } }],
  ] as const) {
    it(`all change with the ${title}`, () => {
      const other = digests(changes);
      expect(other.effect).not.to.equal(plain.effect);
      expect(other.plan).not.to.equal(plain.plan);
      expect(other.key).not.to.equal(plain.key);
    });
  }

  for (const [title, changes] of [
    ['name', { name: 'another' }],
    ['description', { description: 'words' }],
    ['riskLevel', { riskLevel: 'high' }],
    ['undo', { undo: { action: 'unassign-secondary-ip', parameters: { force: true } } }],
    ['preconditions', { preconditions: [{ name: 'p' }] }],
    ['expectedEffects', { expectedEffects: ['x'] }],
    ['idempotencyKey', { idempotencyKey: 'k' }],
  ] as const) {
    it(`of the plan alone changes with its ${title}`, () => {
      const other = digests(changes);
      expect(other.plan).not.to.equal(plain.plan);
      expect([other.effect, other.key]).to.deep.equal([plain.effect, plain.key]);
    });
  }

  it('do not change with what is empty, unknown, or in another order', () => {
    for (const changes of [
      {
        parameters: {},
        riskLevel: '',
        idempotencyKey: '',
        preconditions: [],
        mode: 'dry-run',
        colour: 'blue',
      },
      { target: { address: '10.0.1.5', nicRef: 'vnic-1' } },
    ])
      expect(digests(changes)).to.deep.equal(plain);
  });

  it('of a derived key change with each time that the effect was taken back', () => {
    const keys = [0, 1, 2, 3].map(count => derivedKey(base, count));
    expect(new Set(keys).size).to.equal(4);
  });

  it('survive writing and reading', () => {
    const text = fc.string();
    const plans = fc.record(
      {
        description: text,
        riskLevel: fc.constantFrom('', 'low', 'high'),
        providerRef: text,
        idempotencyKey: text,
        parameters: fc.dictionary(text, fc.oneof(text, fc.boolean(), fc.integer(), fc.constant(null))),
        target: fc.dictionary(text, text),
        expectedEffects: fc.array(text),
        preconditions: fc.array(fc.record({ name: text })),
        undo: fc.constantFrom(
          undefined,
          { action: 'unassign-secondary-ip' },
          { action: 'x', parameters: { a: 1 } },
        ),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(plans, changes => {
        const plan = decodePlan(planValue(changes));
        expect(decodePlan(encodePlan(plan))).to.deep.equal(plan);
        expect(planDigest(decodePlan(encodePlan(plan)))).to.equal(planDigest(plan));
      }),
      { numRuns: 1_000 },
    );
  });
});
