import { expect } from 'chai';
import type { Path, Reason } from '../../../protocol/problem.js';
import type { Value } from '../../../protocol/resource.js';
import { createChecker } from '../../../protocol/schema/checker.js';
import { parseExtraSchema } from '../../../protocol/schema/extra.js';
import type { ExtraSchema } from '../../../protocol/schema/extra.js';
import { changed, samples } from '../../rig/samples.js';
import type { SampleKind } from '../../rig/samples.js';

interface Case {
  readonly kind: SampleKind;
  /** Where the change is made; the issue is expected there, unless `at` says where. */
  readonly path: Path;
  readonly bad: readonly (Value | undefined)[];
  readonly good?: readonly Value[];
  readonly reason?: Reason;
  readonly at?: Path;
  /** Part of the hint for the first bad value. */
  readonly hint?: string;
}

const durations = {
  bad: ['30', '0s', '0', '-5s', '1d', '', 'soon', '9'.repeat(101)],
  good: ['100ms', '1.5h', '1h30m'],
};
const cidrOrAddress = {
  bad: ['10.77.60', '10.77.60.300', 'host', '10.77.60.1/33'],
  good: ['10.77.60.9', '10.77.60.8/29'],
};
const topics = { bad: ['', 'a..b', 'a b', 'a.b.c.d.e.f.g.h.i'], good: ['a', 'a.b-c_d.E'] };
const pool = (...path: Path): Path => ['spec', 'members', 0, 'ownershipDiscovery', ...path];

/** One entry for each value rule. The first bad value is wrong by that rule alone. */
const cases: readonly Case[] = [
  {
    kind: 'Plugin',
    path: ['spec', 'executable'],
    bad: ['bin/oci', './oci', '', '/bin/\0oci'],
    good: ['/bin/sh'],
    hint: 'from the root',
  },
  { kind: 'Plugin', path: ['spec', 'timeout'], ...durations, hint: 'did you mean `30s`?' },
  { kind: 'Plugin', path: ['spec', 'triggers', 0, 'every'], ...durations },
  { kind: 'Plugin', path: ['spec', 'triggers', 1, 'topic'], ...topics },
  { kind: 'Plugin', path: ['spec', 'env', 'REGION'], bad: ['a\0b'], good: ['', 'a=b'] },
  { kind: 'Plugin', path: ['spec', 'env', 'A=B'], bad: ['x'], reason: 'InvalidName' },
  { kind: 'Plugin', path: ['spec', 'env', ''], bad: ['x'], reason: 'InvalidName' },
  {
    kind: 'Plugin',
    path: ['spec', 'triggers', 0, 'every'],
    bad: [undefined],
    at: ['spec', 'triggers', 0],
    reason: 'MissingField',
    hint: 'every: 300s',
  },
  {
    kind: 'Plugin',
    path: ['spec', 'triggers', 1, 'topic'],
    bad: [undefined],
    at: ['spec', 'triggers', 1],
    reason: 'MissingField',
    hint: 'topic: ',
  },
  {
    kind: 'Plugin',
    path: ['metadata', 'name'],
    bad: ['Big', 'a.b', 'a_b', '-a', 'a-', 'a'.repeat(64), '../../etc/passwd', ''],
    good: ['a', '0-a', 'a'.repeat(63)],
    reason: 'InvalidName',
  },
  { kind: 'ChangePolicy', path: ['spec', 'confirm', 'default'], ...durations },
  {
    kind: 'ChangePolicy',
    path: ['spec', 'confirm', 'probe'],
    bad: [' ', '', 'a\0b'],
    good: ['true && true'],
  },
  { kind: 'ChangePolicy', path: ['spec', 'guard', 'maxRemovals'], bad: [-1], good: [0, 1_000] },
  {
    kind: 'ChangePolicy',
    path: ['spec', 'guard', 'maxRemovalPercent'],
    bad: [-0.5, 100.1],
    good: [0, 12.5, 100],
  },
  { kind: 'DynamicConfigSource', path: ['spec', 'ttl'], ...durations },
  { kind: 'DynamicConfigSource', path: ['spec', 'triggers', 0, 'every'], ...durations },
  {
    kind: 'DynamicConfigSource',
    path: ['spec', 'triggers', 0],
    bad: [{ type: 'event' }],
    good: [{ type: 'event', topic: 'a.b' }],
    reason: 'MissingField',
  },
  {
    kind: 'DynamicConfigSource',
    path: ['spec', 'triggers', 0],
    bad: [{ type: 'event', topic: 'a b' }],
    at: ['spec', 'triggers', 0, 'topic'],
  },
  {
    kind: 'RemoteAddressClaim',
    path: ['spec', 'address'],
    bad: ['10.0.1.123', '10.0.1.0/24', '2001:db8::1/64', '10.0.1.123/032', '010.0.1.123/32', ''],
    good: ['10.0.1.1/32', '2001:db8::1/128'],
    hint: '10.0.1.123/32',
  },
  { kind: 'RemoteAddressClaim', path: ['spec', 'capture', 'excludeAddresses', 0], ...cidrOrAddress },
  {
    kind: 'ProviderActionPolicy',
    path: ['spec', 'allowedCIDRs', 0],
    bad: ['10.77.60.5/24', '10.77.60.5', '::ffff:10.0.0.1'],
    good: ['0.0.0.0/0', '2001:db8::/32', '10.77.60.5/32'],
    hint: '`10.77.60.0/24` for the network or `10.77.60.5/32`',
  },
  { kind: 'ProviderActionPolicy', path: ['spec', 'maxActionsPerRun'], bad: [-1], good: [0, 1] },
  {
    kind: 'ProviderActionPolicy',
    path: ['spec', 'executionWindow'],
    bad: ['at night', ''],
    good: ['22:00-04:00; Sat 00:00-24:00'],
  },
  {
    kind: 'MobilityPool',
    path: ['spec', 'prefix'],
    bad: ['10.77.60.1/24', '10.77.60.0', '2001:db8::/32'],
    good: ['10.0.0.0/8'],
    hint: '10.77.60.0/24',
  },
  { kind: 'MobilityPool', path: pool('scanInterval'), ...durations },
  { kind: 'MobilityPool', path: pool('leaseTTL'), ...durations },
  { kind: 'MobilityPool', path: pool('scope', 'includeAddresses', 0), ...cidrOrAddress },
  { kind: 'MobilityPool', path: pool('scope', 'excludeAddresses', 0), ...cidrOrAddress },
  { kind: 'MobilityPool', path: ['spec', 'members', 0, 'staticOwnedAddresses', 0], ...cidrOrAddress },
  { kind: 'MobilityPool', path: ['spec', 'staticHandovers', 0, 'address'], ...cidrOrAddress },
  {
    kind: 'IPv4Route',
    path: ['spec', 'destination'],
    bad: ['10.0.1.7/24', '10.0.1.0', '10.0.1.0/33', '2001:db8::/32', 'default', '10.0.1.0/024'],
    good: ['0.0.0.0/0', '10.0.1.7/32'],
    hint: '10.0.1.0/24',
  },
  {
    kind: 'IPv4Route',
    path: ['spec', 'gateway'],
    bad: ['10.0.0', '2001:db8::1', '10.0.0.1/24', '010.0.0.1'],
    good: ['10.0.0.254'],
  },
  { kind: 'IPv4Route', path: ['spec', 'preferredSource'], bad: ['eth0'], good: ['10.0.0.3'] },
  { kind: 'IPv4Route', path: ['spec', 'metric'], bad: [-1], good: [0] },
  {
    kind: 'IPv4Route',
    path: ['spec'],
    bad: [{ destination: '10.0.1.0/24' }, { destination: '10.0.1.0/24', type: 'unicast', metric: 1 }],
    good: [
      { destination: '10.0.1.0/24', device: 'eth0' },
      { destination: '10.0.1.0/24', gateway: '10.0.0.1' },
      { destination: '10.0.1.0/24', deviceFrom: { resource: 'Interface/wan' } },
      { destination: '10.0.1.0/24', gatewayFrom: { resource: 'DHCPv4Client/wan', field: 'gateway' } },
      { destination: '10.0.1.0/24', type: 'blackhole' },
      { destination: '10.0.1.0/24', type: 'blackhole', metric: 9 },
    ],
    reason: 'MissingField',
  },
  ...['device', 'gateway', 'deviceFrom', 'gatewayFrom', 'preferredSource'].map((field): Case => {
    const value = field.endsWith('From') ? { resource: 'Interface/wan' } : '10.0.0.1';
    return {
      kind: 'IPv4Route',
      path: ['spec'],
      bad: [{ destination: '10.0.1.0/24', type: 'blackhole', [field]: value }],
      at: ['spec', field],
      hint: `remove \`${field}\``,
    };
  }),
  {
    kind: 'DynamicConfigPart',
    path: [],
    bad: [
      changed(
        changed(samples.DynamicConfigPart, ['spec', 'generation'], 0),
        ['metadata', 'name'],
        'Plugin-oci-inventory-0',
      ),
    ],
    at: ['spec', 'generation'],
  },
  { kind: 'DynamicConfigPart', path: ['spec', 'digest'], bad: ['sha256:12', '0'.repeat(64)] },
  { kind: 'DynamicConfigPart', path: ['spec', 'observedAt'], bad: ['yesterday', '2026-05-29T12:00:00'] },
  { kind: 'DynamicConfigPart', path: ['spec', 'expiresAt'], bad: ['2026-02-30T12:00:00Z'] },
  {
    kind: 'DynamicConfigPart',
    path: ['metadata', 'name'],
    bad: ['Plugin-oci-inventory-13'],
    reason: 'InvalidName',
    hint: 'Plugin-oci-inventory-12',
  },
  { kind: 'Event', path: ['spec', 'topic'], ...topics },
  { kind: 'Event', path: ['spec', 'time'], bad: ['12:00'], good: ['2026-05-29T12:00:00.5+09:00'] },
  {
    kind: 'EventGroup',
    path: ['metadata', 'name'],
    bad: ['../x', 'a/b', 'a\nb', '', '.a', 'a..b', 'a'.repeat(254)],
    good: ['a', 'A.b_c:d-e'],
    reason: 'InvalidName',
  },
];

/** A schema for the same kind that has nothing against anything. */
function openSchema(kind: SampleKind): ExtraSchema {
  const constant = (value: Value): Value => ({ const: value });
  const { apiVersion } = samples[kind];
  const schema = { properties: { apiVersion: constant(apiVersion), kind: constant(kind) } };
  const parsed = parseExtraSchema(`${kind}.json`, schema);
  if (!parsed.ok) throw new Error('the schema is not usable');
  return parsed.value;
}

const kinds = Object.keys(samples) as SampleKind[];

for (const [title, checker] of [
  ['value rules beside the shipped shapes', createChecker()],
  ['value rules beside extra schemas that say nothing', createChecker(kinds.map(openSchema))],
] as const) {
  describe(title, () => {
    for (const kind of kinds) {
      it(`have nothing against a good ${kind}`, () => {
        expect(checker.checkResource(samples[kind])).to.deep.equal([]);
      });
    }

    for (const { kind, path, bad, good = [], reason = 'InvalidValue', at = path, hint } of cases) {
      const place = `${kind} ${path.join('.')}`;
      bad.forEach((value, index) => {
        it(`${place} cannot be ${JSON.stringify(value)}`, () => {
          const issues = checker.checkResource(changed(samples[kind], path, value));
          expect(issues).to.have.length(1);
          expect(issues[0]).to.deep.include({ reason, severity: 'error', path: at });
          if (hint !== undefined && index === 0) expect(issues[0]?.hint).to.include(hint);
        });
      });
      for (const value of good) {
        it(`${place} can be ${JSON.stringify(value)}`, () => {
          expect(checker.checkResource(changed(samples[kind], path, value))).to.deep.equal([]);
        });
      }
    }
  });
}

describe('value rules', () => {
  it('suggest hours for days', () => {
    const [issue] = createChecker().checkResource(
      changed(samples.DynamicConfigSource, ['spec', 'ttl'], '2d'),
    );
    expect(issue?.hint).to.include('`48h`');
  });

  it('never repeat what may be a secret', () => {
    const [issue] = createChecker().checkResource(changed(samples.Plugin, ['spec', 'env', 'KEY'], 'hush\0'));
    expect(JSON.stringify(issue)).to.not.include('hush');
  });

  it('give up counting where there are thousands of faults', () => {
    const many = Array.from({ length: 3_000 }, (_, index) => `x${index}`);
    for (const field of ['allowedCIDRs', 'allowedActions']) {
      const policy = changed(samples.ProviderActionPolicy, ['spec', field], many);
      expect(createChecker().checkResource(policy)).to.have.length(1_000);
    }
  });

  it('leave wrong types to the schema', () => {
    for (const value of [5, true, null, [], {}]) {
      const issues = createChecker().checkResource(changed(samples.Plugin, ['spec', 'timeout'], value));
      expect(issues.map(({ reason }) => reason)).to.deep.equal(['InvalidType']);
    }
  });
});
