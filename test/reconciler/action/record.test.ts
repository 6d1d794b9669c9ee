import { expect } from 'chai';
import fc from 'fast-check';
import type { Value, ValueMap } from '../../../protocol/resource.js';
import { asValue } from '../../../protocol/resource.js';
import { printable } from '../../../protocol/text.js';
import { actionStates } from '../../../reconciler/action/action.js';
import type { Action } from '../../../reconciler/action/action.js';
import { actionPath, decodeAction, encodeAction } from '../../../reconciler/action/record.js';
import { readOwn } from '../../../reconciler/head.js';
import { printYaml } from '../../../render/canonical-yaml.js';
import { ActionWorld, deeds } from '../../rig/action-world.js';
import { actionIn, approved, ended, imported, planFor, started } from '../../rig/actions.js';
import { changed } from '../../rig/samples.js';

/** As it comes back from the file. */
function reread(action: Action): Action | undefined {
  return decodeAction(readOwn(actionPath(action.id), printYaml(encodeAction(action))));
}

describe('the journal entry of an action', () => {
  for (const state of actionStates) {
    it(`holds all that is known of one that is ${state}`, () => {
      expect(reread(actionIn(state))).to.deep.equal(actionIn(state));
    });
  }

  it('holds all that is known, whatever has happened', () => {
    let read = 0;
    fc.assert(
      fc.property(deeds, list => {
        const world = new ActionWorld();
        for (const deed of list) {
          world.does(deed);
          for (const action of world.journal.values()) {
            expect(reread(action)).to.deep.equal(action);
            read++;
          }
        }
      }),
      { numRuns: 40 },
    );
    expect(read).to.be.greaterThan(100);
  });

  it('holds every word that a plan, a person or an executor can say', () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom('yes', '1e3', '- x', '"', "'", 'null', '2026-05-29', ' x ', '\ttab'),
    );
    const value = fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null), fc.array(text));
    // Other keys are refused wherever a document is read.
    const forbidden = ['__proto__', 'constructor', 'prototype', '<<'];
    const key = text.filter(word => printable(word) === word && !forbidden.includes(word));
    const words = fc.record({
      text,
      by: text,
      plan: fc.record({ description: text, idempotencyKey: text, parameters: fc.dictionary(key, value) }),
      observed: fc.dictionary(key, value),
    });
    fc.assert(
      fc.property(words, ({ text: said, by, plan, observed }) => {
        const executing = started(approved(imported(planFor(plan)), { by }));
        const process = { exitCode: null, signal: 'SIGKILL', durationMs: 5, stdoutDigest: 'sha256:x' };
        const result = { message: said, error: said, observed, undoAvailable: false, process };
        const action = ended(executing, 'succeeded', result);
        expect(reread(action)).to.deep.equal(action);
      }),
      { numRuns: 500 },
    );
  });

  it('tells the reader how it stands, and does not take that from the reader', () => {
    const entry = encodeAction(actionIn('approved')) as { status: ValueMap };
    expect(entry.status).to.include({ state: 'approved', revision: 1, approvedBy: 'alice' });
    const forged = changed(asValue(entry), ['status', 'state'], 'succeeded');
    expect(decodeAction(forged)).to.deep.equal(actionIn('approved'));
  });

  const good = encodeAction(actionIn('succeeded'));
  for (const [title, document] of [
    ['nothing', null],
    ['text', 'x'],
    ['a list', [good]],
    ['another kind', changed(good, ['kind'], 'Router')],
    ['no name', changed(good, ['metadata', 'name'], undefined)],
    ['no key', changed(good, ['spec', 'idempotencyKey'], undefined)],
    ['a key that is a number', changed(good, ['spec', 'idempotencyKey'], 5)],
    ['no revision', changed(good, ['spec', 'revisions'], [])],
    ['no transition', changed(good, ['transitions'], [])],
    ['a revision without digest', changed(good, ['spec', 'revisions', 0, 'planDigest'], undefined)],
    ['a revision without time', changed(good, ['spec', 'revisions', 0, 'importedAt'], 'yesterday')],
    ['a transition without time', changed(good, ['transitions', 0, 'at'], undefined)],
    ['a state that there is not', changed(good, ['transitions', 3, 'to'], 'done')],
    ['a cause that there is not', changed(good, ['transitions', 1, 'cause'], 'blessed')],
    ['a start without executor', changed(good, ['transitions', 2, 'attempt', 'executor'], undefined)],
    ['a transition that does not follow', changed(good, ['transitions', 3, 'from'], 'pending')],
    ['a first transition that is not the first', changed(good, ['transitions', 0, 'from'], 'void')],
  ] as const) {
    it(`is damaged where it is ${title}`, () => {
      expect(decodeAction(document)).to.equal(undefined);
    });
  }

  for (const index of [0, 1, 2]) {
    it(`is damaged where transition ${index} was taken out`, () => {
      const { transitions } = good as { transitions: readonly Value[] };
      const cut = changed(
        good,
        ['transitions'],
        transitions.filter((_, at) => at !== index),
      );
      expect(decodeAction(cut)).to.equal(undefined);
    });
  }

  it('is read or refused, whatever stands in it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...fieldsOf(good)), (value, path) => {
        decodeAction(changed(good, path, value as Value));
      }),
      { numRuns: 2_000 },
    );
  });
});

/** Every place in a document. */
function fieldsOf(value: Value): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [];
  const entries: [string | number, Value][] = Array.isArray(value)
    ? value.map((entry: Value, index) => [index, entry])
    : Object.entries(value);
  return entries.flatMap(([key, entry]) => [[key], ...fieldsOf(entry).map(path => [key, ...path])]);
}
