import { expect } from 'chai';
import fc from 'fast-check';
import { checkEnvelope } from '../../../protocol/schema/envelope.js';
import { shippedShape } from '../../../protocol/schema/shipped.js';
import type { Value, ValueMap } from '../../../protocol/resource.js';
import { actionStates } from '../../../reconciler/action/action.js';
import type { Action } from '../../../reconciler/action/action.js';
import { executeRequest, noAnswer, readAnswer, stateAfter } from '../../../reconciler/action/exchange.js';
import type { RequestFacts } from '../../../reconciler/action/exchange.js';
import { actionIn, approved, ended, imported, planFor, started, stepped } from '../../rig/actions.js';
import type { Changes } from '../../rig/actions.js';

const facts: RequestFacts = { direction: 'execute', mode: 'execute', idempotencyKey: 'key-1', context: [] };

function specOf(action: Action, changed: Partial<RequestFacts> = {}): ValueMap {
  const text = executeRequest(action, { ...facts, ...changed });
  expect(text.endsWith('\n')).to.equal(true);
  expect(text.indexOf('\n')).to.equal(text.length - 1);
  const request = JSON.parse(text) as Value;
  expect(shippedShape('execute-action-request')(request)).to.deep.equal([]);
  const { apiVersion, kind, spec } = request as { apiVersion: string; kind: string; spec: ValueMap };
  expect({ apiVersion, kind }).to.deep.equal({
    apiVersion: 'provideraction.routerd.net/v1alpha1',
    kind: 'ExecuteActionRequest',
  });
  return spec;
}

const plain = {
  action: 'assign-secondary-ip',
  provider: 'oci',
  providerRef: 'oci-prod',
  target: { nicRef: 'vnic-1', address: '10.0.1.5' },
  mode: 'execute',
  idempotencyKey: 'key-1',
};

describe('what an executor is asked', () => {
  const doneWith = (observed: ValueMap, undo: Value = { action: 'unassign-secondary-ip' }): Action =>
    ended(started(approved(imported(planFor({ undo, parameters: { size: 1 } })))), 'succeeded', { observed });
  const undo = { direction: 'undo', idempotencyKey: 'key-1:undo' } as const;

  it('is the effect, the mode and the key', () => {
    expect(specOf(actionIn('approved'))).to.deep.equal(plain);
  });

  it('is the same in a dry-run but for the mode', () => {
    expect(specOf(actionIn('pending'), { mode: 'dry-run' })).to.deep.equal({ ...plain, mode: 'dry-run' });
  });

  it('has no field for what is empty', () => {
    const bare = planFor({ providerRef: undefined, target: undefined, action: 'ensure-forwarding-enabled' });
    const { providerRef, target, ...rest } = plain;
    expect(providerRef && target).to.be.an('object');
    expect(specOf(imported(bare))).to.deep.equal({ ...rest, action: 'ensure-forwarding-enabled' });
  });

  it('has the parameters and the context', () => {
    const context = [{ apiVersion: 'a/v1', kind: 'K', name: 'n', spec: { password: '' } }];
    expect(specOf(imported(planFor({ parameters: { size: 1 } })), { context })).to.deep.equal({
      ...plain,
      parameters: { size: 1 },
      context: { resources: context },
    });
  });

  it('says nothing of what is for the reader alone', () => {
    const told = planFor({
      description: 'd',
      riskLevel: 'high',
      preconditions: [{ name: 'p' }],
      expectedEffects: ['x'],
    });
    expect(specOf(imported(told))).to.deep.equal(plain);
  });

  it('takes back with the verb of the undo, on the original target', () => {
    expect(specOf(doneWith({}), undo)).to.deep.equal({
      ...plain,
      action: 'unassign-secondary-ip',
      idempotencyKey: 'key-1:undo',
    });
  });

  for (const [title, observed, parameters, expected] of [
    ['are those observed', { ip: 'ocid1' }, undefined, { ip: 'ocid1' }],
    ['are those of the undo', {}, { force: true }, { force: true }],
    ['are both', { ip: 'ocid1' }, { force: true }, { ip: 'ocid1', force: true }],
    [
      'are those of the undo before those observed',
      { ip: 'ocid1', n: 1 },
      { ip: 'fixed' },
      { ip: 'fixed', n: 1 },
    ],
    ['are replaced whole', { a: { x: 1 } }, { a: { y: 2 } }, { a: { y: 2 } }],
  ] as const) {
    it(`takes back with parameters that ${title}`, () => {
      const plan = { action: 'unassign-secondary-ip', ...(parameters === undefined ? {} : { parameters }) };
      expect(specOf(doneWith(observed, plan), undo)['parameters']).to.deep.equal(expected);
    });
  }

  it('takes back with the facts of the attempt that succeeded alone', () => {
    const failed = ended(started(approved(imported())), 'failed', { observed: { from: 'failure' } });
    const again = approved(stepped(failed, 'pending', 'retried'));
    const succeeded = ended(started(again), 'succeeded', { observed: { from: 'success' } });
    const back = ended(started(succeeded, 'undo'), 'succeeded', {
      direction: 'undo',
      observed: { from: 'undo' },
    });
    expect(specOf(back, undo)['parameters']).to.deep.equal({ from: 'success' });
  });

  it('takes back without facts where a person said that it had succeeded', () => {
    const action = stepped(ended(started(approved(imported())), 'unknown'), 'succeeded', 'resolved');
    expect(specOf(action, undo)).not.to.have.property('parameters');
  });
});

function result(status: Changes | Value, more: ValueMap = {}): Value {
  return {
    apiVersion: 'provideraction.routerd.net/v1alpha1',
    kind: 'ExecuteActionResult',
    status: status as Value,
    ...more,
  };
}

describe('what an executor answers', () => {
  const empty = { message: '', error: '', observed: {} };
  for (const [title, status, expected] of [
    ['succeeded', { status: 'succeeded' }, { ...empty, outcome: 'succeeded' }],
    ['failed', { status: 'failed', error: 'quota' }, { ...empty, outcome: 'failed', error: 'quota' }],
    [
      'skipped',
      { status: 'skipped', message: 'is there' },
      { ...empty, outcome: 'skipped', message: 'is there' },
    ],
    ['the key', { status: 'succeeded', idempotencyKey: 'key-1' }, { ...empty, outcome: 'succeeded' }],
    [
      'no undo',
      { status: 'succeeded', undoAvailable: false },
      { ...empty, outcome: 'succeeded', undoAvailable: false },
    ],
    [
      'an undo',
      { status: 'succeeded', undoAvailable: true },
      { ...empty, outcome: 'succeeded', undoAvailable: true },
    ],
    [
      'facts',
      { status: 'succeeded', observed: { id: 'x', n: [1] } },
      { ...empty, outcome: 'succeeded', observed: { id: 'x', n: [1] } },
    ],
    [
      'secrets',
      { status: 'succeeded', observed: { apiToken: 't', nested: { password: 'p' }, id: 'x' } },
      { ...empty, outcome: 'succeeded', observed: { apiToken: '', nested: { password: '' }, id: 'x' } },
    ],
    ['an unknown field', { status: 'skipped', colour: 'blue' }, { ...empty, outcome: 'skipped' }],
    [
      'escapes',
      { status: 'failed', error: '\u001b[31m\nAction-State: x' },
      { ...empty, outcome: 'failed', error: '\\u001b[31m Action-State: x' },
    ],
  ] as const) {
    it(`is taken: ${title}`, () => {
      expect(readAnswer(result(status), 'key-1')).to.deep.equal(expected);
    });
  }

  it('is cut where it is long', () => {
    const { message, error } = readAnswer(
      result({ status: 'failed', message: 'x'.repeat(9_999), error: 'y'.repeat(9_999) }),
      'k',
    );
    expect([message.length, error.length]).to.deep.equal([2_000, 2_000]);
  });

  const bad: readonly (readonly [string, Value])[] = [
    ['null', null],
    ['text', 'succeeded'],
    ['a number', 1],
    ['a list', [result({ status: 'succeeded' })]],
    ['an empty map', {}],
    ['the status alone', { status: { status: 'succeeded' } }],
    ['another kind', result({ status: 'succeeded' }, { kind: 'PluginResult' })],
    ['another version', result({ status: 'succeeded' }, { apiVersion: 'provideraction.routerd.net/v1' })],
    ['no kind', { apiVersion: 'provideraction.routerd.net/v1alpha1', status: { status: 'succeeded' } }],
    ['no status', result(null)],
    ['a status that is text', result('succeeded')],
    ['a status that is a list', result([{ status: 'succeeded' }])],
    ['an empty status', result({})],
    ['a status of another word', result({ status: 'done' })],
    ['a status in another case', result({ status: 'Succeeded' })],
    ['an empty word', result({ status: '' })],
    ['a word that is true', result({ status: true })],
    ['a word from Object', result({ status: 'constructor' })],
    ['another key', result({ status: 'succeeded', idempotencyKey: 'key-2' })],
    ['the key of the undo', result({ status: 'succeeded', idempotencyKey: 'key-1:undo' })],
    ['the key in another case', result({ status: 'succeeded', idempotencyKey: 'KEY-1' })],
    ['an empty key', result({ status: 'succeeded', idempotencyKey: '' })],
    ['a key that is null', result({ status: 'succeeded', idempotencyKey: null })],
    ['a key that is a number', result({ status: 'succeeded', idempotencyKey: 1 })],
    ['a failure with another key', result({ status: 'failed', idempotencyKey: 'key-2' })],
    ['facts that are a list', result({ status: 'succeeded', observed: ['x'] })],
    ['facts that are text', result({ status: 'succeeded', observed: 'x' })],
    ['undoAvailable as text', result({ status: 'succeeded', undoAvailable: 'false' })],
    ['a message that is a map', result({ status: 'succeeded', message: {} })],
    ['an error that is a number', result({ status: 'failed', error: 5 })],
  ];
  for (const [title, value] of bad) {
    it(`is unknown where it is ${title}`, () => {
      const answer = readAnswer(value, 'key-1');
      expect(answer).to.include({ outcome: undefined, message: '' });
      expect(answer.error).not.to.equal('');
      expect(answer.observed).to.deep.equal({});
      expect(answer).not.to.have.property('undoAvailable');
    });
  }

  it('is an outcome only where it is well formed, whatever it is', () => {
    const status = fc.record(
      {
        status: fc.oneof(fc.constantFrom('succeeded', 'failed', 'skipped'), fc.jsonValue()),
        message: fc.oneof(fc.string(), fc.jsonValue()),
        observed: fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue()),
        undoAvailable: fc.oneof(fc.boolean(), fc.jsonValue()),
        idempotencyKey: fc.oneof(fc.constant('key-1'), fc.string()),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          status.map(value => result(value as Value)),
          fc.jsonValue().map(value => value as Value),
        ),
        value => {
          const { outcome } = readAnswer(value, 'key-1');
          const sound = checkEnvelope('ExecuteActionResult', value).every(
            ({ severity }) => severity !== 'error',
          );
          if (outcome !== undefined) expect(sound).to.equal(true);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('the state after an answer', () => {
  for (const [direction, outcome, state] of [
    ['execute', 'succeeded', 'succeeded'],
    ['execute', 'failed', 'failed'],
    ['execute', 'skipped', 'skipped'],
    ['execute', undefined, 'unknown'],
    ['undo', 'succeeded', 'rolledBack'],
    ['undo', 'failed', 'succeeded'],
    ['undo', 'skipped', 'succeeded'],
    ['undo', undefined, 'unknown'],
  ] as const) {
    it(`of ${outcome ?? 'nothing that can be told'} to ${direction} is ${state}`, () => {
      expect(stateAfter(direction, outcome)).to.equal(state);
      expect(actionStates).to.contain(state);
    });
  }

  it('is unknown without an answer', () => {
    const answer = noAnswer('it was\nkilled');
    expect(answer).to.deep.equal({ outcome: undefined, message: '', error: 'it was killed', observed: {} });
    expect(stateAfter('execute', answer.outcome)).to.equal('unknown');
  });
});
