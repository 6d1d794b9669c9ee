import { expect } from 'chai';
import fc from 'fast-check';
import { decodeActionPolicy } from '../../protocol/action-policy.js';
import type { ActionPolicy } from '../../protocol/action-policy.js';
import type { Value } from '../../protocol/resource.js';
import { policyResource, policySpec } from '../rig/actions.js';

/** Everything that a policy can hold against an action. */
const locked: Omit<ActionPolicy, 'name' | 'digest'> = {
  enabled: false,
  dryRunOnly: true,
  requireApproval: true,
  allowedProviders: [],
  allowedActions: [],
  allowedProviderRefs: [],
  allowedNetworks: [],
  maxActionsPerRun: 0,
  allowUndo: false,
  windows: 'always',
};

function decoded(spec: Value): Omit<ActionPolicy, 'name' | 'digest'> {
  const { name, digest, ...rest } = decodeActionPolicy(policyResource(spec));
  expect(name).to.equal('actions');
  expect(digest).to.match(/^sha256:[0-9a-f]{64}$/);
  return rest;
}

describe('a ProviderActionPolicy', () => {
  for (const [title, spec] of [
    ['an empty one', {}],
    ['one without spec', null],
    ['a list', []],
    ['text', 'enabled: true'],
    ['unknown fields alone', { allow: ['*'], Enabled: true }],
  ] as const) {
    it(`that is ${title} is locked`, () => {
      expect(decoded(spec)).to.deep.equal(locked);
    });
  }

  const tenSlashEight = { family: 4, bits: 8, first: 10n << 24n };
  for (const [field, value, key, expected] of [
    ['enabled', true, 'enabled', true],
    ['enabled', 'yes', 'enabled', false],
    ['enabled', 1, 'enabled', false],
    ['dryRunOnly', false, 'dryRunOnly', false],
    ['dryRunOnly', 'false', 'dryRunOnly', true],
    ['dryRunOnly', null, 'dryRunOnly', true],
    ['requireApproval', false, 'requireApproval', false],
    ['requireApproval', 0, 'requireApproval', true],
    ['allowedProviders', ['oci', 5, 'aws'], 'allowedProviders', ['oci', 'aws']],
    ['allowedProviders', 'oci', 'allowedProviders', []],
    ['allowedActions', { a: 1 }, 'allowedActions', []],
    ['allowedProviderRefs', ['a', 'b'], 'allowedProviderRefs', ['a', 'b']],
    ['allowedProviderRefs', [], 'allowedProviderRefs', []],
    ['allowedProviderRefs', 'a', 'allowedProviderRefs', undefined],
    ['allowedProviderRefs', ['a', 5], 'allowedProviderRefs', undefined],
    ['allowedProviderRefs', null, 'allowedProviderRefs', undefined],
    ['allowedCIDRs', ['10.0.0.0/8'], 'allowedNetworks', [tenSlashEight]],
    ['allowedCIDRs', ['::ffff:10.0.0.0/104'], 'allowedNetworks', [tenSlashEight]],
    ['allowedCIDRs', [], 'allowedNetworks', []],
    ['allowedCIDRs', '10.0.0.0/8', 'allowedNetworks', undefined],
    ['allowedCIDRs', { a: '10.0.0.0/8' }, 'allowedNetworks', undefined],
    ['allowedCIDRs', null, 'allowedNetworks', undefined],
    ['allowedCIDRs', ['10.0.0.0/8', '10.0.0.1/8'], 'allowedNetworks', undefined],
    ['allowedCIDRs', ['10.0.0.0/8', null], 'allowedNetworks', undefined],
    ['maxActionsPerRun', 3, 'maxActionsPerRun', 3],
    ['maxActionsPerRun', '3', 'maxActionsPerRun', 0],
    ['maxActionsPerRun', 1.5, 'maxActionsPerRun', 0],
    ['maxActionsPerRun', -3, 'maxActionsPerRun', 0],
    ['maxActionsPerRun', true, 'maxActionsPerRun', 0],
    ['allowUndo', true, 'allowUndo', true],
    ['allowUndo', 'true', 'allowUndo', false],
    ['executionWindow', '', 'windows', undefined],
    ['executionWindow', 'always', 'windows', undefined],
    ['executionWindow', null, 'windows', undefined],
    ['executionWindow', ['00:00-24:00'], 'windows', undefined],
    ['executionWindow', false, 'windows', undefined],
  ] as const) {
    it(`reads ${field}: ${JSON.stringify(value)}`, () => {
      expect(decoded({ [field]: value })).to.deep.equal({ ...locked, [key]: expected });
    });
  }

  it('has another digest with every change, and the same for the same', () => {
    const digest = (spec: Value) => decodeActionPolicy(policyResource(spec)).digest;
    expect(digest(policySpec())).to.equal(digest(policySpec()));
    for (const field of Object.keys(policySpec()))
      expect(digest(policySpec({ [field]: undefined })), field).not.to.equal(digest(policySpec()));
  });

  it('is read, whatever stands in it', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.constantFrom(...Object.keys(policySpec()), 'executionWindow'),
        (value, field) => {
          decodeActionPolicy(policyResource(policySpec({ [field]: value as Value })));
          decodeActionPolicy(policyResource(value as Value));
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
