import { expect } from 'chai';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { copyExample } from '../rig/config-dir.js';
import { reasonAt } from '../rig/documents.js';
import type { ValidationReport } from '../rig/documents.js';
import { routerctl } from '../rig/routerctl.js';
import { root } from '../rig/root.js';

/** Everything that is to be found in examples/broken. A file that is not named is good by itself. */
const expected: Readonly<Record<string, readonly string[]>> = {
  'bad-address.yaml': ['8:12 InvalidValue'],
  'bad-cidr.yaml': ['7:16 InvalidValue'],
  'bad-duration.yaml': ['8:8 InvalidValue'],
  'bad-enum.yaml': ['8:9 InvalidValue'],
  'bad-name.yaml': ['5:9 InvalidName'],
  'bad-window.yaml': ['8:20 InvalidValue'],
  'blackhole-with-gateway.yaml': ['9:3 InvalidValue'],
  'duplicate-resource-b.yaml': ['2:1 DuplicateResource'],
  'event-without-topic.yaml': ['10:7 MissingField'],
  'inline-secret.yaml': ['3:7 UnknownKind', '8:3 InlineSecret'],
  'kind-not-allowed.yaml': ['3:7 KindNotAllowed'],
  'missing-field.yaml': ['7:3 MissingField'],
  'missing-next-hop.yaml': ['7:3 MissingField'],
  'not-a-resource.yaml': ['2:1 NotAMapping'],
  'plugins/missing-executable/plugin.yaml': ['7:3 ExecutableMissing'],
  'plugins/no-interpreter/plugin.yaml': ['7:3 ExecutableInvalid'],
  'plugins/not-a-plugin/plugin.yaml': ['2:1 ManifestInvalid'],
  'plugins/not-executable/plugin.yaml': ['7:3 ExecutableNotExecutable'],
  'plugins/not-yaml/plugin.yaml': ['7:17 YamlSyntax'],
  'plugins/relative-executable/plugin.yaml': ['7:15 InvalidValue'],
  'plugins/two-documents/plugin.yaml': ['9:1 ManifestInvalid'],
  'plugins/wrong-name/plugin.yaml': ['5:9 ManifestInvalid'],
  'router-b.yaml': ['5:9 RouterNameMismatch'],
  'router-c.yaml': ['7:3 DuplicateReconcile'],
  'schemas/not-a-schema.json': ['1:1 SchemaUnreadable'],
  'secret-in-bad-line.yaml': ['3:7 UnknownKind', '7:3 InlineSecret', '7:18 YamlTag'],
  'short-lease.yaml': ['8:8 LeaseShorterThanInterval'],
  'text-byte-order-mark.yaml': ['1:1 InvalidEncoding'],
  'text-control-character.yaml': ['7:10 InvalidEncoding'],
  'text-not-utf8.yaml': ['7:11 InvalidEncoding'],
  'two-policies.yaml': ['2:1 DuplicatePolicy'],
  'two-sources.yaml': ['15:14 DuplicateBinding'],
  'unknown-field.yaml': ['8:3 UnknownField'],
  'unknown-kind.yaml': ['3:7 UnknownKind'],
  'unknown-plugin.yaml': ['7:14 UnknownReference'],
  'unknown-source.yaml': ['8:15 UnknownReference'],
  'wrong-type.yaml': ['9:11 InvalidType'],
  'yaml-big-number.yaml': ['3:7 UnknownKind', '7:10 UnsafeNumber'],
  'yaml-directive.yaml': ['2:1 YamlDirective'],
  'yaml-duplicate-key.yaml': ['10:3 DuplicateKey'],
  'yaml-forbidden-key.yaml': ['9:3 ForbiddenKey'],
  'yaml-key-no-text.yaml': ['7:3 InvalidKey'],
  'yaml-merge-key.yaml': ['7:3 ForbiddenKey'],
  'yaml-tab.yaml': ['5:1 YamlSyntax'],
  'yaml-tag.yaml': ['7:22 YamlTag'],
  'yaml-too-deep.yaml': ['7:73 YamlTooDeep'],
  'yaml-unclosed-quote.yaml': ['8:11 YamlSyntax'],
  'yaml-unknown-anchor.yaml': ['3:7 UnknownKind', '7:11 YamlAlias'],
};

/** Files that hold the other half of a mistake. */
const goodByThemselves = ['duplicate-resource-a.yaml', 'router-a.yaml'];

/** Codes that only make themselves heard. */
const harmless = new Set(['UnknownKind', 'InlineSecret', 'LeaseShorterThanInterval']);

/** What the broken files hold as secrets. */
const secrets = /hunter\d/;

describe('diagnostics', () => {
  it('finds every mistake of examples/broken at its place, and no other', async () => {
    const config = await copyExample('broken');
    const { code, json } = await routerctl(['validate', config, '-o', 'json']);
    expect(code).to.equal(1);
    const report = json() as ValidationReport;
    expect(report.valid).to.equal(false);
    const found = new Map<string, string[]>();
    for (const problem of report.problems) {
      const file = problem.place?.file ?? '';
      found.set(file, [...(found.get(file) ?? []), reasonAt(problem)]);
    }
    expect(Object.fromEntries(found)).to.deep.equal(expected);
    for (const { reason, severity, message, hint, place } of report.problems) {
      const source = place?.file === 'unknown-source.yaml';
      expect(severity === 'error', `${reason} is an error`).to.equal(!harmless.has(reason) && !source);
      expect(message).to.match(/^[^\n]+$/);
      expect(hint ?? 'none', 'a hint is a line').to.match(/^[^\n]+$/);
    }
  });

  it('has a row for every file there is', async () => {
    const dir = join(root, 'examples/broken');
    const files = await readdir(dir, { recursive: true });
    const judged = files.filter(file => /\.(?:yaml|json)$/.test(file)).sort();
    expect(judged).to.deep.equal([...Object.keys(expected), ...goodByThemselves].sort());
  });

  it('shows the other end of what goes wrong in two places', async () => {
    const config = await copyExample('broken');
    const { problems } = (await routerctl(['validate', config, '-o', 'json'])).json() as ValidationReport;
    const related = (file: string) =>
      problems
        .find(({ place }) => place?.file === file)
        ?.related?.map(({ place }) => `${place.file}:${place.line}:${place.column}`);
    expect(related('duplicate-resource-b.yaml')).to.deep.equal(['duplicate-resource-a.yaml:2:1']);
    expect(related('router-b.yaml')).to.deep.equal(['router-a.yaml:5:9']);
    expect(related('router-c.yaml')).to.deep.equal(['router-a.yaml:7:3']);
    expect(related('two-policies.yaml')).to.deep.equal(['bad-window.yaml:2:1']);
    expect(related('two-sources.yaml')).to.deep.equal(['two-sources.yaml:7:14']);
    expect(related('yaml-duplicate-key.yaml')).to.deep.equal(['yaml-duplicate-key.yaml:8:3']);
  });

  describe('as text', () => {
    let text = '';
    before(async () => {
      const { code, stdout, stderr } = await routerctl(['validate', await copyExample('broken')]);
      expect([code, stderr]).to.deep.equal([1, '']);
      text = stdout;
    });

    /** The lines about a file, without those of the next. */
    const about = (place: string): string[] => {
      const lines = text.split('\n');
      const first = lines.findIndex(line => line.startsWith(`${place}: `));
      const length = lines.slice(first + 1).findIndex(line => !line.startsWith(' '));
      return lines.slice(first, first + 1 + length);
    };

    it('shows the line, a marker below the column, and what to do', () => {
      expect(about('unknown-field.yaml:8:3')).to.deep.equal([
        'unknown-field.yaml:8:3: error: `gatway` is not a field of IPv4Route spec [UnknownField]',
        '  8 |   gatway: 192.0.2.1',
        '    |   ^^^^^^',
        '  hint: did you mean `gateway`?',
      ]);
      expect(about('two-sources.yaml:15:14').slice(1)).to.deep.equal([
        '  15 |   pluginRef: missing-executable',
        '     |              ^^^^^^^^^^^^^^^^^^',
        '  hint: keep one of them: the source of a part is the plugin',
        '  first here: two-sources.yaml:7:14',
      ]);
    });

    it('puts the marker right behind a tab and into a long line', () => {
      expect(about('yaml-tab.yaml:5:1').slice(1, 3)).to.deep.equal(['  5 |  name: yaml-tab', '    | ^']);
      const [, line = '', marker = ''] = about('yaml-too-deep.yaml:7:73');
      expect(line.indexOf('|')).to.equal(marker.indexOf('|'));
      expect(marker.indexOf('^') - marker.indexOf('|')).to.equal(73 + 1);
    });

    it('points at a quote or bracket that is never closed, not at the end of the file', () => {
      expect(about('yaml-unclosed-quote.yaml:8:11')[1]).to.equal('  8 |   device: "lan0');
      expect(about('plugins/not-yaml/plugin.yaml:7:17')[1]).to.equal(
        '  7 |   capabilities: [propose.dynamicConfig',
      );
    });

    it('shows the place but never the value of a secret', () => {
      expect(about('inline-secret.yaml:8:3')[1]).to.equal('  8 |   presharedKey: <redacted>');
      expect(about('secret-in-bad-line.yaml:7:18')[1]).to.equal('  7 |   password: <redacted>');
      expect(text).not.to.match(secrets);
    });

    it('never sends what a terminal would obey', () => {
      // eslint-disable-next-line no-control-regex
      expect(text).not.to.match(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\ufeff]/);
    });

    it('ends with the counts', () => {
      expect(text).to.match(/\ninvalid: \d+ errors, 4 warnings, \d+ notes \(\d+ resources, 8 plugins\)\n$/);
    });
  });

  it('shows no secret in machine output either, whether asked to or not', async () => {
    const config = await copyExample('broken');
    for (const format of ['json', 'yaml']) {
      const { stdout, stderr } = await routerctl(['validate', config, '-o', format]);
      expect(stdout + stderr).not.to.match(secrets);
    }
  });
});
