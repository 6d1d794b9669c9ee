import { expect } from 'chai';
import * as fc from 'fast-check';
import type { Path, Reason } from '../../../protocol/problem.js';
import type { Value } from '../../../protocol/resource.js';
import { checkEnvelope } from '../../../protocol/schema/checker.js';
import type { ResultKind } from '../../../protocol/schema/checker.js';
import { changed } from '../../rig/samples.js';

const good = {
  PluginResult: {
    apiVersion: 'plugin.routerd.net/v1alpha1',
    kind: 'PluginResult',
    metadata: { name: 'oci-inventory' },
    status: {
      observedAt: '2026-05-29T12:00:00Z',
      ttl: '300s',
      resources: [{ anything: 1 }],
      directives: [{ op: 'mask', target: { apiVersion: 'a/v1', kind: 'K', name: 'n' }, reason: 'why' }],
      actionPlans: [{ name: 'p', target: { any: 'thing' }, parameters: { any: 1 } }],
      events: [{ type: 'Seen', message: 'm', attributes: { any: 1 } }],
    },
  },
  ExecuteActionResult: {
    apiVersion: 'provideraction.routerd.net/v1alpha1',
    kind: 'ExecuteActionResult',
    status: { status: 'succeeded', observed: { any: 1 }, undoAvailable: false, idempotencyKey: 'k' },
  },
  ObservePrivateIPsResult: {
    apiVersion: 'providerinventory.routerd.net/v1alpha1',
    kind: 'ObservePrivateIPsResult',
    status: {
      status: 'succeeded',
      self: { nicRef: 'n', privateIPs: ['10.0.0.1'], forwardingEnabled: true },
      localIPs: [{ address: '10.0.0.5', primary: true, tags: { any: 'thing' } }],
      routes: [{ address: '10.0.0.6', routeTableRef: 'r' }],
    },
  },
} satisfies Record<ResultKind, Value>;
const kinds = Object.keys(good) as ResultKind[];

describe('checkEnvelope', () => {
  for (const kind of kinds) {
    it(`has nothing against a good ${kind}`, () => {
      expect(checkEnvelope(kind, good[kind])).to.deep.equal([]);
    });

    for (const [title, path, value, reason, at] of [
      ['another kind', ['kind'], 'Plugin', 'WrongKind', ['kind']],
      ['another version', ['apiVersion'], 'v2', 'WrongKind', ['apiVersion']],
      ['no kind', ['kind'], undefined, 'WrongKind', []],
      ['no status', ['status'], undefined, 'StatusMissing', []],
      ['a status of nothing', ['status'], null, 'StatusMissing', ['status']],
      ['a status that is text', ['status'], 'fine', 'ResultInvalid', ['status']],
    ] as [string, Path, Value | undefined, Reason, Path][]) {
      it(`refuses a ${kind} with ${title}`, () => {
        const issues = checkEnvelope(kind, changed(good[kind], path, value));
        expect(issues).to.have.length(1);
        expect(issues[0]).to.deep.include({ reason, severity: 'error', path: at });
      });
    }

    it(`refuses a ${kind} that is no map`, () => {
      for (const value of [null, 'x', 3, []]) {
        expect(checkEnvelope(kind, value).map(({ reason }) => reason)).to.deep.equal(['ResultInvalid']);
      }
    });

    it(`takes any ${kind} without an exception`, () => {
      const { apiVersion } = good[kind];
      fc.assert(
        fc.property(fc.jsonValue(), status => {
          expect(checkEnvelope(kind, { apiVersion, kind, status: status as Value })).to.be.an('array');
          expect(checkEnvelope(kind, status as Value)).to.be.an('array');
        }),
      );
    });
  }

  for (const [kind, path, value, at] of [
    ['PluginResult', ['metadata'], undefined, []],
    ['PluginResult', ['metadata', 'name'], 5, ['metadata', 'name']],
    ['PluginResult', ['status', 'resources'], {}, ['status', 'resources']],
    ['PluginResult', ['status', 'resources'], null, ['status', 'resources']],
    ['PluginResult', ['status', 'ttl'], 300, ['status', 'ttl']],
    ['PluginResult', ['status', 'ttl'], '300', ['status', 'ttl']],
    ['PluginResult', ['status', 'observedAt'], 'now', ['status', 'observedAt']],
    ['PluginResult', ['status', 'directives', 0, 'op'], 'delete', ['status', 'directives', 0, 'op']],
    [
      'PluginResult',
      ['status', 'directives', 0, 'target', 'name'],
      undefined,
      ['status', 'directives', 0, 'target'],
    ],
    ['PluginResult', ['status', 'events', 0, 'type'], undefined, ['status', 'events', 0]],
    ['ExecuteActionResult', ['status', 'status'], undefined, ['status']],
    ['ExecuteActionResult', ['status', 'status'], 'done', ['status', 'status']],
    ['ExecuteActionResult', ['status', 'undoAvailable'], 'no', ['status', 'undoAvailable']],
    ['ObservePrivateIPsResult', ['status', 'localIPs', 0, 'address'], undefined, ['status', 'localIPs', 0]],
    [
      'ObservePrivateIPsResult',
      ['status', 'self', 'privateIPs'],
      '10.0.0.1',
      ['status', 'self', 'privateIPs'],
    ],
  ] as [ResultKind, Path, Value | undefined, Path][]) {
    it(`refuses ${kind} ${path.join('.')} = ${JSON.stringify(value)}`, () => {
      const issues = checkEnvelope(kind, changed(good[kind], path, value));
      expect(issues).to.have.length(1);
      expect(issues[0]).to.deep.include({ reason: 'ResultInvalid', severity: 'error', path: at });
    });
  }

  it('leaves the inside of resources and action plans to their own checks', () => {
    const resources = changed(good.PluginResult, ['status', 'resources'], [1, { spec: 4 }]);
    const plans = changed(resources, ['status', 'actionPlans'], [1, { name: 4 }]);
    expect(checkEnvelope('PluginResult', plans)).to.deep.equal([]);
  });

  for (const [kind, path] of [
    ['PluginResult', ['extra']],
    ['PluginResult', ['metadata', 'labels']],
    ['PluginResult', ['status', 'resource']],
    ['PluginResult', ['status', 'directives', 0, 'until']],
    ['PluginResult', ['status', 'directives', 0, 'target', 'namespace']],
    ['PluginResult', ['status', 'actionPlans', 0, 'cost']],
    ['PluginResult', ['status', 'events', 0, 'level']],
    ['ExecuteActionResult', ['metadata']],
    ['ObservePrivateIPsResult', ['status', 'self', 'zone']],
    ['ObservePrivateIPsResult', ['status', 'localIPs', 0, 'zone']],
  ] as [ResultKind, Path][]) {
    it(`notes the unknown field ${path.join('.')} of a ${kind}`, () => {
      const issues = checkEnvelope(kind, changed(good[kind], path, 'x'));
      expect(issues).to.have.length(1);
      expect(issues[0]).to.deep.include({ reason: 'UnknownResultField', severity: 'note', path, at: 'key' });
    });
  }

  it('helps with the name', () => {
    const [issue] = checkEnvelope('PluginResult', changed(good.PluginResult, ['status', 'resource'], []));
    expect(issue?.message).to.equal('`resource` is not a field of PluginResult status and was ignored');
    expect(issue?.hint).to.equal('did you mean `resources`?');
  });
});
