import { expect } from 'chai';
import type { Issue, Path, Reason } from '../../../protocol/problem.js';
import type { Value } from '../../../protocol/resource.js';
import { createChecker } from '../../../protocol/schema/checker.js';
import { parseExtraSchema } from '../../../protocol/schema/extra.js';
import { fixtureSchema, usable } from '../../rig/schemas.js';
import { changed, samples } from '../../rig/samples.js';

const widget: Value = {
  apiVersion: 'shop.example/v1',
  kind: 'Widget',
  metadata: { name: 'a' },
  spec: { size: 3 },
};
const gadget: Value = { ...(widget as object), kind: 'Gadget', spec: { power: true } };
const constants = (apiVersion: string, kind: string): Value => ({
  apiVersion: { const: apiVersion },
  kind: { const: kind },
});

describe('extra schemas: what they are about', () => {
  for (const [title, schema, message] of [
    ['no object', [], 'is not a JSON object'],
    ['no kind', { type: 'object' }, 'does not say which kind it describes'],
    ['a kind without a group', { properties: { kind: { const: 'Widget' } } }, 'does not say which kind'],
    ['an old dialect', { $schema: 'http://json-schema.org/draft-04/schema#' }, 'not supported'],
  ] as [string, Value, string][]) {
    it(`refuses a schema with ${title}`, () => {
      const parsed = parseExtraSchema('x.json', schema);
      expect(parsed.ok).to.equal(false);
      if (parsed.ok) return;
      expect(parsed.failure).to.have.length(1);
      expect(parsed.failure[0]).to.include({ reason: 'SchemaUnreadable', severity: 'error' });
      expect(parsed.failure[0]?.message).to.include('x.json').and.include(message);
    });
  }

  it('finds the kind of a schema for one', () => {
    const { kinds, closed, envelope } = fixtureSchema('widget.json');
    expect([...kinds.keys()]).to.deep.equal(['shop.example/v1 Widget']);
    expect({ closed, envelope }).to.deep.equal({ closed: false, envelope: undefined });
  });

  it('finds the kinds of a schema for a whole Router, through references', () => {
    const { kinds, closed } = fixtureSchema('router-closed.json');
    expect([...kinds.keys()]).to.deep.equal([
      'shop.example/v1 Gadget',
      'shop.example/v1 Gizmo',
      'net.routerd.net/v1alpha1 Interface',
      'shop.example/v1 Broken',
    ]);
    expect(closed).to.equal(true);
  });

  for (const [title, items, closed] of [
    [
      'a branch for anything else leaves it open',
      { anyOf: [{ properties: constants('a/v1', 'A') }, { type: 'object' }] },
      false,
    ],
    ['a single branch closes it', { properties: constants('a/v1', 'A') }, true],
    ['resources of any kind leave it open', true, false],
    ['nothing about resources leaves it open', undefined, false],
  ] as [string, Value | undefined, boolean][]) {
    it(`list of kinds: ${title}`, () => {
      const resources = items === undefined ? {} : { items };
      const router: Value = {
        properties: { kind: { const: 'Router' }, spec: { properties: { resources } } },
      };
      expect(usable('r.json', router).closed).to.equal(closed);
    });
  }
});

describe('extra schemas: what they say', () => {
  const checker = createChecker([fixtureSchema('widget.json')]);
  const check = (path: Path, value: Value | undefined): readonly Issue[] =>
    checker.checkResource(changed(widget, path, value));

  it('describe kinds that were unknown', () => {
    expect(checker.checkResource(widget)).to.deep.equal([]);
  });

  for (const [title, path, value, reason, at, text] of [
    ['a misspelling', ['spec', 'sise'], 1, 'UnknownField', ['spec', 'sise'], 'did you mean `size`?'],
    ['a missing field', ['spec', 'size'], undefined, 'MissingField', ['spec'], 'size: How big.'],
    ['a minimum', ['spec', 'size'], 0, 'InvalidValue', ['spec', 'size'], 'must be 1 or more'],
    ['a maximum', ['spec', 'size'], 11, 'InvalidValue', ['spec', 'size'], 'must be 10 or less'],
    [
      'a pattern',
      ['spec', 'code'],
      'abc',
      'InvalidValue',
      ['spec', 'code'],
      'must match the pattern `^[A-Z]{3}$`',
    ],
    ['a format', ['spec', 'mail'], 'nobody', 'InvalidValue', ['spec', 'mail'], 'format `email`'],
    ['a choice', ['spec', 'colour'], 'gren', 'InvalidValue', ['spec', 'colour'], 'did you mean `green`?'],
    ['an empty list', ['spec', 'tags'], [], 'InvalidValue', ['spec', 'tags'], 'must not be an empty list'],
    ['a repeated entry', ['spec', 'tags'], ['a', 'a'], 'InvalidValue', ['spec', 'tags'], 'twice'],
    ['a key', ['spec', 'labels'], { A1: 'x' }, 'InvalidName', ['spec', 'labels', 'A1'], '`A1` is not a name'],
    ['a forbidden field', ['spec', 'never'], 1, 'UnknownField', ['spec', 'never'], 'not allowed here'],
    [
      'a field that needs another',
      ['spec', 'pair'],
      { left: 1 },
      'MissingField',
      ['spec', 'pair'],
      '`right` is missing',
    ],
    [
      'a condition',
      ['spec', 'conditional'],
      { a: 1 },
      'MissingField',
      ['spec', 'conditional'],
      '`b` is missing',
    ],
    [
      'a keyword without words',
      ['spec', 'notNull'],
      null,
      'SchemaViolation',
      ['spec', 'notNull'],
      'keyword not',
    ],
  ] as [string, Path, Value | undefined, Reason, Path, string][]) {
    it(`explain ${title}`, () => {
      const issues = check(path, value);
      expect(issues).to.have.length(1);
      expect(issues[0]).to.deep.include({ reason, path: at, severity: 'error' });
      expect(`${issues[0]?.message ?? ''} ${issues[0]?.hint ?? ''}`).to.include(text);
    });
  }

  it('do not make messages repeat what may be a secret', () => {
    const [issue] = check(['spec', 'password'], 'hush');
    expect(issue?.reason).to.equal('InvalidValue');
    expect(JSON.stringify(issue)).to.not.include('hush');
  });

  for (const [title, path, value, expected] of [
    ['types', ['limit'], true, ['spec.limit: `spec.limit` must be a whole number or text, but is true']],
    ['choices', ['mode'], 'of', ['spec.mode: `spec.mode` cannot be "of"']],
    [
      'a constant that tells which is meant',
      ['source'],
      { type: 'web', url: 5, retrys: 1 },
      [
        'spec.source.retrys: `retrys` is not a field of Widget spec.source',
        'spec.source.url: `spec.source.url` must be text, but is a number',
      ],
    ],
    ['a wrong type for all', ['source'], 'web', ['spec.source: `spec.source` must be a map, but is text']],
    [
      'the same inside each other',
      ['when'],
      { all: [{ state: 's' }, { any: [{ state: 7 }] }] },
      ['spec.when.all.1.any.0.state: `spec.when.all[1].any[0].state` must be text, but is a number'],
    ],
    [
      'forms that are equally far',
      ['either'],
      { c: 1 },
      ['spec.either: `spec.either` has none of the forms that its schema allows'],
    ],
    [
      'several that match',
      ['even'],
      4,
      ['spec.even: `spec.even` matches several forms of which its schema allows one'],
    ],
  ] as [string, string[], Value, string[]][]) {
    it(`choose among alternatives by ${title}`, () => {
      const issues = check(['spec', ...path], value);
      const told = issues.map(issue => `${issue.path.join('.')}: ${issue.message}`);
      expect(told).to.have.members(expected);
    });
  }

  it('list the forms, or the choices, of all alternatives', () => {
    expect(check(['spec', 'either'], { c: 1 })[0]?.hint).to.equal('give it `a` or `b`');
    expect(check(['spec', 'mode'], 'aut')[0]?.hint).to.equal(
      'did you mean `auto`? allowed: "on", "off" or "auto"',
    );
  });

  it('keep other complaints beside those about alternatives', () => {
    const spec = { size: 0, limit: true, colour: 'pink', source: 1 };
    const issues = check(['spec'], spec);
    expect(issues.map(({ path }) => path.join('.'))).to.have.members([
      'spec.size',
      'spec.limit',
      'spec.colour',
      'spec.source',
    ]);
  });

  it('may be written in draft-07', () => {
    const old = createChecker([fixtureSchema('widget-draft-07.json')]);
    const issues = old.checkResource(changed(widget, ['spec', 'pair'], ['1', 'x']));
    expect(issues.map(({ reason, path }) => ({ reason, path }))).to.deep.equal([
      { reason: 'InvalidType', path: ['spec', 'pair', 0] },
    ]);
  });

  it('may forget the envelope, which is checked all the same', () => {
    const open = createChecker([usable('w.json', { properties: constants('shop.example/v1', 'Widget') })]);
    const issues = open.checkResource({ apiVersion: 'shop.example/v1', kind: 'Widget', metadata: {} });
    expect(issues.map(({ reason, path }) => ({ reason, path }))).to.deep.equal([
      { reason: 'MissingField', path: ['metadata'] },
    ]);
  });
});

describe('extra schemas: together', () => {
  const closed = fixtureSchema('router-closed.json');

  it('replace the shipped shape, not the value rules', () => {
    const route = { ...samples.IPv4Route, spec: { destination: '10.0.0.1/24', lanes: 4 } };
    const loose = usable('route.json', { properties: constants('net.routerd.net/v1alpha1', 'IPv4Route') });
    const reasons = (extras: Parameters<typeof createChecker>[0]): Path[] =>
      createChecker(extras)
        .checkResource(route)
        .map(({ path }) => path);
    expect(reasons([])).to.have.deep.members([['spec', 'lanes'], ['spec', 'destination'], ['spec']]);
    expect(reasons([loose])).to.have.deep.members([['spec', 'destination'], ['spec']]);
  });

  it('win over earlier ones for the same kind', () => {
    const loose = usable('w.json', { properties: constants('shop.example/v1', 'Widget') });
    const strict = fixtureSchema('widget.json');
    const bad = changed(widget, ['spec', 'size'], 'big');
    expect(createChecker([strict, loose]).checkResource(bad)).to.deep.equal([]);
    expect(createChecker([loose, strict]).checkResource(bad)).to.have.length(1);
  });

  it('say one thing about one mistake where a rule and a schema agree', () => {
    const schema: Value = {
      properties: {
        ...(constants('net.routerd.net/v1alpha1', 'IPv4Route') as object),
        spec: { properties: { metric: { minimum: 0 }, destination: { type: 'string' } } },
      },
    };
    const route = changed(changed(samples.IPv4Route, ['spec', 'metric'], -1), ['spec', 'destination'], 7);
    const issues = createChecker([usable('r.json', schema)]).checkResource(route);
    expect(issues.map(({ path }) => path.join('.'))).to.deep.equal(['spec.metric', 'spec.destination']);
  });

  it('say nothing about what lies below a field that should not be there', () => {
    const schema: Value = {
      properties: {
        ...(constants('plugin.routerd.net/v1alpha1', 'Plugin') as object),
        spec: { additionalProperties: false, properties: { executable: true } },
      },
    };
    const plugin = changed(samples.Plugin, ['spec'], { executable: '/x', triggers: [{ type: 'interval' }] });
    const issues = createChecker([usable('p.json', schema)]).checkResource(plugin);
    expect(issues.map(({ path }) => path.join('.'))).to.deep.equal(['spec.triggers']);
  });

  it('make other kinds an error where their list is closed', () => {
    const [issue] = createChecker([closed]).checkResource({ ...(gadget as object), kind: 'Gadgets' });
    expect(issue).to.include({ reason: 'UnknownKind', severity: 'error', hint: 'did you mean `Gadget`?' });
  });

  it('leave the kinds that ship, and those of other schemas, allowed', () => {
    const checker = createChecker([closed, fixtureSchema('widget.json')]);
    for (const resource of [samples.RemoteAddressClaim, widget, gadget]) {
      expect(checker.checkResource(resource)).to.deep.equal([]);
    }
  });

  it('pick the branch by kind, so that an error is about the one resource', () => {
    const issues = createChecker([closed]).checkResource(changed(gadget, ['spec', 'power'], 'on'));
    expect(issues.map(({ message }) => message)).to.deep.equal([
      '`spec.power` must be true or false, but is text',
    ]);
  });

  it('tell what is wrong with a branch that is no schema, and only where it is met', () => {
    const checker = createChecker([closed]);
    expect(checker.checkResource(gadget)).to.deep.equal([]);
    const [issue, ...rest] = checker.checkResource({ ...(gadget as object), kind: 'Broken' });
    expect(rest).to.deep.equal([]);
    expect(issue).to.include({ reason: 'SchemaUnreadable', severity: 'error' });
    expect(issue?.message).to.include('router-closed.json').and.include('objekt');
    expect(issue?.message).to.not.include('\n');
  });

  it('check the Router document beside the shipped schema, its resources apart', () => {
    const router = {
      apiVersion: 'routerd.net/v1alpha1',
      kind: 'Router',
      metadata: { name: 'too-long-a-name' },
      spec: { resources: [1, 2, 3], colour: 'red' },
    };
    const issues = createChecker([closed]).checkRouter(router);
    expect(issues.map(({ path }) => path.join('.'))).to.have.members([
      'spec.colour',
      'metadata.name',
      'spec.resources',
    ]);
  });

  it('have a digest that follows their content and order', () => {
    const [a, b] = [fixtureSchema('widget.json'), closed];
    const digests = [[], [a], [b], [a, b], [b, a]].map(extras => createChecker(extras).digest);
    expect(digests[0]).to.equal('');
    expect(digests[1]).to.match(/^sha256:[0-9a-f]{64}$/);
    expect(new Set(digests).size).to.equal(5);
    expect(createChecker([fixtureSchema('widget.json')]).digest).to.equal(digests[1]);
  });
});
