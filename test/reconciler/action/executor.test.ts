import { expect } from 'chai';
import type { Capability, DeclaredPlugin, PluginDeclaration } from '../../../protocol/plugin.js';
import { chooseExecutor } from '../../../reconciler/action/executor.js';

function plugin(name: string, ...capabilities: Capability[]): DeclaredPlugin {
  const declaration: PluginDeclaration = {
    name,
    timeoutMs: 1_000,
    env: {},
    capabilities,
    triggers: [],
    context: [],
  };
  return { name, declaration };
}
const executor = (name: string) => plugin(name, 'execute.providerAction');
const proposer = (name: string) => plugin(name, 'propose.dynamicConfig', 'propose.providerAction');
const broken = (name: string): DeclaredPlugin => ({ name });

describe('the executor of a provider', () => {
  for (const [title, provider, plugins, chosen] of [
    ['is the one of its name', 'oci', [executor('oci-executor')], 'oci-executor'],
    [
      'is the one of its name among others',
      'oci',
      [executor('aws-executor'), executor('oci-executor')],
      'oci-executor',
    ],
    [
      'is the one of its name beside a general one',
      'oci',
      [executor('cloud'), executor('oci-executor')],
      'oci-executor',
    ],
    [
      'may have other capabilities',
      'oci',
      [plugin('oci-executor', 'observe.cloud', 'execute.providerAction')],
      'oci-executor',
    ],
    [
      'is the only one where none has its name',
      'oci',
      [executor('cloud'), proposer('oci-inventory')],
      'cloud',
    ],
    ['is the only one, called after no provider', 'azure', [executor('my-executor')], 'my-executor'],
    [
      'is the only one, whose name begins like that of another provider',
      'oci',
      [executor('aws-executor-2')],
      'aws-executor-2',
    ],
    ['is the only one that can', 'gcp', [executor('cloud'), broken('other')], 'cloud'],
  ] as const) {
    it(title, () => {
      const result = chooseExecutor(provider, plugins);
      expect(result.ok ? result.value.name : result.failure).to.equal(chosen);
    });
  }

  for (const [title, provider, plugins, ...words] of [
    ['no plugin at all', 'oci', [], 'oci-executor', 'execute.providerAction'],
    ['none that can', 'oci', [proposer('oci-inventory')], 'oci-executor'],
    ['the executor of another provider alone', 'azure', [executor('aws-executor')], 'aws-executor', 'of aws'],
    ['the executor of yet another', 'aws', [executor('gcp-executor')], 'gcp-executor', 'of gcp'],
    ['several, none of its name', 'oci', [executor('b'), executor('a')], 'a, b', 'oci-executor'],
    [
      'several, of other providers',
      'oci',
      [executor('aws-executor'), executor('gcp-executor')],
      'aws-executor, gcp-executor',
    ],
    ['one of its name that may not', 'oci', [proposer('oci-executor')], 'oci-executor'],
    [
      'one of its name that may not, and another',
      'oci',
      [proposer('oci-executor'), executor('cloud')],
      'oci-executor',
    ],
    ['one of its name that cannot be read', 'oci', [broken('oci-executor')], 'oci-executor'],
    [
      'one of its name that cannot be read, and another',
      'oci',
      [broken('oci-executor'), executor('cloud')],
      'oci-executor',
    ],
  ] as const) {
    it(`is none where there is ${title}`, () => {
      const result = chooseExecutor<DeclaredPlugin>(provider, plugins);
      expect(result.ok).to.equal(false);
      for (const word of words) expect(result.ok ? '' : result.failure).to.contain(word);
    });
  }

  it('does not depend on the order of the plugins', () => {
    const plugins = [executor('cloud'), executor('oci-executor'), executor('aws-executor')];
    for (const order of [plugins, [...plugins].reverse()]) {
      expect(chooseExecutor('oci', order)).to.deep.equal({ ok: true, value: plugins[1] });
      expect(chooseExecutor('gcp', order).ok).to.equal(false);
    }
  });
});
