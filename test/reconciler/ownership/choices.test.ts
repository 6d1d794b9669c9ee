import { expect } from 'chai';
import { decodePlugin } from '../../../protocol/plugin.js';
import type { Resource, Value, ValueMap } from '../../../protocol/resource.js';
import { shippedShape } from '../../../protocol/schema/shipped.js';
import { observeRequest } from '../../../reconciler/ownership/exchange.js';
import { chooseInventoryPlugin } from '../../../reconciler/ownership/inventory-plugin.js';
import { poolScopes } from '../../../reconciler/ownership/scope.js';
import { groupResource, memberValue, poolResource, profileResource, scopeWith } from '../../rig/mobility.js';

describe('the choice of an inventory plugin', () => {
  const can = 'observe.providerPrivateIPs';
  const plugin = (name: string, ...capabilities: string[]) => ({
    name,
    declaration: decodePlugin({
      apiVersion: 'plugin.routerd.net/v1alpha1',
      kind: 'Plugin',
      metadata: { name },
      spec: { executable: '/bin/true', capabilities },
    }),
  });
  const broken = (name: string) => ({ name });
  const table: readonly (readonly [string, string, readonly { readonly name: string }[], string])[] = [
    ['the one that the member names', 'mine', [plugin('mine', can), plugin('oci-inventory', can)], 'mine'],
    [
      'the usual name',
      '',
      [plugin('a', can), plugin('oci-inventory', can), plugin('z', can)],
      'oci-inventory',
    ],
    ['the only one that can', '', [plugin('a', can), plugin('b', 'observe.cloud')], 'a'],
    [
      'the only one that can, beside one of the usual name that cannot',
      '',
      [plugin('oci-inventory', 'observe.cloud'), plugin('a', can)],
      'a',
    ],
    [
      'none',
      '',
      [plugin('b', 'observe.cloud')],
      '! there is no inventory plugin: none is called oci-inventory',
    ],
    ['none at all', '', [], '! there is no inventory plugin'],
    ['several', '', [plugin('z', can), plugin('a', can)], '! several inventory plugins (a, z)'],
    ['a named one that is not there', 'mine', [plugin('oci-inventory', can)], '! there is no plugin mine'],
    [
      'a named one that cannot',
      'mine',
      [plugin('mine'), plugin('oci-inventory', can)],
      '! the plugin mine does not declare',
    ],
    ['a named one with a broken manifest', 'mine', [broken('mine'), plugin('a', can)], '! the plugin mine'],
    [
      'the usual name with a broken manifest',
      '',
      [broken('oci-inventory'), plugin('a', can)],
      '! the manifest of the plugin oci-inventory',
    ],
  ];
  for (const [what, pluginRef, plugins, is] of table) {
    it(`${what}: ${is}`, () => {
      for (const order of [plugins, [...plugins].reverse()]) {
        const chosen = chooseInventoryPlugin({ pluginRef, provider: 'oci' }, order);
        if (is.startsWith('! '))
          expect(chosen.ok ? chosen.value.name : chosen.failure).to.include(is.slice(2));
        else expect(chosen.ok ? chosen.value.name : chosen.failure).to.equal(is);
      }
    });
  }
});

describe('who this router is in a pool', () => {
  const pool = (changes: ValueMap = {}) => poolResource(changes);
  const oci = groupResource('main', 'oci');
  const table: readonly (readonly [string, readonly Resource[], string | undefined, string])[] = [
    ['the word of the operator', [pool(), groupResource('main', 'aws')], 'oci', 'oci'],
    ['the only EventGroup', [pool(), oci], undefined, 'oci'],
    [
      'the EventGroup that the pool names',
      [pool({ groupRef: 'main' }), groupResource('other', 'aws'), oci],
      undefined,
      'oci',
    ],
    ['nothing', [pool()], undefined, '! nothing says which member this router is'],
    [
      'an EventGroup that is not there',
      [pool({ groupRef: 'main' }), groupResource('other', 'oci')],
      undefined,
      '! there is no EventGroup main',
    ],
    ['several EventGroups', [pool(), oci, groupResource('other', 'oci')], undefined, '! several EventGroups'],
    [
      'a node that is no member',
      [pool(), oci],
      'gcp',
      '! it has no member "gcp"; its members: oci, aws, azure',
    ],
    ['a pool without members', [pool({ members: [] }), oci], undefined, '! its members: none'],
    [
      'a node that no file can be called after',
      [pool({ members: [memberValue({ nodeRef: 'a/b' })] })],
      'a/b',
      '! cannot be part of a file name',
    ],
    [
      'a node that is called as another file is',
      [pool({ members: [memberValue({ nodeRef: 'ownership' })] })],
      'ownership',
      '! cannot be part of a file name',
    ],
    ['a pool whose prefix cannot be read', [pool({ prefix: 'x' }), oci], undefined, '! its prefix'],
  ];
  for (const [what, resources, node, is] of table) {
    it(`${what}: ${is}`, () => {
      const { scopes, troubles } = poolScopes(resources, node);
      expect(scopes.length + troubles.length).to.equal(1);
      const found = scopes[0]?.self.nodeRef ?? `! ${troubles[0]?.message}`;
      if (is.startsWith('! ')) expect(found).to.include(is.slice(2));
      else expect(found).to.equal(is);
    });
  }

  it('is asked for each pool by itself', () => {
    const other = { ...pool({ groupRef: 'gone' }), metadata: { name: 'db' } };
    const { scopes, troubles } = poolScopes([pool({ groupRef: 'main' }), other, oci], undefined);
    expect(scopes.map(scope => scope.pool.name)).to.deep.equal(['app']);
    expect(troubles.map(trouble => trouble.pool)).to.deep.equal(['db']);
  });

  it('comes with the provider of its profile', () => {
    expect(poolScopes([pool(), oci, profileResource], undefined).scopes[0]?.provider).to.equal('oci');
    expect(poolScopes([pool(), oci], undefined).scopes[0]?.provider).to.equal('');
  });
});

describe('the request to an inventory plugin', () => {
  const request = (member: ValueMap, context: readonly Value[] = []) => {
    const line = observeRequest(scopeWith({ members: [memberValue(member)] }), context);
    expect(line.endsWith('\n') && line.indexOf('\n') === line.length - 1).to.equal(true);
    const value = JSON.parse(line) as { spec: ValueMap };
    expect(shippedShape('observe-private-ips-request')(value)).to.deep.equal([]);
    return value.spec;
  };

  it('holds what is configured, and nothing that is not', () => {
    expect(request({})).to.deep.equal({
      provider: 'oci',
      providerRef: 'oci-prod',
      strategy: 'secondary-ip',
      selfNode: 'oci',
      pool: 'app',
      prefix: '10.0.1.0/24',
      selfNicRef: 'nic-self',
      selector: {},
    });
  });

  it('holds all of it', () => {
    const context = [{ apiVersion: 'a/v1', kind: 'K', name: 'n', spec: {} }];
    const spec = request(
      {
        capture: {
          type: 'provider-secondary-ip',
          captureStrategy: 'route-table',
          providerRef: 'oci-prod',
          nicRef: 'nic-self',
          target: { routeTableRef: 'rt-1', region: 'eu-1' },
        },
        ownershipDiscovery: {
          mode: 'provider-private-ip',
          providerRef: 'oci-test',
          subnetRef: 'subnet-a',
          selector: { tags: { tier: 'app' } },
        },
      },
      context,
    );
    expect(spec).to.deep.include({
      providerRef: 'oci-test',
      strategy: 'route-table',
      subnetRef: 'subnet-a',
      routeTableRef: 'rt-1',
      target: { routeTableRef: 'rt-1', region: 'eu-1' },
      selector: { tags: { tier: 'app' } },
      context: { resources: context },
    });
  });

  it('has no strategy where nothing is captured through the provider', () => {
    const spec = request({ capture: { type: 'proxy-arp' } });
    expect(spec).to.not.have.any.keys('strategy', 'target', 'routeTableRef', 'providerRef');
    expect(spec['selfNicRef']).to.equal('');
  });
});
