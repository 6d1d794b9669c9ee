import { expect } from 'chai';
import fc from 'fast-check';
import type { Value, ValueMap } from '../../protocol/resource.js';
import { createChecker } from '../../protocol/schema/checker.js';
import { formatTime } from '../../protocol/time.js';
import { judgeResult } from '../../reconciler/plugin/result.js';
import type { ResultFacts } from '../../reconciler/plugin/result.js';
import { binding, maskPolicy, route } from '../rig/build.js';

const now = Date.UTC(2026, 4, 29, 12);
const unbound: ResultFacts = {
  plugin: {
    name: 'p',
    timeoutMs: 1,
    env: {},
    capabilities: ['propose.dynamicConfig', 'propose.providerAction'],
    triggers: [],
    context: [],
  },
  checker: createChecker(),
  now,
};
const facts = (more: Partial<ResultFacts> = {}): ResultFacts => ({
  ...unbound,
  sourceTtlMs: 300_000,
  ...more,
});

const result = (status: ValueMap, more: ValueMap = {}): Value => ({
  apiVersion: 'plugin.routerd.net/v1alpha1',
  kind: 'PluginResult',
  metadata: { name: 'p' },
  status,
  ...more,
});

const reasons = (value: Value, more: Partial<ResultFacts> = {}) => {
  const { proposal, problems } = judgeResult(value, facts(more));
  return {
    kept: proposal !== undefined,
    reasons: problems.map(({ reason, severity }) => `${severity} ${reason}`),
  };
};

const ref = { apiVersion: 'net.routerd.net/v1alpha1', kind: 'IPv4Route', name: 'a' };
const plan = {
  name: 'assign',
  provider: 'oci',
  action: 'assign-secondary-ip',
  target: { nicRef: 'nic', address: '10.0.1.123' },
};

describe('judging a PluginResult', () => {
  const rejected: readonly (readonly [string, Value, string, Partial<ResultFacts>?])[] = [
    ['text', 'hello', 'OutputInvalid'],
    ['another kind', result({}, { kind: 'PluginRequest' }), 'WrongKind'],
    ['another version', result({}, { apiVersion: 'plugin.routerd.net/v2' }), 'WrongKind'],
    ['another plugin', result({}, { metadata: { name: 'q' } }), 'WrongPlugin'],
    ['no name', result({}, { metadata: {} }), 'WrongPlugin'],
    [
      'no status',
      { apiVersion: 'plugin.routerd.net/v1alpha1', kind: 'PluginResult', metadata: { name: 'p' } },
      'StatusMissing',
    ],
    ['resources that are no list', result({ resources: {} }), 'ResultInvalid'],
    ['a directive that is no mask', result({ directives: [{ op: 'delete', target: ref }] }), 'ResultInvalid'],
    ['a directive without target', result({ directives: [{ op: 'mask' }] }), 'ResultInvalid'],
    ['a ttl of nothing', result({ ttl: '0s' }), 'ResultInvalid'],
    ['a ttl without unit', result({ ttl: '300' }), 'ResultInvalid'],
    ['a time without offset', result({ observedAt: '2026-05-29T12:00:00' }), 'ResultInvalid'],
    [
      'an unknown field in a known kind',
      result({ resources: [route('a', { gatway: 'x' })] }),
      'InvalidResource',
    ],
    [
      'a resource without a name',
      result({ resources: [{ ...route('a'), metadata: {} }] }),
      'InvalidResource',
    ],
    ['a resource with a path as name', result({ resources: [route('../../etc/passwd')] }), 'InvalidResource'],
    ['a binding', result({ resources: [binding('p')] }), 'ForbiddenKind'],
    ['a policy', result({ resources: [maskPolicy('Plugin/p', route('a'))] }), 'ForbiddenKind'],
    ['a resource twice', result({ resources: [route('a'), route('a')] }), 'DuplicateInResult'],
    [
      'a mask twice',
      result({
        directives: [
          { op: 'mask', target: ref },
          { op: 'mask', target: ref },
        ],
      }),
      'DuplicateInResult',
    ],
    ['a plan twice', result({ actionPlans: [plan, plan] }), 'DuplicateInResult'],
    [
      'a plan that asks for execution',
      result({ actionPlans: [{ ...plan, mode: 'execute' }] }),
      'ExecuteModeForbidden',
    ],
    ['a plan without target', result({ actionPlans: [{ ...plan, target: {} }] }), 'InvalidActionPlan'],
    [
      'resources without the capability',
      result({ resources: [route('a')] }),
      'CapabilityMissing',
      { plugin: { ...facts().plugin, capabilities: ['observe.cloud'] } },
    ],
    ['no ttl anywhere', result({}), 'TtlMissing', { sourceTtlMs: undefined as never }],
    ['what is born expired', result({ observedAt: formatTime(now - 300_000) }), 'BornExpired'],
  ];
  for (const [name, value, reason, more] of rejected) {
    it(`rejects ${name} with ${reason}`, () => {
      const judged = reasons(value, more);
      expect(judged.kept).to.equal(false);
      expect(new Set(judged.reasons)).to.deep.equal(new Set([`error ${reason}`]));
    });
  }

  const kept: readonly (readonly [string, Value, readonly string[], Partial<ResultFacts>?])[] = [
    ['an empty status', result({}), []],
    ['a field that nobody knows', result({ colour: 'red' }), ['note UnknownResultField']],
    [
      'a kind that nobody describes',
      result({ resources: [{ ...route('a'), kind: 'Strange' }] }),
      ['note UnknownKind'],
    ],
    [
      'plans without the capability',
      result({ actionPlans: [plan] }),
      ['warning PlanNotImportable'],
      { plugin: { ...facts().plugin, capabilities: ['propose.dynamicConfig'] } },
    ],
    ['a clock that runs ahead', result({ observedAt: formatTime(now + 5_000) }), ['warning ClockAhead']],
    ['a ttl that its source caps', result({ ttl: '1h' }), ['warning TtlCapped']],
    [
      'events of a plugin that only observes',
      result({ events: [{ type: 'Seen' }] }),
      [],
      { plugin: { ...facts().plugin, capabilities: ['observe.cloud'] } },
    ],
  ];
  for (const [name, value, expected, more] of kept) {
    it(`keeps ${name}${expected.length > 0 ? ` and says ${expected.join(', ')}` : ''}`, () => {
      expect(reasons(value, more)).to.deep.equal({ kept: true, reasons: expected });
    });
  }

  const leases: readonly (readonly [string, ValueMap, number | undefined, readonly [number, number]])[] = [
    ['the ttl of its source by default', {}, 300_000, [0, 300_000]],
    ['a shorter ttl of its own', { ttl: '60s' }, 300_000, [0, 60_000]],
    ['the cap of its source', { ttl: '1h' }, 300_000, [0, 300_000]],
    ['a ttl of its own without a source', { ttl: '1h' }, undefined, [0, 3_600_000]],
    ['its time of observation', { observedAt: formatTime(now - 60_000) }, 300_000, [-60_000, 240_000]],
    ['the present for a time ahead', { observedAt: formatTime(now + 60_000) }, 300_000, [0, 300_000]],
    ['an offset', { observedAt: '2026-05-29T13:59:00+02:00' }, 300_000, [-60_000, 240_000]],
    ['fractions of a second', { ttl: '1.5s' }, 300_000, [0, 1_500]],
  ];
  for (const [name, status, sourceTtlMs, [observed, expires]] of leases) {
    it(`takes ${name}`, () => {
      const { proposal } = judgeResult(
        result(status),
        sourceTtlMs === undefined ? unbound : facts({ sourceTtlMs }),
      );
      expect([proposal && proposal.observedAt - now, proposal && proposal.expiresAt - now]).to.deep.equal([
        observed,
        expires,
      ]);
    });
  }

  it('asks for no ttl where nothing keeps the result', () => {
    expect(judgeResult(result({}), { ...unbound, bound: false }).problems).to.deep.equal([]);
  });

  it('reports all problems at once', () => {
    const judged = reasons(
      result({
        ttl: 'x',
        resources: [binding('p'), route('a', { metric: -1 })],
        actionPlans: [{ ...plan, mode: 'execute' }],
      }),
    );
    expect(new Set(judged.reasons)).to.deep.equal(
      new Set([
        'error ResultInvalid',
        'error ForbiddenKind',
        'error InvalidResource',
        'error ExecuteModeForbidden',
      ]),
    );
  });

  it('gives the same digest whatever the order, and another one for other content', () => {
    const [a, b] = [route('a'), route('b')];
    const digest = (status: ValueMap) => judgeResult(result(status), facts()).proposal?.digest;
    expect(digest({ resources: [a, b] })).to.equal(digest({ resources: [b, a] }));
    expect(digest({})).to.equal(digest({ resources: [], directives: [], actionPlans: [] }));
    expect(digest({ events: [{ type: 'x' }] })).to.equal(digest({}));
    expect(digest({ resources: [a] })).not.to.equal(digest({ resources: [b] }));
  });

  it('never throws and never keeps a result with an error, whatever the value', () => {
    const any = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Value>;
    const status = fc.dictionary(
      fc.constantFrom('resources', 'directives', 'actionPlans', 'events', 'ttl', 'observedAt'),
      any,
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          any,
          status.map(value => result(value)),
        ),
        value => {
          const { proposal, problems } = judgeResult(value, facts());
          expect(proposal === undefined).to.equal(problems.some(({ severity }) => severity === 'error'));
        },
      ),
      { numRuns: 500 },
    );
  });
});
