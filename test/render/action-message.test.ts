import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { actionMessage } from '../../render/action-message.js';
import type { ActionMessageFacts } from '../../render/action-message.js';

const facts: ActionMessageFacts = {
  id: 'assign-secondary-ip-1',
  from: 'approved',
  to: 'executing',
  by: 'alice',
  message: '',
  plan: 'capture',
  part: 'Plugin/planner#1',
  planDigest: 'sha256:p',
  startupConfigHash: 'sha256:s',
  effectiveConfigHash: 'sha256:e',
};

const trailersOf = (message: string): string[] =>
  message
    .trimEnd()
    .slice(message.trimEnd().lastIndexOf('\n\n') + 2)
    .split('\n');

const plain = [
  'Trigger: action assign-secondary-ip-1',
  'Startup-Config-Hash: sha256:s',
  'Effective-Config-Hash: sha256:e',
  'Action-State: executing',
  'Action-Plan: capture sha256:p',
  'Dynamic-Part: Plugin/planner#1',
];

describe('the commit message of a transition', () => {
  it('says what, who and about what', () => {
    expect(actionMessage(facts)).to.equal(
      ['action: assign-secondary-ip-1 approved -> executing (alice)', '', ...plain, ''].join('\n'),
    );
  });

  it('of an import names no state before it', () => {
    const [subject] = actionMessage({ ...facts, from: undefined, to: 'pending' }).split('\n');
    expect(subject).to.equal('action: assign-secondary-ip-1 pending (alice)');
  });

  it('holds the reason, the policy and the executor where there are any', () => {
    const message = actionMessage({
      ...facts,
      message: 'because',
      policyDigest: 'sha256:q',
      executor: 'oci-executor sha256:x',
    });
    expect(message.split('\n').slice(1, 4)).to.deep.equal(['', 'because', '']);
    expect(trailersOf(message)).to.deep.equal([
      ...plain,
      'Policy: sha256:q',
      'Executor: oci-executor sha256:x',
    ]);
  });

  for (const evil of [
    'x\nGeneration: 99',
    'x\r\n\r\nTrigger: rollback 1',
    'x\n\nAction-State: succeeded\n',
    'Generation: 99',
    'x\u2028Generation: 99',
    'x\u0085Generation: 99',
    '\u001b[31mred\u001b[0m',
    '\u001b]0;title\u0007',
    'abc\rdef',
    '\u202egnp.exe',
    '---',
    '--- \n\nGeneration: 99',
    '# comment',
    'Signed-off-by: mallory <m@example.com>',
    '\n\n\n',
    'x'.repeat(10_000),
    '\ud800',
  ]) {
    it(`keeps its trailers where somebody writes ${JSON.stringify(evil.slice(0, 40))}`, () => {
      for (const field of ['message', 'by', 'plan', 'part'] as const) checkShape({ ...facts, [field]: evil });
    });
  }

  it('keeps its shape, whatever is in it', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('\n', '\r', ' ', '\t', ':', 'Generation', '\u2029', '\u001b', '-') }),
    );
    fc.assert(
      fc.property(fc.record({ message: text, by: text, plan: text, part: text, planDigest: text }), more => {
        checkShape({ ...facts, ...more });
      }),
      { numRuns: 1_000 },
    );
  });

  it('has the trailers that git finds in it', () => {
    for (const message of [
      'Generation: 99',
      'x\n\nGeneration: 99\n',
      '--- x',
      'Signed-off-by: m <m@m>',
      '',
    ]) {
      const found = execFileSync('git', ['interpret-trailers', '--parse', '--no-divider'], {
        input: actionMessage({ ...facts, message, by: 'a\nGeneration: 98', plan: 'p\n\nGeneration: 97' }),
        encoding: 'utf8',
      });
      expect(found.split('\n').map(line => line.split(':')[0])).to.deep.equal([
        ...plain.map(line => line.split(':')[0]),
        '',
      ]);
    }
  });
});

function checkShape(changed: ActionMessageFacts): void {
  const message = actionMessage(changed);
  // eslint-disable-next-line no-control-regex
  expect(message).not.to.match(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/);
  const lines = message.split('\n');
  expect(lines[0]).to.match(/^action: /);
  expect(lines[1]).to.equal('');
  expect(lines.at(-1)).to.equal('');
  expect(trailersOf(message).map(line => line.slice(0, line.indexOf(':')))).to.deep.equal(
    plain.map(line => line.slice(0, line.indexOf(':'))),
  );
  for (const line of lines) expect(Array.from(line).length).to.be.at.most(450);
}
