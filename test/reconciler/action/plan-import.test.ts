import { expect } from 'chai';
import { derivedKey, effectDigest, keyIdentity } from '../../../protocol/action-plan.js';
import type { Part } from '../../../protocol/part.js';
import type { Value, ValueMap } from '../../../protocol/resource.js';
import { actionStates, revisionOf, stateOf } from '../../../reconciler/action/action.js';
import type { Action, ActionState } from '../../../reconciler/action/action.js';
import { countRolledBack, planGone, planImport } from '../../../reconciler/action/plan-import.js';
import type { ImportFacts, ImportPlan } from '../../../reconciler/action/plan-import.js';
import { actionIn, approved, ended, noon, planFor, planValue, started, stepped } from '../../rig/actions.js';
import type { Changes } from '../../rig/actions.js';
import { part } from '../../rig/build.js';

const live = (plans: readonly ValueMap[], generation = 1, name = 'planner'): Part =>
  part(name, { actionPlans: plans, generation });

function factsWith(parts: readonly Part[], more: Partial<ImportFacts> = {}): ImportFacts {
  return {
    parts,
    mayPropose: () => true,
    actions: [],
    ledger: new Map(),
    by: 'alice',
    asked: false,
    ...more,
  };
}

function importing(parts: readonly Part[], more: Partial<ImportFacts> = {}): ImportPlan {
  return planImport(factsWith(parts, more), noon);
}

/** The journal after an import: the last step of each action counts. */
function journalAfter({ steps }: ImportPlan, before: readonly Action[] = []): Action[] {
  return [...new Map([...before, ...steps].map(action => [action.id, action])).values()];
}

const given = (changes: Changes = {}): ValueMap => planValue({ idempotencyKey: 'k', ...changes });

/** The one action that these plans make. */
function only(plans: readonly ValueMap[]): Action {
  const [action, ...others] = journalAfter(importing([live(plans)]));
  if (action === undefined || others.length > 0) throw new Error('not one action');
  return action;
}

/** An action that was imported from `given()`, brought to a state. */
function inState(state: ActionState): Action {
  const { revisions, idempotencyKey, id } = only([given()]);
  return { ...actionIn(state), revisions, idempotencyKey, id };
}

const reasonsOf = ({ problems }: ImportPlan): string[] => problems.map(({ reason }) => reason);
const statesOf = (actions: readonly Action[]): string[] => actions.map(stateOf);

describe('the import of plans', () => {
  it('makes one pending action of each plan, and says where it comes from', () => {
    const one = live([given(), planValue({ name: 'other', idempotencyKey: 'l' })], 12);
    const plan = importing([one]);
    expect(plan.problems).to.deep.equal([]);
    expect(statesOf(plan.steps)).to.deep.equal(['pending', 'pending']);
    const [first] = plan.steps;
    expect(first).to.deep.include({ idempotencyKey: 'k' });
    expect(first?.id).to.match(/^assign-secondary-ip-[0-9a-f]{10}$/);
    expect(first?.revisions).to.have.length(1);
    expect(first?.revisions[0]).to.deep.include({
      importedAt: noon,
      part: 'Plugin/planner#12',
      partDigest: one.digest,
      plan: planFor({ idempotencyKey: 'k' }),
    });
    expect(first?.transitions).to.deep.equal([
      { at: noon, from: undefined, to: 'pending', by: 'alice', message: '', cause: { type: 'imported' } },
    ]);
  });

  it('gives a plan without a key the derived one', () => {
    for (const key of [undefined, '', ' ', '\u200b\t'])
      expect(only([planValue({ idempotencyKey: key })]).idempotencyKey).to.equal(derivedKey(planFor(), 0));
  });

  for (const [title, plans, count] of [
    ['the same key twice, for the same effect', [given(), given({ name: 'again' })], 1],
    [
      'keys that differ in case and blanks alone',
      [given(), given({ name: 'again', idempotencyKey: ' K ' })],
      1,
    ],
    ['the same effect without a key, twice', [planValue(), planValue({ name: 'again' })], 1],
    ['the same effect with a key and without', [given(), planValue({ name: 'again' })], 2],
    ['two keys for one effect', [given(), given({ name: 'again', idempotencyKey: 'l' })], 2],
    ['two effects without key', [planValue(), planValue({ name: 'again', provider: 'aws' })], 2],
  ] as const) {
    it(`makes ${count} of ${title}`, () => {
      const plan = importing([live(plans)]);
      expect(plan.steps).to.have.length(count);
      expect(plan.problems).to.deep.equal([]);
    });
  }

  it('makes one of the same key in two parts, and a conflict where they do something else', () => {
    const same = importing([live([given()]), live([given()], 1, 'second')]);
    expect([same.steps.length, reasonsOf(same)]).to.deep.equal([1, []]);
    const other = importing([live([given()]), live([given({ provider: 'aws' })], 1, 'second')]);
    expect([other.steps.length, reasonsOf(other)]).to.deep.equal([1, ['PlanConflict']]);
    expect(other.problems[0]?.source).to.equal('Plugin/second#1');
    expect(journalAfter(other).map(action => revisionOf(action).plan.provider)).to.deep.equal(['oci']);
  });

  it('leaves the keys of undos to undos', () => {
    const plan = importing([live([given(), given({ name: 'other', idempotencyKey: 'K:UNDO' })])]);
    expect([plan.steps.length, reasonsOf(plan)]).to.deep.equal([1, ['PlanConflict']]);
  });

  it('leaves out what cannot be read, and nothing else', () => {
    const bad: readonly ValueMap[] = [
      given({ provider: 'nowhere' }),
      given({ name: undefined }),
      given({ mode: 'execute' }),
      given({ target: { nicRef: 'n', address: '010.0.0.1' } }),
      given({ target: 'x' as Value }),
      { name: 'empty' },
    ];
    for (const one of bad) {
      const plan = importing([live([one, planValue({ name: 'zz', idempotencyKey: 'good' })])]);
      expect(plan.steps.map(({ idempotencyKey }) => idempotencyKey)).to.deep.equal(['good']);
      expect(plan.problems).not.to.deep.equal([]);
      for (const problem of plan.problems) {
        expect(problem.source).to.equal('Plugin/planner#1');
        expect(problem.field).to.match(/^spec\.actionPlans\[0\]/);
      }
    }
  });

  it('leaves out the plans of a plugin that may not propose any, and says so', () => {
    const plan = importing([live([given()]), live([planValue()], 1, 'second')], {
      mayPropose: source => source === 'Plugin/second',
    });
    expect(plan.steps).to.have.length(1);
    expect(plan.problems[0]).to.include({ reason: 'PlanNotImportable', source: 'Plugin/planner#1' });
  });

  it('has nothing to say about a part without plans', () => {
    const plan = importing([live([])], { mayPropose: () => false });
    expect(plan).to.deep.equal({ steps: [], problems: [], known: 0 });
  });

  for (const state of actionStates.filter(one => one !== 'void')) {
    it(`brings in nothing anew under the key of an action that is ${state}`, () => {
      const plan = importing([live([given()], 2)], { actions: [inState(state)] });
      expect(plan).to.deep.equal({ steps: [], problems: [], known: 1 });
    });
  }

  for (const state of actionStates.filter(one => !['void', 'pending', 'approved'].includes(one))) {
    it(`calls other content under the key of an action that is ${state} a conflict`, () => {
      const plan = importing([live([given({ provider: 'aws' })])], { actions: [inState(state)] });
      expect(plan.steps).to.deep.equal([]);
      expect(plan.problems[0]).to.include({ reason: 'PlanConflict', source: 'Plugin/planner#1' });
    });

    it(`leaves an action that is ${state} alone when its plan is gone`, () => {
      expect(importing([], { actions: [inState(state)] }).steps).to.deep.equal([]);
    });
  }

  for (const state of ['pending', 'approved'] as const) {
    const action = inState(state);
    for (const [title, parts, more] of [
      ['the part has ended', [], {}],
      ['the plan has gone from the part', [live([planValue()], 2)], {}],
      ['the plan cannot be read any more', [live([given({ provider: 'x' })], 2)], {}],
      ['the plugin may propose no more', [live([given()])], { mayPropose: () => false }],
    ] as const) {
      it(`voids what is ${state} where ${title}`, () => {
        const plan = importing(parts, { actions: [action], ...more });
        const voided = plan.steps.find(({ id }) => id === action.id);
        expect(voided && stateOf(voided)).to.equal('void');
        expect(voided?.transitions.at(-1)).to.deep.include({ by: 'alice', cause: { type: 'withdrawn' } });
        expect(voided?.transitions.at(-1)?.message).to.contain('capture of Plugin/planner#1');
      });
    }

    for (const [title, changes] of [
      ['does something else', { provider: 'aws' }],
      ['says something else', { description: 'words' }],
      [
        'is undone in another way',
        { undo: { action: 'unassign-secondary-ip', parameters: { force: true } } },
      ],
    ] as const) {
      it(`voids what is ${state} and brings it in anew where the plan ${title}`, () => {
        const plan = importing([live([given(changes)], 2)], { actions: [action] });
        expect(plan.steps.map(({ id }) => id)).to.deep.equal([action.id, action.id]);
        expect(statesOf(plan.steps)).to.deep.equal(['void', 'pending']);
        const anew = plan.steps.at(-1);
        expect(anew?.revisions.slice(0, -1)).to.deep.equal(action.revisions);
        expect(anew?.transitions.slice(0, -2)).to.deep.equal(action.transitions);
        expect(anew?.revisions.at(-1)?.part).to.equal('Plugin/planner#2');
        expect(anew?.transitions.map(({ cause }) => cause.type).slice(-2)).to.deep.equal([
          'changed',
          'imported',
        ]);
      });
    }

    it(`leaves what is ${state} where another plan joins it under its key`, () => {
      for (const joining of [
        [live([given(), given({ name: 'a', provider: 'aws' })], 2)],
        [live([given()]), live([given({ provider: 'aws' })], 1, 'a')],
      ]) {
        const plan = importing(joining, { actions: [action] });
        expect([plan.steps, reasonsOf(plan)]).to.deep.equal([[], ['PlanConflict']]);
      }
    });

    it(`takes another plugin's plan for another plan, where what was ${state} is gone`, () => {
      const plan = importing([live([given()], 1, 'second')], { actions: [action] });
      expect(statesOf(plan.steps)).to.deep.equal(['void', 'pending']);
    });
  }

  it('brings in what was withdrawn, once it is there again', () => {
    const gone = stepped(inState('approved'), 'void', 'withdrawn');
    const plan = importing([live([given()], 3)], { actions: [gone] });
    expect(statesOf(plan.steps)).to.deep.equal(['pending']);
    expect(plan.steps[0]?.revisions).to.have.length(2);
  });

  for (const [title, asked, changes, count] of [
    ['does not come back by itself', false, {}, 0],
    ['does not come back in other words', false, { description: 'harmless', riskLevel: 'low' }, 0],
    ['comes back where somebody asks for it', true, {}, 1],
    ['comes back as something else', false, { target: { nicRef: 'vnic-1', address: '10.0.1.6' } }, 1],
  ] as const) {
    it(`a rejected plan ${title}`, () => {
      const rejected = stepped(inState('pending'), 'void', 'rejected');
      const plan = importing([live([given(changes)], 2)], { actions: [rejected], asked });
      expect(plan.steps).to.have.length(count);
    });
  }

  it('does not bring in what the ledger knows and the journal does not', () => {
    const plan = importing([live([given({ idempotencyKey: ' K ' })])], {
      ledger: new Map([['k', ['start 1']]]),
    });
    expect([plan.steps, reasonsOf(plan)]).to.deep.equal([[], ['ActionKeyUsed']]);
  });

  it('gives a derived key anew once the effect was taken back, and not before', () => {
    const first = only([planValue()]);
    const executed = ended(started(approved(first)), 'succeeded');
    expect(importing([live([planValue()])], { actions: [executed] }).known).to.equal(1);
    const back = ended(started(executed, 'undo'), 'rolledBack', { direction: 'undo' });
    expect(countRolledBack([back]).get(effectDigest(planFor()))).to.equal(1);
    const [second, ...more] = importing([live([planValue()])], { actions: [back] }).steps;
    expect(more).to.deep.equal([]);
    expect(second?.idempotencyKey).to.equal(derivedKey(planFor(), 1));
    expect(second?.id).not.to.equal(first.id);
  });

  it('does not give a key of its own anew', () => {
    const plan = importing([live([given()])], { actions: [inState('rolledBack')] });
    expect(plan).to.deep.equal({ steps: [], problems: [], known: 1 });
  });

  it('finds an id for a key whose id is taken', () => {
    const { id } = only([given()]);
    const squatter: Action = { ...actionIn('succeeded'), id, idempotencyKey: 'something-else' };
    const [action] = importing([live([given()])], { actions: [squatter] }).steps;
    expect(action?.id).to.match(/^assign-secondary-ip-[0-9a-f]{20}$/);
    expect(action?.id.startsWith(id)).to.equal(true);
  });

  it('has the same id for the same key', () => {
    expect(only([given({ idempotencyKey: 'K' })]).id).to.equal(only([given()]).id);
    expect(keyIdentity('K')).to.equal('k');
  });
});

describe('the plan of an action', () => {
  const action = inState('approved');
  for (const [title, parts, gone] of [
    ['stands in the part it came from', [live([given()])], false],
    ['stands in a later part that says the same', [live([given()], 9)], false],
    [
      'stands beside another one under its key',
      [live([given(), given({ name: 'a', provider: 'aws' })])],
      false,
    ],
    ['is gone with its part', [], true],
    ['is another one now', [live([given({ description: 'x' })])], true],
    ['is now that of another plugin', [live([given()], 1, 'second')], true],
    ['is gone beside others', [live([planValue()])], true],
  ] as const) {
    it(title, () => {
      const reason = planGone(action, factsWith(parts, { actions: [action] }));
      expect(reason !== undefined).to.equal(gone);
    });
  }

  it('is gone where its plugin may propose no more', () => {
    const facts = factsWith([live([given()])], { mayPropose: () => false, actions: [action] });
    expect(planGone(action, facts)).to.contain('no longer live');
  });
});
