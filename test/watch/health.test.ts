import { expect } from 'chai';
import { healthAfter, judgeWatch } from '../../watch/health.js';
import type { Obstacles, WatchHealth } from '../../watch/health.js';

const none: Obstacles = { failure: undefined, incomplete: false, missing: undefined };

function failed(code: string, more = 0): Obstacles {
  return { ...none, failure: { first: Object.assign(new Error(), { code, path: '/c/sites' }), more } };
}

describe('the health of a watch', () => {
  for (const [name, obstacles, expected] of [
    ['nothing in the way', none, ['ok', 'Watching', 'at once']],
    ['a path that does not exist', { ...none, missing: '/c' }, ['ok', 'Waiting', '/c does not exist']],
    ['no end of reading', { ...none, incomplete: true }, ['degraded', 'WatchIncomplete', 'rescan']],
    [
      'no inotify watch left',
      failed('ENOSPC'),
      ['degraded', 'WatchLimit', '/c/sites cannot be watched (ENOSPC)'],
    ],
    ['several of them', failed('ENOSPC', 7), ['degraded', 'WatchLimit', '/c/sites and 7 more cannot']],
    ['what to do about it', failed('ENOSPC'), ['degraded', 'WatchLimit', 'fs.inotify.max_user_watches']],
    ['too many open files', failed('EMFILE'), ['degraded', 'OpenFileLimit', 'max_user_instances']],
    ['too many in the system', failed('ENFILE'), ['degraded', 'OpenFileLimit', '(ENFILE)']],
    ['a folder that may not be read', failed('EACCES'), ['degraded', 'WatchFailed', '(EACCES)']],
    [
      'an error without a code',
      { ...none, failure: { first: new TypeError('secret'), more: 0 } },
      ['degraded', 'WatchFailed', 'a folder cannot be watched (TypeError)'],
    ],
    [
      'what is no error',
      { ...none, failure: { first: 'secret', more: 0 } },
      ['degraded', 'WatchFailed', '(unknown error)'],
    ],
  ] as const) {
    it(name, () => {
      const { status, reason, message } = judgeWatch(obstacles);
      expect([status, reason]).to.deep.equal(expected.slice(0, 2));
      expect(message).to.contain(expected[2]).and.not.contain('secret');
    });
  }

  it('since when moves with the status alone', () => {
    const start: WatchHealth = { ...judgeWatch(none), since: 1 };
    const waiting = healthAfter(start, judgeWatch({ ...none, missing: '/c' }), 2);
    const limited = healthAfter(waiting, judgeWatch(failed('ENOSPC')), 3);
    const failing = healthAfter(limited, judgeWatch(failed('EACCES')), 4);
    const healed = healthAfter(failing, judgeWatch(none), 5);
    expect([waiting, limited, failing, healed].map(({ since }) => since)).to.deep.equal([1, 3, 3, 5]);
    expect(failing.reason).to.equal('WatchFailed');
  });
});
