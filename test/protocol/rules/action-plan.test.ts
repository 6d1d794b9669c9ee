import { expect } from 'chai';
import * as fc from 'fast-check';
import type { Path, Reason } from '../../../protocol/problem.js';
import type { Value } from '../../../protocol/resource.js';
import { checkActionPlan } from '../../../protocol/rules/action-plan.js';
import { changed } from '../../rig/samples.js';

const secondaryIp: Value = {
  name: 'assign',
  provider: 'oci',
  action: 'assign-secondary-ip',
  target: { nicRef: 'ocid1.vnic', address: '10.0.1.123' },
  undo: { action: 'unassign-secondary-ip', parameters: { force: true } },
};
const route: Value = {
  name: 'route',
  provider: 'aws',
  action: 'assign-route-table-route',
  target: { nicRef: 'eni-1', address: '10.0.1.0/24', routeTableRef: 'rtb-1' },
};

describe('action plans', () => {
  for (const [title, plan] of [
    ['a secondary address', secondaryIp],
    [
      'one by a route table',
      changed(secondaryIp, ['target'], { ...targetOf(route), captureStrategy: 'route-table' }),
    ],
    ['a route', route],
    [
      'forwarding, which needs no target',
      { name: 'f', provider: 'gcp', action: 'ensure-forwarding-enabled' },
    ],
    ['an IPv6 address', changed(secondaryIp, ['target', 'address'], '2001:db8::1/128')],
    ['a dry run', changed(secondaryIp, ['mode'], 'dry-run')],
    ['no mode', changed(secondaryIp, ['mode'], '')],
    ['unknown fields', changed(secondaryIp, ['colour'], 'blue')],
    [
      'everything for the reader',
      {
        ...(secondaryIp as object),
        description: 'd',
        riskLevel: 'low',
        idempotencyKey: 'k',
        parameters: { a: 1 },
        preconditions: [{ name: 'p', expect: 'e', detail: 'd', target: { a: 'b' } }],
        expectedEffects: ['x'],
      } as Value,
    ],
  ] as const) {
    it(`accept ${title}`, () => {
      expect(checkActionPlan(plan)).to.deep.equal([]);
    });
  }

  const invalid: Reason = 'InvalidActionPlan';
  for (const [title, plan, path, reason] of [
    ['no map', 'plan', [], invalid],
    ['no name', changed(secondaryIp, ['name'], undefined), [], invalid],
    ['an empty name', changed(secondaryIp, ['name'], ''), ['name'], invalid],
    ['a name of two lines', changed(secondaryIp, ['name'], 'a\nGeneration: 1'), ['name'], invalid],
    ['no provider', changed(secondaryIp, ['provider'], undefined), [], invalid],
    ['an unknown provider', changed(secondaryIp, ['provider'], 'acme'), ['provider'], invalid],
    ['no action', changed(secondaryIp, ['action'], undefined), [], invalid],
    ['an unknown action', changed(secondaryIp, ['action'], 'reboot'), ['action'], invalid],
    ['an unknown risk', changed(secondaryIp, ['riskLevel'], 'none'), ['riskLevel'], invalid],
    ['a number in the target', changed(secondaryIp, ['target', 'mtu'], 9000), ['target', 'mtu'], invalid],
    ['no address', changed(secondaryIp, ['target', 'address'], undefined), ['target'], invalid],
    ['an empty address', changed(secondaryIp, ['target', 'address'], ''), ['target'], invalid],
    ['no NIC', changed(secondaryIp, ['target', 'nicRef'], undefined), ['target'], invalid],
    [
      'no route table though one is asked for',
      changed(secondaryIp, ['target', 'captureStrategy'], 'route-table'),
      ['target'],
      invalid,
    ],
    [
      'a route without its table',
      changed(route, ['target', 'routeTableRef'], undefined),
      ['target'],
      invalid,
    ],
    ['a route without a NIC', changed(route, ['target', 'nicRef'], undefined), ['target'], invalid],
    [
      'a host name',
      changed(secondaryIp, ['target', 'address'], 'app.example'),
      ['target', 'address'],
      invalid,
    ],
    [
      'an octal address',
      changed(secondaryIp, ['target', 'address'], '010.0.0.1'),
      ['target', 'address'],
      invalid,
    ],
    ['an undo without an action', changed(secondaryIp, ['undo'], {}), ['undo'], invalid],
    ['an unknown undo', changed(secondaryIp, ['undo', 'action'], 'reboot'), ['undo', 'action'], invalid],
    [
      'a precondition without a name',
      changed(secondaryIp, ['preconditions'], [{}]),
      ['preconditions', 0],
      invalid,
    ],
    ['an unknown mode', changed(secondaryIp, ['mode'], 'live'), ['mode'], invalid],
    ['execution', changed(secondaryIp, ['mode'], 'execute'), ['mode'], 'ExecuteModeForbidden'],
  ] satisfies [string, Value, Path, Reason][]) {
    it(`refuse ${title}`, () => {
      const issues = checkActionPlan(plan);
      expect(issues).to.have.length(1);
      expect(issues[0]).to.deep.include({ path, reason, severity: 'error' });
    });
  }

  it('name everything that a missing target would have held', () => {
    const issues = checkActionPlan(changed(route, ['target'], undefined));
    expect(issues.map(({ message }) => message.split(' ')[0])).to.deep.equal([
      '`target.address`',
      '`target.routeTableRef`',
      '`target.nicRef`',
    ]);
  });

  it('can be anything without an exception', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        expect(checkActionPlan(value as Value)).to.be.an('array');
      }),
    );
  });
});

function targetOf(plan: Value): object {
  return (plan as { target: object }).target;
}
