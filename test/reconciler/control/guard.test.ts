import { expect } from 'chai';
import fc from 'fast-check';
import type { GuardPolicy } from '../../../protocol/change-policy.js';
import type { Part } from '../../../protocol/part.js';
import type { Resource, Router, ValueMap } from '../../../protocol/resource.js';
import { judgeGuard, mayBeAnswered } from '../../../reconciler/control/guard.js';
import { merge } from '../../../render/merge.js';
import { binding, maskOf, maskPolicy, part, route, router } from '../../rig/build.js';

const open: GuardPolicy = { protected: [], sourceEmptied: false };
type Side = readonly [Router, ...Part[]];

function judged(before: Side, after: Side, guard?: Partial<GuardPolicy>): string[] {
  const merged = ([startup, ...parts]: Side) => merge({ startup, parts, validate: () => [] }, 0);
  return judgeGuard({
    before: merged(before),
    after: merged(after),
    ...(guard === undefined ? {} : { guard: { ...open, ...guard } }),
  }).map(({ type, message }) => `${type}: ${message}`);
}

const [a, b, c, d] = [route('a'), route('b'), route('c'), route('d')];
const four = router(a, b, c, d);

function kind(name: string, kindName: string, spec: ValueMap = {}): Resource {
  return { apiVersion: 'net.routerd.net/v1alpha1', kind: kindName, metadata: { name }, spec };
}

function protecting(reconcile: ValueMap, ...resources: Resource[]): Router {
  return { ...router(...resources), reconcile };
}

describe('the guard', () => {
  const maskable = router(a, b, maskPolicy('Plugin/p', a, b));
  const cases: readonly (readonly [
    string,
    Side,
    Side,
    Partial<GuardPolicy> | undefined,
    readonly string[],
  ])[] = [
    ['lets everything pass where there is none', [four], [router()], undefined, []],
    ['lets as many removals pass as it allows', [four], [router(a, b)], { maxRemovals: 2 }, []],
    [
      'holds one more, with the figures',
      [four],
      [router(a)],
      { maxRemovals: 2 },
      ['maxRemovals: 3 resources would go out of force, and the guard allows 2 at once'],
    ],
    ['lets the share pass that it allows', [four], [router(b, c, d)], { maxRemovalPercent: 25 }, []],
    [
      'holds a larger share, with the figures',
      [router(a, b, c)],
      [router(a, b)],
      { maxRemovalPercent: 33 },
      ['maxRemovalPercent: 1 of 3 resources (33.3%) would go out of force, and the guard allows 33%'],
    ],
    [
      'counts no addition and no change',
      [four],
      [router(a, b, c, route('d', { metric: 5 }), route('e'))],
      { maxRemovals: 0, maxRemovalPercent: 0 },
      [],
    ],
    [
      'counts what is masked',
      [maskable, part('p', { resources: [c] })],
      [maskable, part('p', { generation: 2, resources: [c], directives: [maskOf(a)] })],
      { maxRemovals: 0 },
      ['maxRemovals: 1 resource would go out of force, and the guard allows 0 at once'],
    ],
    [
      'names a protected resource that would be removed, changed or masked',
      [maskable, part('p', { resources: [c] })],
      [
        router(route('b', { metric: 9 }), a, maskPolicy('Plugin/p', a, b)),
        part('p', { generation: 2, directives: [maskOf(a)] }),
      ],
      { protected: [{ kind: 'IPv4Route' }] },
      [
        'protectedResource: IPv4Route/c is protected and would be removed',
        'protectedResource: IPv4Route/b is protected and would be changed',
        'protectedResource: IPv4Route/a is protected and would be masked',
      ],
    ],
    ['lets a protected resource come', [router(a)], [four], { protected: [{ kind: 'IPv4Route' }] }, []],
    [
      'holds what empties a plugin',
      [router(a), part('p', { resources: [c, d] })],
      [router(a), part('p', { generation: 2 })],
      { sourceEmptied: true },
      ['sourceEmptied: nothing would be left of the 2 resources of Plugin/p'],
    ],
    [
      'lets a plugin replace all that it had',
      [router(a), part('p', { resources: [c] })],
      [router(a), part('p', { generation: 2, resources: [d] })],
      { sourceEmptied: true },
      [],
    ],
    [
      'holds an edit that empties the startup-config but for what tells routerd how to work',
      [router(a, binding('p')), part('p', { resources: [c] })],
      [router(binding('p')), part('p', { resources: [c] })],
      { sourceEmptied: true },
      ['sourceEmptied: nothing would be left of the 1 resource of the startup-config'],
    ],
    [
      'holds a result that drives out the part of another source',
      [router(a), part('q', { resources: [c] })],
      [router(a), part('p', { resources: [c] }), part('q', { resources: [c] })],
      { sourceEmptied: true },
      ['sourceEmptied: nothing would be left of the 1 resource of Plugin/q'],
    ],
  ];
  for (const [title, before, after, guard, expected] of cases) {
    it(title, () => {
      expect(judged(before, after, guard)).to.deep.equal(expected);
    });
  }

  const removals = fc.tuple(
    fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { minLength: 1 }),
    fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g')),
  );
  it('finds nothing in what changes nothing', () => {
    fc.assert(
      fc.property(removals, ([names]) => {
        const side: Side = [router(...names.map(name => route(name)))];
        const strict = {
          maxRemovals: 0,
          maxRemovalPercent: 0,
          sourceEmptied: true,
          protected: [{ kind: 'IPv4Route' }],
        };
        expect(judged(side, side, strict)).to.deep.equal([]);
      }),
    );
  });

  it('holds by number and by share exactly what goes beyond them', () => {
    fc.assert(
      fc.property(removals, fc.nat(6), fc.nat(100), ([before, after], maxRemovals, maxRemovalPercent) => {
        const side = (names: readonly string[]): Side => [router(...names.map(name => route(name)))];
        const gone = before.filter(name => !after.includes(name)).length;
        const types = judged(side(before), side(after), { maxRemovals, maxRemovalPercent }).map(
          reason => reason.split(':')[0],
        );
        expect(types.includes('maxRemovals')).to.equal(gone > maxRemovals);
        expect(types.includes('maxRemovalPercent')).to.equal(gone / before.length > maxRemovalPercent / 100);
      }),
    );
  });
});

describe('protected interfaces and zones', () => {
  const mgmt = kind('mgmt', 'Interface', { ifname: 'eth9' });
  const lan = kind('lan', 'Interface', { ifname: 'eth1' });
  const trusted = kind('trusted', 'FirewallZone', { interfaces: ['Interface/lan', 'mgmt'] });
  const spec = { protectedInterfaces: ['mgmt'], protectedZones: ['trusted'] };
  const before = protecting(spec, mgmt, lan, trusted, route('via', { device: 'mgmt' }), a);
  const without = (...gone: Resource[]): Router => ({
    ...before,
    resources: before.resources.filter(resource => !gone.includes(resource)),
  });

  const cases: readonly (readonly [string, Router, readonly string[]])[] = [
    ['let anything else pass', without(a), []],
    [
      'are touched by their own resource',
      without(mgmt),
      ['Interface/mgmt would be removed: it has the name of the protected interface mgmt'],
    ],
    [
      'are touched by what they name',
      without(lan),
      ['Interface/lan would be removed: the protected FirewallZone/trusted names it'],
    ],
    [
      'are touched by what names them',
      {
        ...before,
        resources: [...before.resources, route('more', { gatewayFrom: { resource: 'Interface/mgmt' } })],
      },
      ['IPv4Route/more would be added: it names the protected interface mgmt'],
    ],
    [
      'are touched by an edit that no longer protects them',
      { ...before, reconcile: { protectedInterfaces: ['mgmt'] } },
      ['the protected zone trusted would be protected no longer'],
    ],
  ];
  for (const [title, after, expected] of cases) {
    it(title, () => {
      expect(judged([before], [after])).to.deep.equal(expected.map(text => `protectedName: ${text}`));
    });
  }

  it('are what a command asks about; the guard is not', () => {
    expect(mayBeAnswered([{ type: 'protectedName', message: '' }])).to.equal(true);
    expect(
      mayBeAnswered([
        { type: 'protectedName', message: '' },
        { type: 'maxRemovals', message: '' },
      ]),
    ).to.equal(false);
  });

  it('judge by the names of the configuration in force alone', () => {
    expect(judged([router(a)], [protecting({ protectedInterfaces: ['eth0'] }, b)])).to.deep.equal([]);
  });
});
