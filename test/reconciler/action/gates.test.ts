import { expect } from 'chai';
import type { Value } from '../../../protocol/resource.js';
import { fail, ok } from '../../../protocol/result.js';
import { actionStates, revisionOf } from '../../../reconciler/action/action.js';
import type { Action, ActionState } from '../../../reconciler/action/action.js';
import { gateNames, judgeGates } from '../../../reconciler/action/gates.js';
import type { GateFacts, GateName } from '../../../reconciler/action/gates.js';
import { importRevision } from '../../../reconciler/action/move.js';
import { decodeActionPolicy } from '../../../protocol/action-policy.js';
import {
  actionIn,
  approved,
  approvedAt,
  ended,
  gateFactsWith,
  imported,
  importedAt,
  noon,
  ociExecutor,
  planFor,
  policyResource,
  policySpec,
  policyWith,
  providers,
  started,
  stepped,
  verbs,
} from '../../rig/actions.js';
import type { ApprovalFacts, Changes } from '../../rig/actions.js';

/** What a case changes about the situation in which an approved plan may be executed. */
interface Case {
  readonly policy?: Changes;
  /** The whole spec, in place of the one that permits everything. */
  readonly spec?: Value;
  readonly plan?: Changes;
  readonly facts?: Partial<GateFacts>;
  readonly approval?: ApprovalFacts;
  readonly action?: (given: Action) => Action;
}
type Row = readonly [title: string, change: Case, ...closed: GateName[]];

const undo: Partial<GateFacts> = { direction: 'undo' };
const daemon: Partial<GateFacts> = { asked: 'daemon' };
const done = (action: Action): Action => ended(started(approved(action)), 'succeeded');
/** Rejected, and brought back by an operator's import. */
const retried = (state: 'failed' | 'skipped'): Action => stepped(actionIn(state), 'pending', 'retried');
const rejectedBefore = (): Action => {
  const gone = stepped(imported(), 'void', 'rejected');
  const again = { ...revisionOf(gone), importedAt: approvedAt };
  return importRevision(gone, again, { by: 'alice', message: '' });
};
const at = (time: string): number => Date.parse(time);
const target = (address: string | undefined): Changes => ({
  target: { nicRef: 'vnic-1', ...(address === undefined ? {} : { address }) },
});

const switches: Row[] = [
  ['nothing in the way', {}],
  ['not enabled', { policy: { enabled: false } }, 'enabled'],
  ['enabled absent', { policy: { enabled: undefined } }, 'enabled'],
  ['enabled as text', { policy: { enabled: 'true' } }, 'enabled'],
  ['enabled as a number', { policy: { enabled: 1 } }, 'enabled'],
  ['enabled null', { policy: { enabled: null } }, 'enabled'],
  ['dryRunOnly', { policy: { dryRunOnly: true } }, 'mode'],
  ['dryRunOnly absent', { policy: { dryRunOnly: undefined } }, 'mode'],
  ['dryRunOnly as text', { policy: { dryRunOnly: 'false' } }, 'mode'],
  ['dryRunOnly null', { policy: { dryRunOnly: null } }, 'mode'],
  ['dryRunOnly zero', { policy: { dryRunOnly: 0 } }, 'mode'],
  ['no policy', { facts: { policy: fail('there is no ProviderActionPolicy') } }, 'policy'],
  [
    'no policy, and nobody approved',
    { facts: { policy: fail('several') }, action: () => imported() },
    'policy',
    'approval',
  ],
  [
    'an empty policy',
    { spec: {}, action: () => imported() },
    'enabled',
    'mode',
    'provider',
    'action',
    'approval',
    'limit',
  ],
  ['an empty policy, approved', { spec: {} }, 'enabled', 'mode', 'provider', 'action', 'limit'],
  ['a spec that is a list', { spec: [] }, 'enabled', 'mode', 'provider', 'action', 'limit'],
  ['a spec that is text', { spec: 'enabled: true' }, 'enabled', 'mode', 'provider', 'action', 'limit'],
  ['a spec that is null', { spec: null }, 'enabled', 'mode', 'provider', 'action', 'limit'],
  ['a spec under an unknown spelling', { policy: { enabled: undefined, Enabled: true } }, 'enabled'],
  ['enabled and dryRunOnly both wrong', { policy: { enabled: false, dryRunOnly: true } }, 'enabled', 'mode'],
];

const lists: Row[] = [
  ['no provider', { policy: { allowedProviders: [] } }, 'provider'],
  ['providers absent', { policy: { allowedProviders: undefined } }, 'provider'],
  ['providers null', { policy: { allowedProviders: null } }, 'provider'],
  ['providers as text', { policy: { allowedProviders: 'oci' } }, 'provider'],
  ['another provider', { policy: { allowedProviders: ['aws', 'azure', 'gcp'] } }, 'provider'],
  ['the provider among others', { policy: { allowedProviders: [...providers] } }],
  ['the provider in another case', { policy: { allowedProviders: ['OCI'] } }, 'provider'],
  ['the provider with a blank', { policy: { allowedProviders: ['oci '] } }, 'provider'],
  ['a wildcard', { policy: { allowedProviders: ['*'] } }, 'provider'],
  ['providers with rubbish between them', { policy: { allowedProviders: [1, 'oci', null] } }],
  ['providers of lists', { policy: { allowedProviders: [['oci']] } }, 'provider'],
  ['a plan without provider', { plan: { provider: '' }, policy: { allowedProviders: [''] } }, 'provider'],
  ['no action', { policy: { allowedActions: [] } }, 'action'],
  ['actions absent', { policy: { allowedActions: undefined } }, 'action'],
  ['actions as text', { policy: { allowedActions: 'assign-secondary-ip' } }, 'action'],
  ['actions as a map', { policy: { allowedActions: { 'assign-secondary-ip': true } } }, 'action'],
  ['a wildcard action', { policy: { allowedActions: ['assign-*'] } }, 'action'],
  ['an action that is only begun', { policy: { allowedActions: ['assign'] } }, 'action'],
  ['any providerRef', { policy: { allowedProviderRefs: [] } }],
  ['providerRefs absent', { policy: { allowedProviderRefs: undefined } }],
  ['another providerRef', { policy: { allowedProviderRefs: ['oci-test'] } }, 'providerRef'],
  ['the providerRef second', { policy: { allowedProviderRefs: ['oci-test', 'oci-prod'] } }],
  ['the providerRef in another case', { policy: { allowedProviderRefs: ['OCI-prod'] } }, 'providerRef'],
  ['providerRefs null', { policy: { allowedProviderRefs: null } }, 'providerRef'],
  ['providerRefs as text', { policy: { allowedProviderRefs: 'oci-prod' } }, 'providerRef'],
  ['providerRefs as a map', { policy: { allowedProviderRefs: {} } }, 'providerRef'],
  ['providerRefs of numbers', { policy: { allowedProviderRefs: [5] } }, 'providerRef'],
  ['a providerRef beside a number', { policy: { allowedProviderRefs: ['oci-prod', 5] } }, 'providerRef'],
  ['no providerRef where one is asked for', { plan: { providerRef: undefined } }, 'providerRef'],
  [
    'an empty providerRef on an empty list entry',
    { plan: { providerRef: '' }, policy: { allowedProviderRefs: [''] } },
    'providerRef',
  ],
  [
    'no providerRef where none is asked for',
    { plan: { providerRef: undefined }, policy: { allowedProviderRefs: [] } },
  ],
  [
    'a providerRef called like a method of lists',
    { plan: { providerRef: 'length' }, policy: { allowedProviderRefs: ['oci-prod'] } },
    'providerRef',
  ],
  ...verbs.flatMap((verb): Row[] => {
    const others = verbs.filter(other => other !== verb);
    return [
      [`${verb}, allowed alone`, { plan: { action: verb }, policy: { allowedActions: [verb] } }],
      [
        `${verb}, all others allowed`,
        { plan: { action: verb }, policy: { allowedActions: others } },
        'action',
      ],
    ];
  }),
  ...providers.flatMap(provider =>
    providers.map((allowed): Row => [
      `a plan for ${provider} where ${allowed} is allowed`,
      { plan: { provider }, policy: { allowedProviders: [allowed] } },
      ...(provider === allowed ? [] : (['provider'] as const)),
    ]),
  ),
];

/** Policy, target, and whether the target lies in it. */
const networks: readonly (readonly [Value, string, boolean])[] = [
  [['10.0.0.0/8'], '10.0.1.5', true],
  [['10.0.0.0/8'], '10.0.1.5/32', true],
  [['10.0.0.0/8'], '10.0.1.0/24', true],
  [['10.0.0.0/8'], '10.0.0.0/8', true],
  [['10.0.0.0/8'], '10.0.0.0/7', false],
  [['10.0.0.0/8'], '0.0.0.0/0', false],
  [['10.0.0.0/8'], '::/0', false],
  [['0.0.0.0/0'], '0.0.0.0/0', true],
  [['0.0.0.0/0'], '10.0.1.5', true],
  [['0.0.0.0/0'], '255.255.255.255', true],
  [['0.0.0.0/0'], '::/0', false],
  [['0.0.0.0/0'], '2001:db8::1', false],
  // To a provider that reads v4-mapped addresses, these hold all of IPv4.
  [['::/0'], '::/0', false],
  [['::/0'], '2001:db8::1', true],
  [['::/0'], '10.0.0.1', false],
  [['::/0'], '::ffff:10.0.0.1', false],
  [['0.0.0.0/1', '128.0.0.0/1'], '0.0.0.0/0', false],
  [['10.0.0.0/25', '10.0.0.128/25'], '10.0.0.0/24', false],
  [['10.0.1.0/24'], '10.0.1.0', true],
  [['10.0.1.0/24'], '10.0.1.255', true],
  [['10.0.1.0/24'], '10.0.2.0', false],
  [['10.0.1.0/24'], '10.0.0.255', false],
  [['10.0.1.0/24'], '10.0.1.0/23', false],
  [['10.0.0.0/23'], '10.0.1.0/24', true],
  [['10.0.1.0/24', '10.0.9.9/32'], '10.0.9.9', true],
  [['10.0.1.5/32'], '10.0.1.5', true],
  [['10.0.1.5/32'], '10.0.1.4', false],
  [['10.0.1.5'], '10.0.1.5', true],
  [['10.0.0.0/8'], '::ffff:10.0.0.1', true],
  [['10.0.0.0/8'], '::ffff:11.0.0.1', false],
  [['10.0.0.0/8'], '::ffff:a00:1', true],
  [['10.0.0.0/8'], '0:0:0:0:0:FFFF:0A00:0001', true],
  [['::ffff:10.0.0.0/120'], '10.0.0.1', true],
  [['::ffff:10.0.0.0/120'], '10.0.1.1', false],
  [['::ffff:10.0.0.0/104'], '::ffff:10.0.0.0/120', true],
  [['10.0.0.0/24'], '::ffff:10.0.0.0/120', true],
  [['10.0.0.0/25'], '::ffff:10.0.0.0/120', false],
  [['::ffff:0:0/96'], '10.0.0.1', true],
  [['::ffff:0:0/96'], '0.0.0.0/0', true],
  [['0.0.0.0/0'], '::ffff:0:0/96', true],
  [['10.0.0.0/8'], '::ffff:0:0/96', false],
  [['0.0.0.0/0'], '::fffe:0:0/95', false],
  [['::/0'], '::fffe:0:0/95', false],
  [['::/0'], '::ffff:0:0/95', false],
  [['10.0.0.0/8'], '::10.0.0.1', false],
  [['10.0.0.0/8'], '64:ff9b::10.0.0.1', false],
  [['10.0.0.0/8'], '2002:a00:1::', false],
  [['2001:db8::/32'], '2001:DB8::5', true],
  [['2001:DB8::/32'], '2001:0db8:0:0:0:0:0:5', true],
  [['2001:db8::/32'], '2001:db9::', false],
  [['2001:db8::/32'], '2001:db8::/31', false],
  [['2001:db8::/32'], '2001:db8:ffff::/48', true],
  [['fe80::/10'], 'fe80::1%eth0', false],
  [['fe80::/10'], 'fe80::1', true],
  [['0.0.0.0/0'], '010.0.0.1', false],
  [['0.0.0.0/0'], '10.0.0.1/08', false],
  [['0.0.0.0/0'], '10.0.0.1/24', false],
  [['::/0'], '2001:db8::1/64', false],
  [['0.0.0.0/0'], '10.0.0.0/33', false],
  [['::/0'], '2001:db8::/129', false],
  [['0.0.0.0/0'], '10.0.0.1/', false],
  [['0.0.0.0/0'], '10.0.0.1/-1', false],
  [['0.0.0.0/0'], '10.0.0.0/+8', false],
  [['0.0.0.0/0'], '10.0.0.0/8/8', false],
  [['0.0.0.0/0'], '10.0.0.0/1e1', false],
  [['0.0.0.0/0'], ' 10.0.0.1', false],
  [['0.0.0.0/0'], '10.0.0.1\n', false],
  [['0.0.0.0/0'], '10.0.0.1,10.0.0.2', false],
  [['0.0.0.0/0'], '10.1', false],
  [['0.0.0.0/0'], '0x0a.0.0.1', false],
  [['0.0.0.0/0'], '167772161', false],
  [['0.0.0.0/0'], '10.0.0.256', false],
  [['0.0.0.0/0'], '１０.0.0.1', false],
  [['0.0.0.0/0'], '::ffff:010.0.0.1', false],
  [['0.0.0.0/0'], 'localhost', false],
  [['::/0'], '[2001:db8::1]', false],
  [['::/0'], '2001:db8::1::', false],
  [['::/0'], '12345::', false],
  [['10.0.0.1/24'], '10.0.0.1', false],
  [['010.0.0.0/8'], '10.0.0.1', false],
  [['10.0.0.0/08'], '10.0.0.1', false],
  [['10.0.0.0/33'], '10.0.0.1', false],
  [['::/129'], '2001:db8::1', false],
  [['2001:db8::1/64'], '2001:db8::1', false],
  [['fe80::%eth0/64'], 'fe80::1', false],
  [['10.0.0.0/8', 'nonsense'], '10.0.0.1', false],
  [['10.0.0.0/8', ''], '10.0.0.1', false],
  [['10.0.0.0/8', 5], '10.0.0.1', false],
  [[null], '10.0.0.1', false],
  [[['10.0.0.0/8']], '10.0.0.1', false],
  ['10.0.0.0/8', '10.0.0.1', false],
  [{ cidr: '10.0.0.0/8' }, '10.0.0.1', false],
  [null, '10.0.0.1', false],
  [false, '10.0.0.1', false],
  [0, '10.0.0.1', false],
];

const addresses: Row[] = [
  ...networks.map(([allowedCIDRs, address, open]): Row => [
    `${JSON.stringify(address)} where ${JSON.stringify(allowedCIDRs)} is allowed`,
    { policy: { allowedCIDRs }, plan: target(address) },
    ...(open ? [] : (['cidr'] as const)),
  ]),
  ['no address where addresses are restricted', { plan: target(undefined) }, 'cidr'],
  ['an empty address where addresses are restricted', { plan: target('') }, 'cidr'],
  ['no target at all where addresses are restricted', { plan: { target: undefined } }, 'cidr'],
  ['no address where none is restricted', { plan: target(undefined), policy: { allowedCIDRs: [] } }],
  [
    'no target where allowedCIDRs is absent',
    { plan: { target: undefined }, policy: { allowedCIDRs: undefined } },
  ],
  ['any address where none is restricted', { plan: target('192.0.2.1'), policy: { allowedCIDRs: [] } }],
  [
    'an odd spelling where none is restricted',
    { plan: target('010.0.0.1'), policy: { allowedCIDRs: [] } },
    'cidr',
  ],
  [
    'host bits where none is restricted',
    { plan: target('10.0.0.1/24'), policy: { allowedCIDRs: [] } },
    'cidr',
  ],
  ['a zone where none is restricted', { plan: target('fe80::1%eth0'), policy: { allowedCIDRs: [] } }, 'cidr'],
  [
    'an address of another spelling beside the right one',
    { plan: { target: { nicRef: 'vnic-1', Address: '10.0.1.5', address: '192.0.2.1' } } },
    'cidr',
  ],
  [
    'an undo outside of what is allowed now',
    { facts: undo, action: done, policy: { allowedCIDRs: ['192.0.2.0/24'] } },
    'cidr',
  ],
];

/** Window, moment, open. 2026-05-29 is a Friday; Berlin changes its clocks at 01:00 UTC on 29 March and 25 October. */
const windowTable: readonly (readonly [Value | undefined, string, boolean])[] = [
  [undefined, '2026-05-29T12:00:00Z', true],
  [null, '2026-05-29T12:00:00Z', false],
  ['', '2026-05-29T12:00:00Z', false],
  ['always', '2026-05-29T12:00:00Z', false],
  [true, '2026-05-29T12:00:00Z', false],
  [['11:00-13:00'], '2026-05-29T12:00:00Z', false],
  ['11:00-13:00', '2026-05-29T12:00:00Z', true],
  ['12:00-13:00', '2026-05-29T12:00:00Z', true],
  ['12:00-13:00', '2026-05-29T11:59:59.999Z', false],
  ['11:00-12:00', '2026-05-29T11:59:59.999Z', true],
  ['11:00-12:00', '2026-05-29T12:00:00Z', false],
  ['00:00-24:00', '2026-05-29T23:59:59.999Z', true],
  ['22:00-04:00', '2026-05-29T23:59:59Z', true],
  ['22:00-04:00', '2026-05-30T00:00:00Z', true],
  ['22:00-04:00', '2026-05-30T03:59:59Z', true],
  ['22:00-04:00', '2026-05-30T04:00:00Z', false],
  ['22:00-04:00', '2026-05-29T21:59:59Z', false],
  ['Fri 22:00-04:00', '2026-05-30T03:00:00Z', true],
  ['Fri 22:00-04:00', '2026-05-29T03:00:00Z', false],
  ['Sat,Sun 00:00-24:00', '2026-05-29T23:59:59Z', false],
  ['Sat,Sun 00:00-24:00', '2026-05-30T00:00:00Z', true],
  ['Mon-Fri 08:00-18:00', '2026-05-29T12:00:00Z', true],
  ['Mon-Fri 08:00-18:00', '2026-05-31T12:00:00Z', false],
  ['08:00-09:00; 11:30-12:30', '2026-05-29T12:00:00Z', true],
  ['08:00-09:00; 13:00-14:00', '2026-05-29T12:00:00Z', false],
  ['11:00-13:00; nonsense', '2026-05-29T12:00:00Z', false],
  ['11:00-13:00;', '2026-05-29T12:00:00Z', false],
  ['21:00-22:00 Asia/Tokyo', '2026-05-29T12:00:00Z', true],
  ['20:00-21:00 Asia/Tokyo', '2026-05-29T12:00:00Z', false],
  ['Sat 00:00-01:00 Asia/Tokyo', '2026-05-29T15:30:00Z', true],
  ['17:30-17:31 Asia/Kolkata', '2026-05-29T12:00:30Z', true],
  ['11:00-13:00 Nowhere/City', '2026-05-29T12:00:00Z', false],
  ['11:00-13:00 +00:00', '2026-05-29T12:00:00Z', false],
  ['02:00-03:00 Europe/Berlin', '2026-03-29T00:59:59Z', false],
  ['02:00-03:00 Europe/Berlin', '2026-03-29T01:00:00Z', false],
  ['03:00-04:00 Europe/Berlin', '2026-03-29T01:00:00Z', true],
  ['02:00-03:00 Europe/Berlin', '2026-10-25T00:30:00Z', true],
  ['02:00-03:00 Europe/Berlin', '2026-10-25T01:30:00Z', true],
  ['02:00-03:00 Europe/Berlin', '2026-10-25T02:00:00Z', false],
];

const windows: Row[] = [
  ...windowTable.map(([executionWindow, time, open]): Row => [
    `at ${time} in the window ${executionWindow === undefined ? 'that is absent' : JSON.stringify(executionWindow)}`,
    {
      policy: { executionWindow },
      facts: { now: at(time) },
      approval: { at: importedAt },
    },
    ...(open ? [] : (['window'] as const)),
  ]),
  [
    'an undo outside of the window',
    { facts: undo, action: done, policy: { executionWindow: '01:00-02:00' } },
    'window',
  ],
];

const otherPlan = planFor({ description: 'in other words' });
const approvals: Row[] = [
  ['nobody approved', { action: () => imported() }, 'approval'],
  ['nobody has to', { action: () => imported(), policy: { requireApproval: false } }],
  [
    'requireApproval absent',
    { action: () => imported(), policy: { requireApproval: undefined } },
    'approval',
  ],
  ['requireApproval as text', { action: () => imported(), policy: { requireApproval: 'false' } }, 'approval'],
  ['requireApproval null', { action: () => imported(), policy: { requireApproval: null } }, 'approval'],
  ['requireApproval zero', { action: () => imported(), policy: { requireApproval: 0 } }, 'approval'],
  ['approved by nobody', { approval: { by: '' } }, 'approval'],
  ['approved by a blank', { approval: { by: ' \t' } }, 'approval'],
  ['approved for another plan', { approval: { planDigest: 'sha256:other' } }, 'approval'],
  ['approved for a plan without digest', { approval: { planDigest: '' } }, 'approval'],
  ['approved before it was imported', { approval: { at: importedAt - 1 } }, 'approval'],
  ['approved in the moment of the import', { approval: { at: importedAt } }],
  ['approved a year ago', { approval: { at: importedAt }, facts: { now: noon + 365 * 86_400_000 } }],
  ['approved where there was no executor', { approval: { executor: null } }, 'approval'],
  [
    'the executor has other bytes',
    { facts: { executor: ok({ ...ociExecutor, digest: 'sha256:e2' }) } },
    'approval',
  ],
  [
    'the executor has another name',
    { facts: { executor: ok({ ...ociExecutor, plugin: 'any' }) } },
    'approval',
  ],
  ['the executor is gone', { facts: { executor: fail('there is no executor') } }, 'approval', 'executor'],
  ['approved again', { action: () => approved(approved(imported(), { executor: null })) }],
  [
    'approved again, and wrongly',
    { action: () => approved(approved(imported()), { planDigest: 'sha256:other' }) },
    'approval',
  ],
  [
    'an unfit approval where none is required',
    { approval: { planDigest: 'sha256:other' }, policy: { requireApproval: false } },
    'approval',
  ],
  [
    'another executor than the approved one where no approval is required',
    { policy: { requireApproval: false }, facts: { executor: ok({ ...ociExecutor, digest: 'sha256:e2' }) } },
    'approval',
  ],
  [
    'an approval from before the plan was replaced',
    {
      action: () => {
        const gone = stepped(approved(imported()), 'void', 'changed');
        const later = { ...revisionOf(imported(otherPlan)), importedAt: noon };
        return importRevision(gone, later, { by: 'alice', message: '' });
      },
    },
    'approval',
  ],
  ['an approval that was spent on a failed attempt', { action: () => retried('failed') }, 'approval'],
  [
    'a failed attempt, approved once more',
    { action: () => approved(retried('failed')), facts: { ledgerStarts: ['start 2'] } },
  ],
  ['taken back before, approved', { facts: { takenBack: true } }],
  ['rejected before, approved', { action: () => approved(rejectedBefore()) }],
  [
    'rejected before, where no approval is required',
    { action: rejectedBefore, policy: { requireApproval: false } },
    'approval',
  ],
  [
    'taken back before, where no approval is required',
    { action: () => imported(), policy: { requireApproval: false }, facts: { takenBack: true } },
    'approval',
  ],
  [
    'the daemon, where no approval is required',
    { action: () => imported(), policy: { requireApproval: false }, facts: daemon },
  ],
  [
    'the daemon, where no approval is required and there is one',
    { policy: { requireApproval: false }, facts: daemon },
  ],
  [
    'the daemon, where approval is required and missing',
    { action: () => imported(), facts: daemon },
    'approval',
  ],
  ['the daemon, where approval is required and given', { facts: daemon }, 'approval'],
  [
    'the daemon, with what was taken back before',
    { action: () => imported(), policy: { requireApproval: false }, facts: { ...daemon, takenBack: true } },
    'approval',
  ],
  ['the daemon under no policy', { facts: { ...daemon, policy: fail('none') } }, 'policy', 'approval'],
  [
    'the daemon under dryRunOnly',
    { policy: { requireApproval: false, dryRunOnly: true }, facts: daemon },
    'mode',
  ],
  [
    'the daemon under maxActionsPerRun 0',
    { policy: { requireApproval: false, maxActionsPerRun: 0 }, facts: daemon },
    'limit',
  ],
];

const closedByState: Readonly<Record<ActionState, readonly GateName[]>> = {
  pending: ['approval'],
  approved: [],
  executing: ['state', 'approval'],
  succeeded: ['state', 'approval'],
  failed: ['state', 'approval'],
  skipped: ['state', 'approval'],
  unknown: ['state', 'approval'],
  rollingBack: ['state', 'approval'],
  rolledBack: ['state', 'approval'],
  void: ['state', 'approval'],
};
const states: Row[] = actionStates.flatMap((state): Row[] => [
  [`executing what is ${state}`, { action: () => actionIn(state) }, ...closedByState[state]],
  [
    `executing what is ${state} without approvals`,
    { action: () => actionIn(state), policy: { requireApproval: false } },
    // What is void here was rejected.
    ...closedByState[state].filter(gate => gate !== 'approval' || state === 'void'),
  ],
  [
    `taking back what is ${state}`,
    { action: () => actionIn(state), facts: undo },
    ...(state === 'succeeded' ? [] : (['state'] as const)),
  ],
]);

const withoutUndo: Changes = { undo: undefined };
const rest: Row[] = [
  ['the plan is gone', { facts: { planGone: 'the plan is no longer live' } }, 'plan'],
  ['the plan is gone, and is taken back', { facts: { ...undo, planGone: 'gone' }, action: done }],
  [
    'the journal holds another plan than its digest says',
    { action: () => approved(imported(planFor(), { planDigest: 'sha256:other' })) },
    'plan',
  ],
  [
    'the same, and is taken back',
    { action: () => done(imported(planFor(), { planDigest: 'sha256:other' })), facts: undo },
    'plan',
  ],
  [
    'there is no executor, and no approval either',
    { action: () => imported(), facts: { executor: fail('none') } },
    'approval',
    'executor',
  ],
  [
    'there is no executor where no approval is required',
    { action: () => imported(), policy: { requireApproval: false }, facts: { executor: fail('none') } },
    'executor',
  ],
  ['the ledger knows of a start', { facts: { ledgerStarts: ['another'] } }, 'key'],
  ['the ledger knows of a start that it cannot name', { facts: { ledgerStarts: [''] } }, 'key'],
  [
    'the ledger knows the start that the journal knows',
    { action: () => approved(retried('skipped')), facts: { ledgerStarts: ['start 2'] } },
  ],
  [
    'the ledger knows one start more than the journal',
    { action: () => approved(retried('failed')), facts: { ledgerStarts: ['start 2', 'another'] } },
    'key',
  ],
  [
    'the ledger knows as many starts as the journal, but others',
    { action: () => approved(retried('failed')), facts: { ledgerStarts: ['another'] } },
    'key',
  ],
  ['the ledger was lost', { action: () => approved(retried('failed')), facts: { ledgerStarts: [] } }],
  ['the undo was never tried', { action: done, facts: { ...undo, ledgerStarts: [] } }],
  ['the ledger knows of an undo', { action: done, facts: { ...undo, ledgerStarts: ['another'] } }, 'key'],
  [
    'a failed undo is tried again',
    {
      action: given => ended(started(done(given), 'undo'), 'succeeded', { direction: 'undo' }),
      facts: { ...undo, ledgerStarts: ['start 4'] },
    },
  ],
  ['limit 0', { policy: { maxActionsPerRun: 0 } }, 'limit'],
  ['limit absent', { policy: { maxActionsPerRun: undefined } }, 'limit'],
  ['limit null', { policy: { maxActionsPerRun: null } }, 'limit'],
  ['limit as text', { policy: { maxActionsPerRun: '5' } }, 'limit'],
  ['limit below zero', { policy: { maxActionsPerRun: -1 } }, 'limit'],
  ['limit with a fraction', { policy: { maxActionsPerRun: 1.5 } }, 'limit'],
  ['limit beyond counting', { policy: { maxActionsPerRun: 2 ** 60 } }, 'limit'],
  ['limit 1, none started', { policy: { maxActionsPerRun: 1 } }],
  ['limit 1, one started', { policy: { maxActionsPerRun: 1 }, facts: { startedInRun: 1 } }, 'limit'],
  ['limit 5, four started', { facts: { startedInRun: 4 } }],
  ['limit 5, five started', { facts: { startedInRun: 5 } }, 'limit'],
  ['limit 5, six started', { facts: { startedInRun: 6 } }, 'limit'],
  ['a count that cannot be told', { facts: { startedInRun: Number.NaN } }, 'limit'],
  ['an undo beyond the limit', { action: done, facts: { ...undo, startedInRun: 5 } }, 'limit'],
  ['an undo', { action: done, facts: undo }],
  ['an undo with requireApproval false', { action: done, facts: undo, policy: { requireApproval: false } }],
  ['an undo by the daemon', { action: done, facts: { ...undo, ...daemon } }, 'approval'],
  [
    'an undo by the daemon without approvals',
    { action: done, facts: { ...undo, ...daemon }, policy: { requireApproval: false } },
    'approval',
  ],
  ['allowUndo false', { action: done, facts: undo, policy: { allowUndo: false } }, 'undo'],
  ['allowUndo absent', { action: done, facts: undo, policy: { allowUndo: undefined } }, 'undo'],
  ['allowUndo as text', { action: done, facts: undo, policy: { allowUndo: 'true' } }, 'undo'],
  ['allowUndo null', { action: done, facts: undo, policy: { allowUndo: null } }, 'undo'],
  ['no undo needed to execute', { policy: { allowUndo: false }, plan: withoutUndo }],
  ['an undo without a policy', { action: done, facts: { ...undo, policy: fail('none') } }, 'policy', 'undo'],
  ['a plan without undo', { action: done, facts: undo, plan: withoutUndo }, 'action', 'undo'],
  [
    'a plan without undo where the empty action is listed',
    { action: done, facts: undo, plan: withoutUndo, policy: { allowedActions: [''] } },
    'action',
    'undo',
  ],
  [
    'the executor said that there is no undo',
    {
      action: given => ended(started(approved(given)), 'succeeded', { undoAvailable: false }),
      facts: undo,
    },
    'undo',
  ],
  [
    'the executor said that there is an undo',
    { action: given => ended(started(approved(given)), 'succeeded', { undoAvailable: true }), facts: undo },
  ],
  [
    'the executor promised an undo, the plan has none',
    {
      action: given => ended(started(approved(given)), 'succeeded', { undoAvailable: true }),
      facts: undo,
      plan: withoutUndo,
    },
    'action',
    'undo',
  ],
  [
    'a person found that it had succeeded',
    {
      action: given => stepped(ended(started(approved(given)), 'unknown'), 'succeeded', 'resolved'),
      facts: undo,
    },
  ],
  [
    'the undo verb is not allowed',
    { action: done, facts: undo, policy: { allowedActions: ['assign-secondary-ip'] } },
    'action',
  ],
  [
    'the verb itself is no longer allowed, its undo is',
    { action: done, facts: undo, policy: { allowedActions: ['unassign-secondary-ip'] } },
  ],
  [
    'an undo of a provider that is no longer allowed',
    { action: done, facts: undo, policy: { allowedProviders: ['aws'] } },
    'provider',
  ],
  [
    'an undo at a providerRef that is no longer allowed',
    { action: done, facts: undo, policy: { allowedProviderRefs: ['oci-test'] } },
    'providerRef',
  ],
  [
    'an undo where dry-runs alone are permitted',
    { action: done, facts: undo, policy: { dryRunOnly: true } },
    'mode',
  ],
  [
    'an undo by another executor',
    { action: done, facts: { ...undo, executor: ok({ plugin: 'x', digest: 'y' }) } },
  ],
  ['an undo without executor', { action: done, facts: { ...undo, executor: fail('none') } }, 'executor'],
  [
    'everything wrong at once',
    {
      spec: { allowedCIDRs: ['x'], allowedProviderRefs: ['y'], executionWindow: 'z' },
      action: () => actionIn('failed'),
      facts: { planGone: 'gone', executor: fail('none'), ledgerStarts: ['start 2', 'another'] },
    },
    'enabled',
    'mode',
    'provider',
    'providerRef',
    'action',
    'cidr',
    'window',
    'state',
    'plan',
    'approval',
    'executor',
    'key',
    'limit',
  ],
];

const tables = { switches, lists, addresses, windows, approvals, states, rest };

describe('the gates before a provider action', () => {
  for (const [name, rows] of Object.entries(tables)) {
    describe(name, () => {
      for (const [title, change, ...closed] of rows) {
        it(`${title}: ${closed.length === 0 ? 'open' : `closed by ${closed.join(', ')}`}`, () => {
          const gates = judgeGates(actionFor(change), factsFor(change));
          expect(gates.filter(({ open }) => !open).map(({ gate }) => gate)).to.deep.equal(closed);
          for (const { message } of gates) expect(message).not.to.equal('');
          expect(new Set(gates.map(({ gate }) => gate)).size).to.equal(gates.length);
        });
      }
    });
  }

  it('are shown by at least 200 different cases, each gate closed by itself', () => {
    const rows = Object.values(tables).flat();
    expect(new Set(rows.map(([title]) => title)).size).to.equal(rows.length);
    expect(rows.length).to.be.at.least(200);
    const alone = rows.flatMap(([, , ...closed]) => (closed.length === 1 ? closed : []));
    expect([...new Set(alone)].sort()).to.deep.equal([...gateNames].sort());
  });
});

function actionFor({ plan = {}, action, approval = {} }: Case): Action {
  const given = imported(planFor(plan));
  return action === undefined ? approved(given, { at: approvedAt, ...approval }) : action(given);
}

function factsFor({ policy, spec, facts }: Case): GateFacts {
  const decoded = spec === undefined ? policyWith(policy) : decodeActionPolicy(policyResource(spec));
  return gateFactsWith({ policy: ok(decoded), ...facts });
}

// Written out here as well, so that a change of the rig cannot change what the table is about.
describe('the situation that the table starts from', () => {
  it('permits what it should, and no more', () => {
    expect(policySpec()).to.deep.equal({
      enabled: true,
      dryRunOnly: false,
      requireApproval: true,
      allowedProviders: ['oci'],
      allowedActions: [...verbs],
      allowedProviderRefs: ['oci-prod'],
      allowedCIDRs: ['10.0.0.0/8', '2001:db8::/32'],
      maxActionsPerRun: 5,
      allowUndo: true,
    });
  });
});
