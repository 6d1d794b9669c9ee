import { expect } from 'chai';
import * as fc from 'fast-check';
import type { Path, Reason } from '../../../protocol/problem.js';
import type { Value } from '../../../protocol/resource.js';
import { createChecker } from '../../../protocol/schema/checker.js';
import { fixtureSchema } from '../../rig/schemas.js';
import { changed, samples } from '../../rig/samples.js';
import type { SampleKind } from '../../rig/samples.js';

const checker = createChecker();
const router: Value = {
  apiVersion: 'routerd.net/v1alpha1',
  kind: 'Router',
  metadata: { name: 'edge' },
  spec: {
    resources: ['left to checkResource'],
    reconcile: { mode: 'progressive', protectedZones: ['mgmt'] },
  },
};

interface Expected {
  readonly reason: Reason;
  readonly path: Path;
  readonly message: string;
  readonly hint?: string;
}

function expectOne(resource: Value, expected: Expected): void {
  const issues = checker.checkResource(resource);
  expect(issues).to.have.length(1);
  expect(issues[0]).to.deep.include({ severity: 'error', ...expected });
}

describe('checkResource: shapes', () => {
  it('names an unknown field and the one that was meant', () => {
    expectOne(changed(samples.IPv4Route, ['spec', 'gatway'], '10.0.0.1'), {
      reason: 'UnknownField',
      path: ['spec', 'gatway'],
      message: '`gatway` is not a field of IPv4Route spec',
      hint: 'did you mean `gateway`?',
    });
  });

  it('marks the key of an unknown field', () => {
    const [issue] = checker.checkResource(changed(samples.IPv4Route, ['spec', 'colour'], 1));
    expect(issue?.at).to.equal('key');
  });

  it('lists the fields where none is near', () => {
    const resource = changed(samples.DynamicConfigSource, ['spec', 'colour'], 'red');
    expect(checker.checkResource(resource)[0]?.hint).to.equal(
      'fields here: pluginRef, ttl, mergePolicy, triggers',
    );
  });

  it('tells a misspelt required field once', () => {
    const resource = changed(
      changed(samples.DynamicConfigSource, ['spec', 'pluginRef'], undefined),
      ['spec', 'pluginref'],
      'x',
    );
    expectOne(resource, {
      reason: 'UnknownField',
      path: ['spec', 'pluginref'],
      message: '`pluginref` is not a field of DynamicConfigSource spec',
      hint: 'did you mean `pluginRef`?',
    });
  });

  it('says where something is missing and what it is', () => {
    expectOne(changed(samples.DynamicConfigSource, ['spec', 'pluginRef'], undefined), {
      reason: 'MissingField',
      path: ['spec'],
      message: '`pluginRef` is missing in DynamicConfigSource spec',
      hint: 'pluginRef: Name of the Plugin.',
    });
  });

  it('names the way to an entry of a list', () => {
    expectOne(changed(samples.Plugin, ['spec', 'triggers', 1, 'type'], undefined), {
      reason: 'MissingField',
      path: ['spec', 'triggers', 1],
      message: '`type` is missing in Plugin spec.triggers[1]',
    });
  });

  for (const [path, value, message, hint] of [
    [['spec', 'timeout'], 30, '`spec.timeout` must be text, but is a number', 'put it in quotes: "30"'],
    [['spec', 'timeout'], true, '`spec.timeout` must be text, but is true', 'put it in quotes: "true"'],
    [
      ['spec', 'timeout'],
      null,
      '`spec.timeout` must be text, but is empty (null)',
      'give it a value, or leave the field out',
    ],
    [
      ['spec', 'capabilities'],
      'observe.cloud',
      '`spec.capabilities` must be a list, but is text',
      'write a list, even of one: [ … ]',
    ],
    [['spec', 'env', 'PORT'], 8080, '`spec.env.PORT` must be text, but is a number', 'put it in quotes'],
    [['spec'], [], '`spec` must be a map, but is a list', undefined],
  ] as [Path, Value, string, string | undefined][]) {
    it(`says that ${message}`, () => {
      const expected = { reason: 'InvalidType', path, message } as const;
      expectOne(changed(samples.Plugin, path, value), hint === undefined ? expected : { ...expected, hint });
    });
  }

  for (const [kind, path, value, message, hint] of [
    [
      'ProviderActionPolicy',
      ['spec', 'maxActionsPerRun'],
      '8',
      '`spec.maxActionsPerRun` must be a whole number, but is text',
      'write the number without quotes',
    ],
    [
      'ProviderActionPolicy',
      ['spec', 'maxActionsPerRun'],
      1.5,
      '`spec.maxActionsPerRun` must be a whole number, but is a number',
      undefined,
    ],
    [
      'ProviderActionPolicy',
      ['spec', 'enabled'],
      'yes',
      '`spec.enabled` must be true or false, but is text',
      'write true or false, without quotes; yes, no, on and off are text',
    ],
  ] as [SampleKind, Path, Value, string, string | undefined][]) {
    it(`says that ${message} (${JSON.stringify(value)})`, () => {
      const expected = { reason: 'InvalidType', path, message } as const;
      expectOne(changed(samples[kind], path, value), hint === undefined ? expected : { ...expected, hint });
    });
  }

  it('lists the allowed values, the near one first', () => {
    expectOne(changed(samples.Plugin, ['spec', 'capabilities', 0], 'observe.clouds'), {
      reason: 'InvalidValue',
      path: ['spec', 'capabilities', 0],
      message: '`spec.capabilities[0]` cannot be "observe.clouds"',
      hint:
        'did you mean `observe.cloud`? allowed: "observe.cloud", "observe.providerPrivateIPs", ' +
        '"propose.dynamicConfig", "propose.providerAction" or "execute.providerAction"',
    });
  });

  it('speaks once about a value whose type and choice are both wrong', () => {
    const issues = checker.checkResource(changed(samples.IPv4Route, ['spec', 'type'], 7));
    expect(issues.map(({ reason }) => reason)).to.deep.equal(['InvalidType']);
  });

  it('reports all mistakes at once', () => {
    const { apiVersion } = samples.IPv4Route;
    const issues = checker.checkResource({
      apiVersion,
      kind: 'IPv4Route',
      metadata: { name: 'a b', labels: {} },
      spec: { destination: '10.0.0.0', metric: 'low', colour: 'red' },
    });
    expect(issues.map(({ reason, path }) => `${reason} ${path.join('.')}`)).to.have.members([
      'InvalidName metadata.name',
      'UnknownField metadata.labels',
      'InvalidValue spec.destination',
      'InvalidType spec.metric',
      'UnknownField spec.colour',
      'MissingField spec',
    ]);
  });

  it('keeps control characters out of its sentences', () => {
    const issues = checker.checkResource(changed(samples.IPv4Route, ['spec', '\u001b[31mred\n'], 1));
    expect(issues).to.have.length(1);
    // eslint-disable-next-line no-control-regex
    expect(issues[0]?.message).to.not.match(/[\u0000-\u001f]/);
  });

  it('carries annotations, owners and a status of any content', () => {
    const annotated = changed(samples.IPv4Route, ['metadata'], {
      name: 'a',
      annotations: { note: 'x' },
      ownerRefs: [{ apiVersion: 'v1', kind: 'K', name: 'n' }],
    });
    expect(checker.checkResource(changed(annotated, ['status'], { phase: 1 }))).to.deep.equal([]);
  });

  it('carries what it does not know in the kinds that are described in part', () => {
    const pool = changed(samples.MobilityPool, ['spec', 'deliveryPolicy'], { mode: 'bgp' });
    expect(checker.checkResource(changed(pool, ['spec', 'members', 0, 'placement'], {}))).to.deep.equal([]);
    const group = changed(samples.EventGroup, ['spec', 'retention'], { maxEvents: 5 });
    expect(checker.checkResource(group)).to.deep.equal([]);
  });
});

describe('checkResource: envelopes', () => {
  const thing: Value = {
    apiVersion: 'shop.example/v1',
    kind: 'Thing',
    metadata: { name: 'a', labels: { x: 'y' } },
  };

  it('checks only the envelope of a kind that nobody described, and says so', () => {
    const [issue, ...rest] = checker.checkResource({ ...(thing as object), spec: { any: ['thing'] } });
    expect(rest).to.deep.equal([]);
    expect(issue).to.include({ reason: 'UnknownKind', severity: 'note' });
    expect(issue?.message).to.include('Thing of shop.example/v1');
  });

  it('does not ask for a spec there', () => {
    expect(checker.checkResource(thing).map(({ reason }) => reason)).to.deep.equal(['UnknownKind']);
  });

  for (const [apiVersion, kind, hint] of [
    ['plugin.routerd.net/v1alpha1', 'Plugn', 'did you mean `Plugin`?'],
    ['net.routerd.net/v1alpha1', 'Plugin', 'Plugin belongs to plugin.routerd.net/v1alpha1'],
    ['net.routerd.net/v1alpha1', 'IPv4StaticRoute', 'did you mean `IPv4Route`?'],
    ['net.routerd.net/v1alpha1', 'Whatever', undefined],
  ] as const) {
    it(`has ${hint ?? 'no hint'} for ${kind} of ${apiVersion}`, () => {
      expect(checker.checkResource({ apiVersion, kind, metadata: { name: 'a' } })[0]?.hint).to.equal(hint);
    });
  }

  for (const [title, resource, reason, path] of [
    ['text', 'Plugin', 'NotAMapping', []],
    ['null', null, 'NotAMapping', []],
    ['a list', [], 'NotAMapping', []],
    ['no apiVersion', changed(thing, ['apiVersion'], undefined), 'MissingField', []],
    ['no kind', changed(thing, ['kind'], undefined), 'MissingField', []],
    ['a kind that is a number', changed(thing, ['kind'], 4), 'InvalidType', ['kind']],
    ['a kind of two lines', changed(thing, ['kind'], 'A\nB'), 'InvalidValue', ['kind']],
    ['an apiVersion with a blank', changed(thing, ['apiVersion'], 'a b/v1'), 'InvalidValue', ['apiVersion']],
    ['a Router inside a Router', router, 'KindNotAllowed', ['kind']],
    [
      'a message',
      {
        apiVersion: 'plugin.routerd.net/v1alpha1',
        kind: 'PluginResult',
        metadata: { name: 'a' },
        status: {},
      },
      'KindNotAllowed',
      ['kind'],
    ],
  ] as [string, Value, Reason, Path][]) {
    it(`refuses ${title}`, () => {
      const issues = checker.checkResource(resource);
      expect(issues).to.have.length(1);
      expect(issues[0]).to.deep.include({ severity: 'error', reason, path });
    });
  }

  for (const [title, resource, reason, path] of [
    ['no metadata', changed(thing, ['metadata'], undefined), 'MissingField', []],
    ['metadata without a name', changed(thing, ['metadata'], {}), 'MissingField', ['metadata']],
    ['a name that is a number', changed(thing, ['metadata', 'name'], 4), 'InvalidType', ['metadata', 'name']],
    [
      'a name that leads elsewhere',
      changed(thing, ['metadata', 'name'], '../a'),
      'InvalidName',
      ['metadata', 'name'],
    ],
    ['a spec that is text', changed(thing, ['spec'], 'x'), 'InvalidType', ['spec']],
  ] as [string, Value, Reason, Path][]) {
    it(`refuses ${title} whatever the kind`, () => {
      const errors = checker.checkResource(resource).filter(({ severity }) => severity === 'error');
      expect(errors).to.have.length(1);
      expect(errors[0]).to.deep.include({ reason, path });
    });
  }

  it('takes any value without an exception, with and without extra schemas', () => {
    const withExtras = createChecker([fixtureSchema('widget.json'), fixtureSchema('router-closed.json')]);
    const kinds = Object.values(samples).map(({ apiVersion, kind }) => ({ apiVersion, kind }));
    const identities = [...kinds, { apiVersion: 'shop.example/v1', kind: 'Widget' }];
    const noise = fc.jsonValue({ maxDepth: 3 });
    const resources = fc
      .record({ identity: fc.constantFrom(...identities), metadata: noise, spec: noise, status: noise })
      .map(({ identity, ...rest }) => ({ ...identity, ...rest }));
    const mutants = fc
      .record({ sample: fc.constantFrom(...Object.values(samples)), to: noise, pick: fc.nat() })
      .map(({ sample, to, pick }) => {
        const paths = pathsOf(sample);
        return changed(sample, paths[pick % paths.length] ?? [], to as Value);
      });
    fc.assert(
      fc.property(fc.oneof(noise, resources, mutants), value => {
        for (const one of [checker, withExtras]) {
          for (const issue of one.checkResource(value as Value)) {
            expect(issue.message).to.match(/^\S.*\S$/u);
            expect(issue.message).to.not.include('undefined');
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

function pathsOf(value: unknown): Path[] {
  if (typeof value !== 'object' || value === null) return [[]];
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? value.map((entry: unknown, index) => [index, entry])
    : Object.entries(value);
  return entries.flatMap(([step, entry]) => [[step], ...pathsOf(entry).map((path): Path => [step, ...path])]);
}

describe('checkRouter', () => {
  it('leaves the resources alone', () => {
    expect(checker.checkRouter(router)).to.deep.equal([]);
  });

  for (const [title, path, value, reason, at] of [
    ['a field that is not known', ['spec', 'resource'], [], 'UnknownField', ['spec', 'resource']],
    ['no resources', ['spec', 'resources'], undefined, 'MissingField', ['spec']],
    ['resources that are a map', ['spec', 'resources'], {}, 'InvalidType', ['spec', 'resources']],
    ['an unknown mode', ['spec', 'reconcile', 'mode'], 'lax', 'InvalidValue', ['spec', 'reconcile', 'mode']],
    ['a name that is none', ['metadata', 'name'], 'a/b', 'InvalidName', ['metadata', 'name']],
    ['a label', ['metadata', 'labels'], {}, 'UnknownField', ['metadata', 'labels']],
  ] as [string, Path, Value | undefined, Reason, Path][]) {
    it(`refuses ${title}`, () => {
      const issues = checker.checkRouter(changed(router, path, value) as never);
      expect(issues).to.have.length(1);
      expect(issues[0]).to.deep.include({ reason, path: at });
    });
  }
});
