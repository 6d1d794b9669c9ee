import { expect } from 'chai';
import fc from 'fast-check';
import type { Value } from '../../protocol/resource.js';
import { redactForDisplay, redactForPlugin } from '../../protocol/redact.js';
import { route } from '../rig/build.js';

describe('what a plugin may read', () => {
  const cases: readonly (readonly [string, Value, Value])[] = [
    ['ordinary keys stay', { a: 1, list: [{ b: 'x' }] }, { a: 1, list: [{ b: 'x' }] }],
    [
      'secrets are blanked, any case, - and _ ignored',
      { Password: 'x', 'pre-shared_KEY': 'x', authKey: 'x' },
      { Password: '', 'pre-shared_KEY': '', authKey: '' },
    ],
    ['a list under such a key is blanked', { tokens: ['x', 'y'] }, { tokens: '' }],
    ['a map under such a key is dropped', { credentials: { user: 'u' }, a: 1 }, { a: 1 }],
    [
      'key files are dropped',
      { privateKeyFile: '/k', 'secret-file': '/s', passwordFile: '/p', a: 1 },
      { a: 1 },
    ],
    [
      'indirections are dropped',
      { tlsFrom: { file: '/k' }, xFrom: { env: 'X', base64: 'eA==' }, a: 1 },
      { a: 1 },
    ],
    [
      'other …From references stay',
      { gatewayFrom: { resource: 'A/b', field: 'f' } },
      { gatewayFrom: { resource: 'A/b', field: 'f' } },
    ],
    ['at any depth', { a: [{ b: { psk: 'x', c: 1 } }] }, { a: [{ b: { psk: '', c: 1 } }] }],
  ];
  for (const [name, spec, expected] of cases) {
    it(name, () => {
      expect(redactForPlugin(spec)).to.deep.equal(expected);
    });
  }

  it('is nothing of a spec that is no map', () => {
    expect([
      redactForPlugin('x'),
      redactForPlugin(['x']),
      redactForPlugin(null),
      redactForPlugin(undefined),
    ]).to.deep.equal([undefined, undefined, undefined, undefined]);
  });

  const canary = 'hunter2-canary';
  const secretKey = fc.constantFrom(
    'password',
    'wgPrivateKey',
    'api_token',
    'X-Secret',
    'authkey',
    'passphrase',
    'credential',
  );
  const { tree } = fc.letrec<{ tree: Value }>(tie => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.constant('plain'),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('tree'), { noNullPrototype: true }),
      fc
        .tuple(secretKey, fc.constantFrom<Value>(canary, [canary], { nested: canary }, [[{ deep: canary }]]))
        .map(([key, held]) => ({ [key]: held })),
    ),
  }));

  it('never holds a secret, for a plugin or on a terminal', () => {
    fc.assert(
      fc.property(tree, given => {
        expect(JSON.stringify(redactForPlugin({ given }))).not.to.contain(canary);
        expect(JSON.stringify(redactForDisplay(route('a', { given })))).not.to.contain(canary);
      }),
    );
  });
});

describe('what routerctl prints', () => {
  it('keeps the keys, so that one sees that something is set', () => {
    expect(redactForDisplay(route('a', { password: 'x', empty: { token: '' } }))).to.deep.equal(
      route('a', { password: '<redacted>', empty: { token: '' } }),
    );
  });

  it('blanks the environment of plugins', () => {
    const plugin = {
      apiVersion: 'plugin.routerd.net/v1alpha1',
      kind: 'Plugin',
      metadata: { name: 'p' },
      spec: { env: { REGION: 'x' }, timeout: '1s' },
    };
    expect(redactForDisplay(plugin)).to.deep.equal({
      ...plugin,
      spec: { env: { REGION: '<redacted>' }, timeout: '1s' },
    });
  });
});
