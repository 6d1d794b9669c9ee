import { expect } from 'chai';
import { changePolicyOf, isProtected } from '../../protocol/change-policy.js';
import type { ChangePolicy } from '../../protocol/change-policy.js';
import { apiVersions } from '../../protocol/resource.js';
import type { Value } from '../../protocol/resource.js';
import { refTo, route, router } from '../rig/build.js';

function decoded(spec: Value): ChangePolicy {
  const resource = {
    apiVersion: apiVersions.config,
    kind: 'ChangePolicy',
    metadata: { name: 'careful' },
    spec,
  };
  return changePolicyOf(router(route('a'), resource));
}

describe('a ChangePolicy', () => {
  it('that is not there asks for nothing', () => {
    expect(changePolicyOf(undefined)).to.deep.equal({});
    expect(changePolicyOf(router(route('a')))).to.deep.equal({});
  });

  const cases: readonly (readonly [string, Value, ChangePolicy])[] = [
    ['an empty one asks for nothing', {}, {}],
    [
      'an empty guard looks for emptied sources',
      { guard: {} },
      { guard: { protected: [], sourceEmptied: true } },
    ],
    [
      'a guard with all its limits',
      {
        guard: {
          maxRemovals: 3,
          maxRemovalPercent: 12.5,
          protected: [{ kind: 'IPv4Route' }, { apiVersion: 'a/v1', kind: 'B', name: 'c' }],
          sourceEmptied: false,
        },
      },
      {
        guard: {
          maxRemovals: 3,
          maxRemovalPercent: 12.5,
          protected: [{ kind: 'IPv4Route' }, { apiVersion: 'a/v1', kind: 'B', name: 'c' }],
          sourceEmptied: false,
        },
      },
    ],
    [
      'a limit of another type is the strictest',
      { guard: { maxRemovals: 'many', maxRemovalPercent: null } },
      { guard: { maxRemovals: 0, maxRemovalPercent: 0, protected: [], sourceEmptied: true } },
    ],
    ['a confirmation', { confirm: { default: '10m' } }, { confirm: { defaultMs: 600_000 } }],
    [
      'a confirmation with its probe',
      { confirm: { default: '1.5s', probe: 'ping -c1 192.0.2.1' } },
      { confirm: { defaultMs: 1_500, probe: 'ping -c1 192.0.2.1' } },
    ],
    ['a time that cannot be read is none', { confirm: { default: 'soon' } }, {}],
  ];
  for (const [title, spec, policy] of cases) {
    it(title, () => {
      expect(decoded(spec)).to.deep.equal(policy);
    });
  }

  it('protects what matches an entry in all that it says', () => {
    const here = refTo(route('a'));
    expect(isProtected(here, [])).to.equal(false);
    expect(isProtected(here, [{ kind: 'IPv4Route' }])).to.equal(true);
    expect(isProtected(here, [{ kind: 'IPv4Route', name: 'a' }])).to.equal(true);
    expect(isProtected(here, [{ kind: 'IPv4Route', name: 'b' }])).to.equal(false);
    expect(isProtected(here, [{ kind: 'IPv4Route', apiVersion: 'other/v1' }])).to.equal(false);
    expect(isProtected(here, [{ kind: 'Zone' }, { kind: 'IPv4Route', name: 'a' }])).to.equal(true);
  });
});
