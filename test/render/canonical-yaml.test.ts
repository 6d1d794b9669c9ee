import { expect } from 'chai';
import fc from 'fast-check';
import { parse } from 'yaml';
import type { Value } from '../../protocol/resource.js';
import { readYaml } from '../../protocol/yaml/read.js';
import { SourceText } from '../../protocol/yaml/source-text.js';
import { printYaml } from '../../render/canonical-yaml.js';

/** Strings that trip YAML readers, besides arbitrary ones. */
const text = fc.oneof(
  fc.constantFrom(
    '',
    '~',
    'null',
    'yes',
    'NO',
    'on',
    'y',
    '=',
    '<<',
    '1',
    '017',
    '0x1F',
    '0o17',
    '1_000',
    '12:30',
    '1:2:3.5',
    '1e3',
    'e0',
    '-E5',
    '.5',
    '5.',
    '.inf',
    '.NaN',
    '2026-01-02',
    '2026-01-02T03:04:05Z',
    '2026-01-02 03:04:05',
    '-',
    '- a',
    '-a',
    '?',
    ':',
    ':a',
    'a:',
    'a: b',
    'a #b',
    '#a',
    '@a',
    '`',
    '%',
    '---',
    '--- a',
    '...',
    '"',
    "'",
    '|',
    '>',
    '&a',
    '*a',
    '!a',
    ' a',
    'a ',
    'a\n',
    'a\nb',
    'a\n\nb\n',
    '\na',
    ' a\nb',
    'a\n b\n',
    'a\n \nb',
    'a\n\n',
    '\n',
    'a\tb',
    '\t',
    'a\r\nb',
    '\u0085',
    'a\u2028b',
    '\ufeff',
    'a\u202eb',
    '😀',
    '\u0000',
    '\u001b[31m',
    'true',
    '+1',
    '-0',
    '0b1',
    '1__0',
    '_1',
    '+.inf',
    '+12e03',
    '1.0e+3',
  ),
  fc.string({ unit: 'binary' }).filter(value => !/[\ud800-\udfff]/u.test(value)),
  fc.string({ unit: fc.constantFrom('a', ' ', '\n', ':', '#', '-', '\t', '"', "'", '1', '.') }),
);
const key = text.filter(value => value !== '__proto__' && value !== '<<');
const scalar = fc.oneof(
  text,
  fc.boolean(),
  fc.constant(null),
  fc.integer(),
  fc.maxSafeInteger(),
  fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .map(number => (Number.isInteger(number) ? Number(BigInt.asIntN(53, BigInt(number))) : number) + 0),
);
const { value } = fc.letrec<{ value: Value }>(tie => ({
  value: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

describe('canonical YAML', () => {
  it('reads back as the same value under YAML 1.2 and 1.1', () => {
    fc.assert(
      fc.property(value, given => {
        const printed = printYaml(given);
        expect(parse(printed, { version: '1.2', uniqueKeys: false }), printed).to.deep.equal(given);
        expect(parse(printed, { version: '1.1', uniqueKeys: false }), printed).to.deep.equal(given);
      }),
      { numRuns: 3000 },
    );
  });

  it('reads back through our own reader', () => {
    const names = fc
      .string({ unit: 'grapheme-ascii', minLength: 1 })
      .filter(name => !['__proto__', 'constructor', 'prototype', '<<'].includes(name));
    fc.assert(
      fc.property(fc.dictionary(names, scalar, { noNullPrototype: true, minKeys: 1 }), given => {
        const { documents, problems } = readYaml(new SourceText('f', printYaml(given)), {
          allowAliases: false,
        });
        expect(problems).to.deep.equal([]);
        expect(documents[0]?.value).to.deep.equal(given);
      }),
      { numRuns: 1000 },
    );
  });

  it('does not depend on the order in which keys were set', () => {
    fc.assert(
      fc.property(fc.dictionary(key, value, { noNullPrototype: true }), given => {
        expect(printYaml(Object.fromEntries(Object.entries(given).reverse()))).to.equal(printYaml(given));
      }),
    );
  });

  it('is the text that people expect', () => {
    const resource = {
      spec: {
        zeta: 'x',
        metric: 10,
        alpha: ['a', { b: 1, kind: 'k' }, []],
        on: 'yes',
        note: 'one\ntwo\n',
        empty: {},
      },
      metadata: { annotations: { a: '1' }, name: 'r1' },
      status: null,
      kind: 'K',
      apiVersion: 'g/v1',
    };
    expect(printYaml(resource)).to.equal(
      [
        'apiVersion: g/v1',
        'kind: K',
        'metadata:',
        '  name: r1',
        '  annotations:',
        '    a: "1"',
        'spec:',
        '  alpha:',
        '    - a',
        '    - kind: k',
        '      b: 1',
        '    - []',
        '  empty: {}',
        '  metric: 10',
        '  note: |',
        '    one',
        '    two',
        '  "on": "yes"',
        '  zeta: x',
        'status: null',
        '',
      ].join('\n'),
    );
  });

  const scalars: readonly (readonly [Value, string])[] = [
    ['10.0.0.1/24', '10.0.0.1/24'],
    ['10.0.0.1', '10.0.0.1'],
    ['fe80::1', 'fe80::1'],
    ['::1', '::1'],
    ['00:11:22:33:44:55', '"00:11:22:33:44:55"'],
    ['300s', '300s'],
    ['sha256:ab', 'sha256:ab'],
    ['2026-05-29T12:00:00Z', '"2026-05-29T12:00:00Z"'],
    ['no', '"no"'],
    ['wg-hybrid', 'wg-hybrid'],
    [1e-7, '1.0e-7'],
    ['\u001b[31m', '"\\x1b[31m"'],
    ['a\u202eb', '"a\\u202eb"'],
  ];
  for (const [given, expected] of scalars) {
    it(`writes ${JSON.stringify(given)} as ${expected}`, () => {
      expect(printYaml({ a: given })).to.equal(`a: ${expected}\n`);
    });
  }

  it('writes keys longer than YAML allows on one line', () => {
    const given = { ['k'.repeat(1100)]: { a: 1 }, b: 2 };
    expect(parse(printYaml(given))).to.deep.equal(given);
  });
});
