import { expect } from 'chai';
import { actionStates, revisionOf, stateOf } from '../../../reconciler/action/action.js';
import type { Action, ActionState } from '../../../reconciler/action/action.js';
import { importRevision, move } from '../../../reconciler/action/move.js';
import { actionIn, ended, imported, noon, planFor } from '../../rig/actions.js';

/** Every step that issue and code agree on, from the state to those that may follow. */
const steps: Readonly<Record<ActionState, readonly ActionState[]>> = {
  pending: ['approved', 'executing', 'void'],
  approved: ['approved', 'executing', 'void'],
  executing: ['succeeded', 'failed', 'skipped', 'unknown'],
  succeeded: ['rollingBack'],
  failed: ['pending'],
  skipped: ['pending'],
  unknown: ['succeeded', 'failed'],
  rollingBack: ['succeeded', 'unknown', 'rolledBack'],
  rolledBack: [],
  void: ['pending'],
};

const step = (action: Action, to: ActionState): Action =>
  move(action, { at: noon, to, by: 'alice', message: 'why', cause: { type: 'resolved' } });

describe('the moves of an action', () => {
  for (const from of actionStates) {
    for (const to of actionStates) {
      const allowed = steps[from].includes(to);
      it(`${from} ${allowed ? 'may' : 'cannot'} become ${to}`, () => {
        const action = actionIn(from);
        if (!allowed) {
          expect(() => step(action, to)).to.throw(`cannot go from ${from} to ${to}`);
          return;
        }
        const moved = step(action, to);
        expect(stateOf(moved)).to.equal(to);
        expect(moved.transitions.slice(0, -1)).to.deep.equal(action.transitions);
        expect(moved.transitions.at(-1)).to.include({ from, to, at: noon, by: 'alice', message: 'why' });
      });
    }
  }

  // Done it is in any case: as failed it could be retried, and would be done twice.
  for (const to of actionStates) {
    const allowed = to === 'succeeded' || to === 'rolledBack';
    it(`an undo of which nothing is known ${allowed ? 'may' : 'cannot'} become ${to}`, () => {
      const action = ended(actionIn('rollingBack'), 'unknown', { direction: 'undo' });
      if (allowed) expect(stateOf(step(action, to))).to.equal(to);
      else expect(() => step(action, to)).to.throw('cannot go');
    });
  }

  for (const to of actionStates.filter(state => state !== 'pending')) {
    it(`a new one cannot be ${to}`, () => {
      const fresh = { id: 'a', idempotencyKey: 'k', revisions: [], transitions: [] };
      expect(() => step(fresh, to)).to.throw(`cannot go from none to ${to}`);
    });
  }

  for (const state of actionStates) {
    it(`a further plan ${state === 'void' ? 'comes' : 'cannot come'} to one that is ${state}`, () => {
      const action = actionIn(state);
      const later = { ...revisionOf(imported(planFor({ description: 'other' }))), importedAt: noon };
      const bring = () => importRevision(action, later, { by: 'alice', message: '' });
      if (state !== 'void') {
        expect(bring).to.throw('cannot go');
        return;
      }
      expect(bring().revisions).to.deep.equal([...action.revisions, later]);
      expect(stateOf(bring())).to.equal('pending');
    });
  }

  it('never change what was there before', () => {
    const action = actionIn('pending');
    const before = structuredClone(action);
    step(action, 'void');
    expect(action).to.deep.equal(before);
  });
});
