import { expect } from 'chai';
import { errorOf } from '../../../../reconciler/plugin/child/judge.js';

const limits = { timeoutMs: 10_000, stdoutLimit: 4 * 2 ** 20 };
const good = { exit: { code: 0, signal: null }, stopped: undefined, heldOpen: false, tooLarge: false };
const killed = { code: null, signal: 'SIGTERM' };

describe('errorOf', () => {
  const rows: readonly (readonly [string, Partial<Parameters<typeof errorOf>[0]>, string, string])[] = [
    ['an exit code', { exit: { code: 3, signal: null } }, 'PluginExited', 'ended with exit code 3'],
    ['a signal', { exit: { code: null, signal: 'SIGSEGV' } }, 'PluginKilled', 'was ended by SIGSEGV'],
    ['output held open', { heldOpen: true }, 'OutputHeldOpen', 'kept its output open'],
    [
      'an exit code before output held open',
      { exit: { code: 1, signal: null }, heldOpen: true },
      'PluginExited',
      'exit code 1',
    ],
    [
      'a large output before the signal that followed',
      { tooLarge: true, stopped: 'tooLarge', exit: killed },
      'OutputTooLarge',
      'printed more than 4 MiB',
    ],
    ['a large output found at the end', { tooLarge: true }, 'OutputTooLarge', 'more than 4 MiB'],
    [
      'the deadline before all that followed',
      { stopped: 'deadline', tooLarge: true, heldOpen: true, exit: killed },
      'PluginTimedOut',
      'did not end within 10s',
    ],
    ['the deadline in spite of exit code 0', { stopped: 'deadline' }, 'PluginTimedOut', 'within 10s'],
    ['a run given up', { stopped: 'cancelled', exit: killed }, 'PluginCancelled', 'given up'],
    [
      'a process that cannot be ended',
      { stopped: 'deadline', exit: undefined },
      'PluginTimedOut',
      'even SIGKILL did not end it',
    ],
  ];
  for (const [what, facts, reason, text] of rows) {
    it(`names ${what}`, () => {
      const error = errorOf({ ...good, ...facts }, limits);
      expect(error).to.have.property('reason', reason);
      expect(error)
        .to.have.property('message')
        .that.contains(text)
        .and.matches(/^the program /);
    });
  }

  it('is null for exit code 0 alone', () => {
    expect(errorOf(good, limits)).to.equal(null);
  });

  it('writes a limit that is no round number in bytes', () => {
    const error = errorOf({ ...good, tooLarge: true }, { ...limits, stdoutLimit: 1000 });
    expect(error?.message).to.contain('1000 bytes');
  });
});
