import { expect } from 'chai';
import type { PluginDeclaration } from '../../protocol/plugin.js';
import { decodePlugin } from '../../protocol/plugin.js';
import type { Problem } from '../../protocol/problem.js';
import { checkTogether } from '../../protocol/references.js';
import { createChecker } from '../../protocol/schema/checker.js';
import { assembleStartup, duplicates } from '../../protocol/startup.js';
import { readYaml } from '../../protocol/yaml/read.js';
import { SourceText } from '../../protocol/yaml/source-text.js';

const assemble = (...files: string[]) => {
  const documents = files.flatMap(
    (text, i) => readYaml(new SourceText(`f${i}.yaml`, text), { allowAliases: true }).documents,
  );
  return assembleStartup(documents, createChecker());
};

const said = (problems: readonly Problem[]) =>
  problems.map(({ reason, place, related = [] }) =>
    [
      reason,
      ...[place, ...related.map(other => other.place)].map(at => `${at?.file}:${at?.line}:${at?.column}`),
    ].join(' '),
  );

const routerText = (name: string, more = '') =>
  `apiVersion: routerd.net/v1alpha1\nkind: Router\nmetadata: {name: ${name}}\nspec:\n  resources: []\n${more}`;
const routeText = (name: string) =>
  `apiVersion: net.routerd.net/v1alpha1\nkind: IPv4Route\nmetadata: {name: ${name}}\nspec: {destination: 10.0.0.0/8, device: e}\n`;

describe('putting a startup-config together', () => {
  it('takes Router documents and bare resources in reading order', () => {
    const inRouter = `apiVersion: routerd.net/v1alpha1\nkind: Router\nmetadata: {name: r}\nspec:\n  resources:\n    - ${routeText('b').trimEnd().replaceAll('\n', '\n      ')}\n`;
    const { router, problems } = assemble(`${routeText('a')}---\n${inRouter}`, routeText('c'));
    expect(said(problems)).to.deep.equal([]);
    expect(router?.name).to.equal('r');
    expect(router?.resources.map(({ metadata }) => metadata.name)).to.deep.equal(['a', 'b', 'c']);
  });

  it('is nothing when nothing was written, and a Router named router for bare resources', () => {
    expect(assemble().router).to.equal(undefined);
    expect(assemble(routeText('a')).router?.name).to.equal('router');
  });

  it('wants Routers of one name, and at most one spec.reconcile', () => {
    const reconcile = '  reconcile: {mode: strict}\n';
    expect(
      said(assemble(routerText('a', reconcile), routerText('b'), routerText('a', reconcile)).problems),
    ).to.deep.equal([
      'RouterNameMismatch f1.yaml:3:18 f0.yaml:3:18',
      'DuplicateReconcile f2.yaml:6:3 f0.yaml:6:3',
    ]);
  });

  it('refuses what is no configuration', () => {
    expect(
      said(
        assemble('just text\n', '- a\n', 'apiVersion: plugin.routerd.net/v1alpha1\nkind: PluginResult\n')
          .problems,
      ),
    ).to.deep.equal(['NotAMapping f0.yaml:1:1', 'NotAMapping f1.yaml:1:1', 'KindNotAllowed f2.yaml:2:7']);
  });

  it('finds duplicates over files, with both places', () => {
    expect(said(duplicates(assemble(routeText('a'), `---\n${routeText('a')}`).resources))).to.deep.equal([
      'DuplicateResource f1.yaml:2:1 f0.yaml:1:1',
    ]);
  });
});

describe('checks over all resources', () => {
  const plugin = (name: string, every: string): PluginDeclaration =>
    decodePlugin({
      apiVersion: 'plugin.routerd.net/v1alpha1',
      kind: 'Plugin',
      metadata: { name },
      spec: { triggers: [{ type: 'interval', every }] },
    });
  const binding = (name: string, pluginRef: string, more = '') =>
    `apiVersion: plugin.routerd.net/v1alpha1\nkind: DynamicConfigSource\nmetadata: {name: ${name}}\nspec:\n  pluginRef: ${pluginRef}\n  ttl: 60s\n${more}`;
  const check = (...files: string[]) =>
    said(
      checkTogether(assemble(...files).resources, {
        names: new Set(['p', 'q']),
        declarations: [plugin('p', '60s'), plugin('q', '61s')],
      }),
    );

  const actionPolicy =
    'apiVersion: hybrid.routerd.net/v1alpha1\nkind: ProviderActionPolicy\nmetadata: {name: x}\nspec: {}\n';
  const changePolicy =
    'apiVersion: config.routerd.net/v1alpha1\nkind: ChangePolicy\nmetadata: {name: x}\nspec: {}\n';
  const maskPolicy = (source: string) =>
    `apiVersion: config.routerd.net/v1alpha1\nkind: DynamicOverridePolicy\nmetadata: {name: x}\nspec:\n  allow:\n    - source: ${source}\n      operations: [mask]\n      targets: []\n`;
  const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['a binding of a known plugin', [binding('a', 'p')], []],
    ['a binding of an unknown plugin', [binding('a', 'nope')], ['UnknownReference f0.yaml:5:14']],
    [
      'two bindings of one plugin',
      [binding('a', 'p'), binding('b', 'p')],
      ['DuplicateBinding f1.yaml:5:14 f0.yaml:5:14'],
    ],
    ['a lease shorter than the interval', [binding('a', 'q')], ['LeaseShorterThanInterval f0.yaml:6:8']],
    [
      'an interval of the binding itself',
      [binding('a', 'p', '  triggers: [{type: interval, every: 2m}]\n')],
      [],
    ],
    [
      'two action policies',
      [actionPolicy, actionPolicy.replace('name: x', 'name: y')],
      ['DuplicatePolicy f1.yaml:1:1 f0.yaml:1:1'],
    ],
    [
      'two change policies',
      [changePolicy, changePolicy.replace('name: x', 'name: y')],
      ['DuplicatePolicy f1.yaml:1:1 f0.yaml:1:1'],
    ],
    ['one policy of each kind', [actionPolicy, changePolicy], []],
    ['a policy for a known source', [maskPolicy('Plugin/p')], []],
    ['a policy for an unknown source', [maskPolicy('Plugin/nope')], ['UnknownReference f0.yaml:6:15']],
    [
      'a secret written out',
      [routeText('a').replace('device: e', 'device: e, password: x')],
      ['InlineSecret f0.yaml:4:44'],
    ],
    [
      'a reference to a secret',
      [routeText('a').replace('device: e', 'device: e, passwordFile: /x, secretRef: y')],
      [],
    ],
  ];
  for (const [name, files, expected] of cases) {
    it(`${name}: ${expected.join(', ') || 'fine'}`, () => {
      expect(check(...files)).to.deep.equal(expected);
    });
  }
});
