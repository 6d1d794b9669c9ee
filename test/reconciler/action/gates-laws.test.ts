import { expect } from 'chai';
import fc from 'fast-check';
import { decodeActionPolicy } from '../../../protocol/action-policy.js';
import { planDigest } from '../../../protocol/action-plan.js';
import type { Value, ValueMap } from '../../../protocol/resource.js';
import { fail, ok } from '../../../protocol/result.js';
import { actionStates, revisionOf } from '../../../reconciler/action/action.js';
import type { Action } from '../../../reconciler/action/action.js';
import { gateNames, judgeGates } from '../../../reconciler/action/gates.js';
import type { GateFacts, GateName } from '../../../reconciler/action/gates.js';
import {
  actionIn,
  approved,
  approvedAt,
  gateFactsWith,
  imported,
  importedAt,
  noon,
  ociExecutor,
  planFor,
  policyResource,
  policySpec,
  providers,
  verbs,
} from '../../rig/actions.js';
import type { Changes } from '../../rig/actions.js';

const json = fc.jsonValue().map(value => value as Value);

const address = fc.oneof(
  fc.constantFrom(
    '10.0.1.5',
    '10.0.0.0/8',
    '10.0.0.0/7',
    '::ffff:10.0.0.1',
    '2001:db8::1',
    '',
    '010.0.0.1',
    '10.0.0.1/24',
    '::/0',
  ),
  fc.string(),
);

/** A few entries of a record, so that not everything is wrong at once. */
function few<T extends object>(whole: fc.Arbitrary<T>): fc.Arbitrary<Partial<T>> {
  return fc.tuple(whole, fc.array(fc.nat(20), { maxLength: 3 })).map(([record, chosen]) => {
    const entries = Object.entries(record).filter((_, index) => chosen.includes(index));
    return Object.fromEntries(entries) as Partial<T>;
  });
}

const plans = few(
  fc.record({
    provider: fc.constantFrom(...providers, 'oci', 'oci'),
    providerRef: fc.constantFrom('', 'oci-prod', 'oci-test'),
    action: fc.constantFrom(...verbs),
    target: fc.record({ address, nicRef: fc.string() }, { requiredKeys: [] }),
    undo: fc.constantFrom(
      undefined,
      { action: 'unassign-secondary-ip' },
      { action: 'ensure-forwarding-disabled' },
    ),
  }),
).map(changes => planFor(changes as Changes));

/** Specs that are mostly what they should be, and sometimes anything. */
const specs: fc.Arbitrary<ValueMap> = few(
  fc.record({
    enabled: fc.oneof({ weight: 4, arbitrary: fc.constant<Value>(true) }, { weight: 1, arbitrary: json }),
    dryRunOnly: fc.oneof({ weight: 4, arbitrary: fc.constant<Value>(false) }, { weight: 1, arbitrary: json }),
    requireApproval: fc.oneof({ weight: 4, arbitrary: fc.boolean() }, { weight: 1, arbitrary: json }),
    allowedProviders: fc.oneof(
      { weight: 4, arbitrary: fc.subarray([...providers]) },
      { weight: 1, arbitrary: json },
    ),
    allowedActions: fc.oneof(
      { weight: 4, arbitrary: fc.subarray([...verbs]) },
      { weight: 1, arbitrary: json },
    ),
    allowedProviderRefs: fc.oneof(
      { weight: 4, arbitrary: fc.subarray(['oci-prod', 'oci-test']) },
      { weight: 1, arbitrary: json },
    ),
    allowedCIDRs: fc.oneof(
      { weight: 4, arbitrary: fc.subarray(['10.0.0.0/8', '0.0.0.0/0', '::/0', '10.0.1.0/24']) },
      { weight: 1, arbitrary: fc.array(address) },
      { weight: 1, arbitrary: json },
    ),
    maxActionsPerRun: fc.oneof(fc.nat(3), json),
    allowUndo: fc.oneof(fc.boolean(), json),
    executionWindow: fc.oneof(fc.constantFrom('00:00-24:00', '11:00-13:00', '01:00-02:00'), json),
  }),
).map(changes => policySpec(changes as Changes));

const actions: fc.Arbitrary<Action> = fc.oneof(
  fc.tuple(plans, fc.constantFrom(...actionStates)).map(([plan, state]) => actionIn(state, plan)),
  fc
    .record({
      plan: plans,
      by: fc.constantFrom('alice', 'alice', '', ' '),
      at: fc.constantFrom(approvedAt, approvedAt, importedAt - 1),
      digest: fc.constantFrom(undefined, undefined, 'sha256:other'),
      executor: fc.constantFrom(ociExecutor, ociExecutor, null, { plugin: 'x', digest: 'y' }),
    })
    .map(({ plan, by, at, digest, executor }) =>
      approved(imported(plan), { by, at, executor, ...(digest === undefined ? {} : { planDigest: digest }) }),
    ),
);

const situations: fc.Arbitrary<Omit<GateFacts, 'policy'>> = few(
  fc.record({
    direction: fc.constantFrom('execute' as const, 'execute' as const, 'undo' as const),
    asked: fc.constantFrom('operator' as const, 'daemon' as const),
    planGone: fc.constantFrom(undefined, undefined, undefined, 'gone'),
    executor: fc.constantFrom(ok(ociExecutor), ok(ociExecutor), fail('none')),
    ledgerStarts: fc.constantFrom([], [], ['start 2'], ['start 2', 'start 9']),
    takenBack: fc.boolean(),
    startedInRun: fc.nat(2),
    now: fc.constantFrom(noon, noon, noon + 12 * 3_600_000),
  }),
).map(facts => gateFactsWith(facts));

const judged = (action: Action, spec: Value, facts: Omit<GateFacts, 'policy'>) =>
  judgeGates(action, { ...facts, policy: ok(decodeActionPolicy(policyResource(spec))) });
const opened = (gates: ReturnType<typeof judgeGates>): Set<GateName> =>
  new Set(gates.filter(({ open }) => open).map(({ gate }) => gate));

describe('laws of the gates', () => {
  it('all open means that nobody had to approve, or that somebody approved this very plan and executor', () => {
    let open = 0;
    fc.assert(
      fc.property(actions, specs, situations, (action, spec, facts) => {
        const gates = judged(action, spec, facts);
        if (!gates.every(gate => gate.open)) return;
        open++;
        expect(spec['enabled']).to.equal(true);
        expect(spec['dryRunOnly']).to.equal(false);
        if (facts.direction === 'undo') {
          expect(facts.asked).to.equal('operator');
          expect(spec['allowUndo']).to.equal(true);
          return;
        }
        const cause = action.transitions.at(-1)?.cause;
        if (cause?.type !== 'approved') {
          expect(spec['requireApproval']).to.equal(false);
          expect(facts.takenBack).to.equal(false);
          return;
        }
        expect(cause.approval.planDigest).to.equal(planDigest(revisionOf(action).plan));
        expect(action.transitions.at(-1)?.by.trim()).not.to.equal('');
        expect(facts.executor).to.deep.equal(ok(cause.approval.executor));
        if (facts.asked === 'daemon') expect(spec['requireApproval']).to.equal(false);
      }),
      { numRuns: 5_000 },
    );
    expect(open).to.be.greaterThan(100);
  });

  it('a right taken away opens no gate', () => {
    fc.assert(
      fc.property(actions, fc.tuple(specs, fc.nat(1_000)), situations, (action, [spec, chosen], facts) => {
        const before = opened(judged(action, spec, facts));
        for (const less of lessThan(spec, chosen)) {
          const after = opened(judged(action, less, facts));
          const more = [...after].filter(gate => !before.has(gate));
          expect(more, JSON.stringify({ spec, less })).to.deep.equal([]);
        }
      }),
      { numRuns: 1_500 },
    );
  });

  it('a verdict is given on everything, whatever the policy, the plan and the moment', () => {
    const anyPlan = fc
      .record({
        target: fc.dictionary(fc.string(), fc.string()),
        provider: fc.string(),
        providerRef: fc.string(),
        action: fc.string(),
      })
      .map(changes => planFor(changes));
    const moment = fc.integer({ min: -8.64e15, max: 8.64e15 });
    fc.assert(
      fc.property(
        fc.oneof(
          actions,
          anyPlan.map(plan => imported(plan)),
        ),
        fc.oneof(specs, json),
        fc.tuple(situations, moment),
        (action, spec, [facts, now]) => {
          const gates = judged(action, spec, { ...facts, now });
          const expected = gateNames.filter(name => name !== 'undo' || facts.direction === 'undo');
          expect(gates.map(({ gate }) => gate).filter(gate => gate !== 'policy')).to.deep.equal(
            expected.filter(gate => gate !== 'policy'),
          );
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it('without a policy nothing is open', () => {
    fc.assert(
      fc.property(actions, situations, (action, facts) => {
        const gates = judgeGates(action, { ...facts, policy: fail('there is none') });
        expect(gates.find(({ gate }) => gate === 'policy')?.open).to.equal(false);
      }),
      { numRuns: 500 },
    );
  });
});

/** The same policy with one right less, in every way that there is. A list that restricts nothing when empty is not emptied. */
function* lessThan(spec: ValueMap, chosen: number): Generator<ValueMap> {
  yield { ...spec, enabled: false };
  yield { ...spec, dryRunOnly: true };
  yield { ...spec, requireApproval: true };
  yield { ...spec, allowUndo: false };
  for (const field of [
    'enabled',
    'dryRunOnly',
    'requireApproval',
    'allowUndo',
    'maxActionsPerRun',
    'allowedProviders',
    'allowedActions',
  ])
    yield Object.fromEntries(Object.entries(spec).filter(([name]) => name !== field));
  for (const field of ['allowedProviders', 'allowedActions', 'allowedProviderRefs', 'allowedCIDRs']) {
    const list = spec[field];
    const atLeast = field === 'allowedProviderRefs' || field === 'allowedCIDRs' ? 2 : 1;
    if (!Array.isArray(list) || list.length < atLeast || !list.every(entry => typeof entry === 'string'))
      continue;
    // An entry that cannot be read closes everything: leaving that one out is no right taken away.
    if (field === 'allowedCIDRs' && decodeActionPolicy(policyResource(spec)).allowedNetworks === undefined)
      continue;
    yield { ...spec, [field]: list.filter((_, index) => index !== chosen % list.length) };
  }
  for (const [field, value] of [
    ['allowedProviderRefs', ['none-of-them']],
    ['allowedCIDRs', ['192.0.2.0/24']],
    ['allowedCIDRs', 'x'],
    ['allowedProviderRefs', {}],
    ['executionWindow', 'x'],
  ] as const) {
    const old = spec[field];
    const restricts = old !== undefined && !(Array.isArray(old) && old.length === 0);
    if (!restricts || typeof value === 'string') yield { ...spec, [field]: value };
  }
  const max = spec['maxActionsPerRun'];
  if (typeof max === 'number' && max > 0) yield { ...spec, maxActionsPerRun: max - 1 };
}
