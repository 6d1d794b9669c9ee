import { expect } from 'chai';
import fc from 'fast-check';
import { parse } from 'yaml';
import { readJson } from '../../protocol/yaml/json.js';
import { readYaml } from '../../protocol/yaml/read.js';
import { decodeText, SourceText } from '../../protocol/yaml/source-text.js';

const read = (text: string, allowAliases = true) =>
  readYaml(new SourceText('f.yaml', text), { allowAliases });
const values = (text: string) => read(text).documents.map(document => document.value);
const report = (text: string, allowAliases = true) =>
  read(text, allowAliases).problems.map(({ reason, place }) => `${reason} ${place?.line}:${place?.column}`);

describe('reading YAML', () => {
  it('reads several documents and skips empty ones', () => {
    expect(values('a: 1\n---\n# nothing\n---\nb: [x, {c: null}]\n...\n')).to.deep.equal([
      { a: 1 },
      { b: ['x', { c: null }] },
    ]);
  });

  it('keeps what YAML 1.1 would have changed', () => {
    const text =
      'a: yes\nb: no\nc: on\nd: 2026-01-02\ne: 12:30\nf: 1_000\ng: 0o17\nh: 0x1F\ni: 017\n1: one\nnull: x\n';
    expect(values(text)).to.deep.equal([
      {
        a: 'yes',
        b: 'no',
        c: 'on',
        d: '2026-01-02',
        e: '12:30',
        f: '1_000',
        g: 15,
        h: 31,
        i: 17,
        1: 'one',
        null: 'x',
      },
    ]);
  });

  it('resolves anchors and aliases of an operator', () => {
    expect(values('a: &x [1, 2]\nb: *x\n')).to.deep.equal([{ a: [1, 2], b: [1, 2] }]);
  });

  const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
    .concat(Array.from({ length: 8 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(10)}]`))
    .join('\n');

  const refused: readonly (readonly [name: string, text: string, expected: readonly string[]])[] = [
    ['a tab as indentation', 'a:\n\t- b\n', ['YamlSyntax 2:1']],
    ['an unclosed quote', 'a: 1\nb: "x\nc: 2\n', ['YamlSyntax 2:4']],
    ['an unclosed bracket', 'a: [1, 2\nb: 3\n', ['YamlSyntax 1:4']],
    ['an unclosed brace in an unclosed bracket', '- [a, {b: c\n- d\n', ['YamlSyntax 1:7']],
    ['a bracket that a brace closes', 'a: [1, 2}\n', ['YamlSyntax 1:4']],
    ['two keys on a line', 'a: b: c\n', ['YamlSyntax 1:4']],
    ['a duplicate key', 'a: 1\nb:\n  c: 1\n  "c": 2\n', ['DuplicateKey 4:3']],
    ['__proto__', 'a:\n  __proto__: {x: 1}\n', ['ForbiddenKey 2:3']],
    [
      'constructor and prototype',
      '{constructor: 1, prototype: 2}\n',
      ['ForbiddenKey 1:2', 'ForbiddenKey 1:18'],
    ],
    ['a merge key', 'a: &x {b: 1}\nc:\n  <<: *x\n', ['ForbiddenKey 3:3']],
    ['a map as key', '{a: 1}: x\n', ['InvalidKey 1:1']],
    ['an invisible key', '"a\\u200bb": 1\n', ['InvalidKey 1:1']],
    ['a tag', 'a: !!binary aGk=\n', ['YamlTag 1:13']],
    ['an unknown tag', 'a: !foo x\n', ['YamlTag 1:9']],
    ['a directive', '%YAML 1.1\n---\na: no\n', ['YamlDirective 1:1']],
    ['an integer beyond 2^53', 'a: 9007199254740993\n', ['UnsafeNumber 1:4']],
    ['a float that prints as such an integer', 'a: 1e20\n', ['UnsafeNumber 1:4']],
    ['infinity', 'a: .inf\nb: 1e400\n', ['UnsafeNumber 1:4', 'UnsafeNumber 2:4']],
    ['not a number', 'a: .nan\n', ['UnsafeNumber 1:4']],
    ['half a surrogate pair', 'a: "\\ud800"\n', ['InvalidEncoding 1:4']],
    ['an alias to nothing', 'a: *x\n', ['YamlAlias 1:4']],
    ['an alias inside its own value', 'a: &x\n  b: *x\n', ['YamlAlias 2:6']],
    ['an alias bomb', bomb, ['YamlAlias 1:10']],
    ['100,000 levels in flow style', '['.repeat(100_000), ['YamlTooDeep 1:66']],
    ['100,000 levels in block style', '- '.repeat(100_000), ['YamlTooDeep 1:131']],
    ['100,000 levels of maps', '{a: '.repeat(100_000), ['YamlTooDeep 1:88']],
    ['more values than anyone can mean', `[${'1,'.repeat(500_001)}]`, ['YamlTooLarge 1:1000000']],
  ];
  for (const [name, text, expected] of refused) {
    it(`refuses ${name}, at its place, and twice in one process`, () => {
      const [first, second] = [report(text), report(text)];
      expect(first.map(line => line.split(' ')[0])).to.deep.equal(expected.map(line => line.split(' ')[0]));
      if (!expected.some(line => line.startsWith('YamlTooDeep') || line === 'YamlAlias 1:10')) {
        expect(first).to.deep.equal(expected);
      }
      expect(second).to.deep.equal(first);
    });
  }

  it('accepts exactly 64 levels', () => {
    expect(report('['.repeat(64) + ']'.repeat(64))).to.deep.equal([]);
    expect(report('['.repeat(65) + ']'.repeat(65))).to.have.length(1);
  });

  it('counts the levels behind aliases too', () => {
    const half = `${'['.repeat(40)}x${']'.repeat(40)}`;
    expect(report(`a: &x ${half}\nb: ${half.replace('x', '*x')}\n`)).to.deep.equal(['YamlTooDeep 1:30']);
  });

  it('refuses anchors and aliases of a program', () => {
    expect(report('a: &x 1\nb: *x\n', false)).to.deep.equal(['YamlAlias 1:7', 'YamlAlias 2:4']);
  });

  it('shows both ends of a duplicate', () => {
    const [problem] = read('a: 1\nb: 2\na: 3\n').problems;
    expect(problem?.related).to.deep.equal([
      { message: 'first here', place: { file: 'f.yaml', line: 1, column: 1 } },
    ]);
  });

  it('reports every document and goes on behind a broken one', () => {
    const outcome = read('a: [\n---\nb: 1\nb: 2\n---\nc: 3\n');
    expect(outcome.problems.map(problem => problem.place?.line)).to.deep.equal([1, 4]);
    expect(outcome.documents.at(-1)?.value).to.deep.equal({ c: 3 });
  });

  it('finds the place of a key, a value, a list item and of what is missing', () => {
    const [document] = read('spec:\n  list:\n    - x: 1\n      y: 2\n').documents;
    const place = (path: (string | number)[], at?: 'key' | 'value') => {
      const { line, column } = document?.place(path, at) ?? {};
      return `${line}:${column}`;
    };
    expect(place(['spec', 'list', 0, 'y'])).to.equal('4:10');
    expect(place(['spec', 'list', 0, 'y'], 'key')).to.equal('4:7');
    expect(place(['spec', 'list', 0])).to.equal('3:7');
    expect(place(['spec', 'nothing', 'deeper'])).to.equal('2:3');
  });

  it('never quotes the text that it refuses', () => {
    for (const text of [
      'password: "hunter2',
      'hunter2: hunter2: x',
      'a: !hunter2 x',
      '"\\hunter2": 1',
      'a: @hunter2',
    ]) {
      expect(JSON.stringify(read(text).problems.map(({ message, hint }) => [message, hint]))).not.to.contain(
        'hunter2',
      );
    }
  });

  it('never throws, whatever the text', () => {
    const fragments = fc.constantFrom(
      'a',
      ': ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '"',
      "'",
      '\n',
      '  ',
      '\t',
      '&a ',
      '*a',
      '!t ',
      '|\n',
      '#',
      '? ',
      '---\n',
      ',',
      '\u2028',
      '\\',
      '%',
    );
    fc.assert(
      fc.property(fc.array(fragments, { maxLength: 40 }), parts => {
        const { documents, problems } = read(parts.join(''));
        expect(documents.length + problems.length).to.be.at.least(0);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('reading bytes', () => {
  const decode = (bytes: Uint8Array, allowByteOrderMark = false) =>
    decodeText('f.yaml', bytes, { allowByteOrderMark });
  const refusals: readonly (readonly [string, number[], string])[] = [
    ['invalid UTF-8', [0x61, 0x3a, 0x0a, 0x62, 0xff], '2:2'],
    ['UTF-16', [0xff, 0xfe, 0x61, 0x00], '1:1'],
    ['a byte order mark', [0xef, 0xbb, 0xbf, 0x61], '1:1'],
    ['NUL', [0x61, 0x00], '1:2'],
    ['an escape', [0x0a, 0x1b, 0x5b], '2:1'],
  ];
  for (const [name, bytes, expected] of refusals) {
    it(`refuses ${name} at its place`, () => {
      const outcome = decode(Uint8Array.from(bytes));
      const place = outcome.ok ? undefined : outcome.failure.place;
      expect(`${place?.line}:${place?.column}`).to.equal(expected);
    });
  }

  it('drops the byte order mark of a program', () => {
    const outcome = decode(Uint8Array.from([0xef, 0xbb, 0xbf, 0x61]), true);
    expect(outcome.ok && outcome.value.text).to.equal('a');
  });
});

describe('reading JSON', () => {
  it('agrees with a YAML parser wherever it accepts', () => {
    fc.assert(
      fc.property(fc.json(), text => {
        const outcome = readJson(text);
        if (outcome.ok) expect(outcome.value).to.deep.equal(parse(text, { schema: 'json' }) ?? null);
      }),
    );
  });

  for (const text of [
    '{"a":1,"a":2}',
    '{"__proto__":1}',
    '[9007199254740993]',
    '[1e400]',
    '["\\ud800"]',
    '{"a":1',
    'a: 1',
    `${'['.repeat(65)}${']'.repeat(65)}`,
  ]) {
    it(`leaves ${text.slice(0, 24)} to the YAML reader`, () => {
      expect(readJson(text).ok).to.equal(false);
    });
  }

  it('reads tabs as Go prints them', () => {
    expect(readJson('{\n\t"a": [\n\t\t1\n\t]\n}\n')).to.deep.equal({ ok: true, value: { a: [1] } });
  });
});
