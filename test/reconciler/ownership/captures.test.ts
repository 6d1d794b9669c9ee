import { expect } from 'chai';
import fc from 'fast-check';
import type { Action, ActionState } from '../../../reconciler/action/action.js';
import { capturesOf } from '../../../reconciler/ownership/captures.js';
import {
  actionIn,
  approvedAt,
  ended,
  everyState,
  imported,
  planFor,
  planValue,
  started,
  stepped,
} from '../../rig/actions.js';
import type { Changes } from '../../rig/actions.js';
import { part } from '../../rig/build.js';

const nic = 'vnic-1';
const address = '10.0.1.5';
const release = { action: 'unassign-secondary-ip', undo: undefined };

/** An action in a state whose last transition was so many minutes after the approval. */
function after(minutes: number, state: ActionState, changes: Changes = {}): Action {
  const action = actionIn(state, planFor(changes));
  const transitions = action.transitions.map((step, i, all) =>
    i === all.length - 1 ? { ...step, at: approvedAt + minutes * 60_000 } : step,
  );
  return { ...action, id: `a${minutes}`, transitions };
}

const named = (id: string, action: Action): Action => ({ ...action, id });

function said(actions: readonly Action[], captureNic = nic, plans: readonly Changes[] = []): string {
  const parts = plans.length === 0 ? [] : [part('planner', { actionPlans: plans.map(planValue) })];
  const record = capturesOf(actions, parts, captureNic).get(address);
  return record === undefined
    ? 'nothing'
    : `${record.state} ${record.source}${record.active ? ' active' : ''}`;
}

const expected: Readonly<Record<ActionState, string>> = {
  pending: 'open action capture-1',
  approved: 'open action capture-1',
  executing: 'open action capture-1 active',
  succeeded: 'assigned action capture-1 active',
  failed: 'open action capture-1',
  skipped: 'open action capture-1',
  unknown: 'open action capture-1 active',
  rollingBack: 'open action capture-1 active',
  rolledBack: 'released action capture-1',
  void: 'nothing',
};

describe('what the journal says about captures', () => {
  for (const [state, action] of everyState) {
    it(`an assign that is ${state}: ${expected[state]}`, () => {
      expect(said([action])).to.equal(expected[state]);
    });

    it(`a release that is ${state}: ${state === 'succeeded' ? 'released' : 'nothing'}`, () => {
      expect(said([actionIn(state, planFor(release))])).to.equal(
        state === 'succeeded' ? 'released action capture-1' : 'nothing',
      );
    });
  }

  it('routes count as secondary addresses do', () => {
    const target = { nicRef: nic, address: `${address}/32`, routeTableRef: 'rt' };
    const assign = { action: 'assign-route-table-route', undo: undefined, target };
    expect(said([after(1, 'succeeded', assign)])).to.equal('assigned action a1 active');
    expect(
      said([
        after(1, 'succeeded', assign),
        after(2, 'succeeded', { ...assign, action: 'unassign-route-table-route' }),
      ]),
    ).to.equal('released action a2');
  });

  it('other actions say nothing', () => {
    expect(
      said([actionIn('succeeded', planFor({ action: 'ensure-forwarding-enabled', undo: undefined }))]),
    ).to.equal('nothing');
  });

  it('what is about another NIC is not of this router, where it is known', () => {
    const other = after(1, 'succeeded', { target: { nicRef: 'vnic-2', address } });
    expect(said([other])).to.equal('nothing');
    expect(said([other], '')).to.equal('assigned action a1 active');
    expect(said([], nic, [{ target: { nicRef: 'vnic-2', address } }])).to.equal('nothing');
  });

  it('an address that is a network is none', () => {
    const captures = capturesOf(
      [after(1, 'succeeded', { target: { nicRef: nic, address: '10.0.1.0/24' } })],
      [],
      nic,
    );
    expect([...captures.keys()]).to.deep.equal([]);
  });

  const sequences: readonly (readonly [string, readonly Action[], string])[] = [
    [
      'released after it was assigned',
      [after(1, 'succeeded'), after(2, 'succeeded', release)],
      'released action a2',
    ],
    [
      'assigned after it was released',
      [after(1, 'succeeded', release), after(2, 'succeeded')],
      'assigned action a2 active',
    ],
    [
      'a release that is only planned',
      [after(1, 'succeeded'), after(2, 'pending', release)],
      'assigned action a1 active',
    ],
    [
      'a release that failed',
      [after(1, 'succeeded'), after(2, 'failed', release)],
      'assigned action a1 active',
    ],
    [
      'an assign that failed after one that succeeded',
      [after(1, 'succeeded'), after(2, 'failed')],
      'open action a2',
    ],
    [
      'another assign that is only planned',
      [after(1, 'succeeded'), after(2, 'pending')],
      'assigned action a1 active',
    ],
    [
      'another assign that is only approved',
      [after(1, 'succeeded'), after(2, 'approved')],
      'assigned action a1 active',
    ],
    [
      'an assign that is planned after a release',
      [after(1, 'succeeded', release), after(2, 'pending')],
      'open action a2',
    ],
    [
      'a planned assign that became void',
      [after(1, 'succeeded'), after(2, 'void')],
      'assigned action a1 active',
    ],
    [
      'an assign whose outcome is unknown, at the moment of one that succeeded',
      [named('a', after(1, 'succeeded')), named('b', after(1, 'unknown'))],
      'open action b active',
    ],
    [
      'two that succeeded at one moment',
      [named('b', after(1, 'succeeded')), named('a', after(1, 'succeeded'))],
      'assigned action a active',
    ],
  ];
  for (const [what, actions, is] of sequences) {
    it(`${what}: ${is}`, () => {
      expect(said(actions)).to.equal(is);
      expect(said([...actions].reverse())).to.equal(is);
    });
  }

  it('one that failed before and waits to be tried again is in doubt still', () => {
    const retried = stepped(ended(started(actionIn('approved')), 'failed'), 'pending', 'retried');
    expect(said([after(-1, 'succeeded'), retried])).to.equal('open action capture-1');
  });

  it('the moment of an assign is that of its last transition', () => {
    expect(capturesOf([after(7, 'succeeded')], [], nic).get(address)?.at).to.equal(approvedAt + 7 * 60_000);
  });
});

describe('what live plans say about captures', () => {
  it('an assign is planned, where the journal knows nothing or released it', () => {
    expect(said([], nic, [{}])).to.equal('open plan capture');
    expect(said([after(1, 'succeeded', release)], nic, [{}])).to.equal('open plan capture');
    expect(said([after(1, 'succeeded')], nic, [{}])).to.equal('assigned action a1 active');
    expect(said([imported()], nic, [{}])).to.equal('open action capture-1');
  });

  it('a release that is planned changes nothing', () => {
    expect(said([], nic, [release])).to.equal('nothing');
  });

  it('of two plans for one address the same counts in any order', () => {
    const plans = [{ name: 'b' }, { name: 'a' }];
    expect(said([], nic, plans)).to.equal('open plan a');
    expect(said([], nic, [...plans].reverse())).to.equal('open plan a');
  });
});

describe('the order of the journal', () => {
  it('does not matter', () => {
    const any = fc
      .record({
        minutes: fc.integer({ min: 0, max: 3 }),
        state: fc.constantFrom(...everyState.map(([state]) => state)),
        isRelease: fc.boolean(),
      })
      .map(({ minutes, state, isRelease }) => ({ minutes, state, changes: isRelease ? release : {} }));
    fc.assert(
      fc.property(fc.array(any, { maxLength: 6 }), list => {
        const actions = list.map(({ minutes, state, changes }, i) =>
          named(`a${i}`, after(minutes, state, changes)),
        );
        expect(said([...actions].reverse())).to.equal(said(actions));
      }),
    );
  });
});
