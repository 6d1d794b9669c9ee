import { expect } from 'chai';
import fc from 'fast-check';
import { sha256 } from '../../../protocol/digest.js';
import type { Value } from '../../../protocol/resource.js';
import { readOwn } from '../../../reconciler/head.js';
import { controlChanges, controlOf } from '../../../reconciler/control/control.js';
import type { Control } from '../../../reconciler/control/control.js';
import {
  decodeQuarantine,
  encodeQuarantine,
  quarantineAfter,
} from '../../../reconciler/control/quarantine.js';
import type { Quarantined } from '../../../reconciler/control/quarantine.js';
import { names } from '../../../reconciler/control/release.js';
import { quarantineInput } from '../../../reconciler/control/rollback.js';
import { withheldOf } from '../../../reconciler/control/withheld.js';
import { printYaml } from '../../../render/canonical-yaml.js';

const [a, b, c] = ['a', 'b', 'c'].map(text => sha256(text)) as [string, string, string];
const entry = (digest: string, more: Partial<Quarantined> = {}): Quarantined => ({
  digest,
  since: 1_000,
  by: 'alice',
  cause: 'rollback 1',
  message: '',
  ...more,
});
const control = (...quarantine: Quarantined[]): Control => ({ quarantine, suspended: [], held: [] });
const digests = (entries: readonly Quarantined[]): string[] => entries.map(({ digest }) => digest);

describe('a quarantine', () => {
  it('is read as it was written', () => {
    const entries = fc.array(
      fc.record({
        digest: fc.string({ minLength: 1 }).map(text => sha256(text)),
        since: fc.integer({ min: 0, max: 4_000_000_000_000 }),
        by: fc.string(),
        cause: fc.string(),
        message: fc.string(),
      }),
    );
    fc.assert(
      fc.property(entries, given => {
        const text = printYaml(encodeQuarantine(given));
        expect(decodeQuarantine(readOwn('control/quarantine.yaml', text))).to.deep.equal(given);
      }),
    );
  });

  it('counts as absent where it cannot be read', () => {
    const documents: Value[] = [
      null,
      'x',
      {},
      { kind: 'Quarantine' },
      { kind: 'Quarantine', quarantined: 3 },
    ];
    for (const document of documents) expect(decodeQuarantine(document)).to.deep.equal([]);
    const broken = { kind: 'Quarantine', quarantined: [{ digest: a }, { since: '2026-05-29T12:00:00Z' }] };
    expect(decodeQuarantine(broken)).to.deep.equal([]);
  });

  it('ends once the directory holds something else, or once it is put in force; errors there end nothing', () => {
    const both = [entry(a), entry(b)];
    const after = (input: string | undefined, inForce: string): string[] =>
      digests(quarantineAfter(both, { input, inForce }));
    expect(after(a, c)).to.deep.equal([a]);
    expect(after(c, c)).to.deep.equal([]);
    expect(after(undefined, c)).to.deep.equal([a, b]);
    expect(after(undefined, a)).to.deep.equal([b]);
    expect(after(a, a)).to.deep.equal([]);
  });

  it('leaves its file out where nothing is quarantined', () => {
    const files = (from: Control, to: Control): unknown => [...controlChanges(from, to)];
    expect(files(control(), control())).to.deep.equal([]);
    expect(files(control(entry(a)), control(entry(a)))).to.deep.equal([]);
    expect(files(control(entry(a)), control())).to.deep.equal([['control/quarantine.yaml', null]]);
    const [[path, text] = ['', null]] = controlChanges(control(), control(entry(a)));
    expect(path).to.equal('control/quarantine.yaml');
    expect(controlOf({ files: new Map([[path, Buffer.from(text ?? '')]]) })).to.deep.equal(control(entry(a)));
  });

  it('withholds what it names, and nothing that is in force or permitted', () => {
    const kind = (input: string, more: object = {}): string | undefined =>
      withheldOf(control(entry(a, { message: 'broke it' })), { input, accepted: c, now: 5_000, ...more })
        ?.kind;
    expect(kind(a)).to.equal('quarantined');
    expect(kind(b)).to.equal(undefined);
    expect(kind(a, { accepted: a })).to.equal(undefined);
    expect(kind(a, { permit: 'all' })).to.equal(undefined);
    expect(kind(a, { permit: { digest: a } })).to.equal(undefined);
    expect(kind(a, { permit: { digest: b } })).to.equal('quarantined');
    const why = withheldOf(control(entry(a, { message: 'broke it' })), { input: a, accepted: c, now: 5_000 });
    expect(why).to.include({ by: 'alice', since: 1_000, why: 'rollback 1: broke it' });
  });

  it('is named by its first eight digits at least', () => {
    const hex = a.slice('sha256:'.length);
    for (const typed of [
      a,
      hex,
      hex.slice(0, 8),
      `sha256:${hex.slice(0, 9)}`,
      hex.slice(0, 12).toUpperCase(),
    ])
      expect(names(typed, { digest: a }), typed).to.equal(true);
    for (const typed of ['', hex.slice(0, 7), 'sha256:', hex.slice(1, 20), b])
      expect(names(typed, { digest: a }), typed).to.equal(false);
  });
});

describe('what a rollback quarantines', () => {
  const who = { by: 'bob', cause: 'rollback 2', message: 'why' };
  const after = (
    facts: { input: string | undefined; accepted: string | undefined; inForce: string },
    before: Control = control(),
  ): readonly Quarantined[] =>
    quarantineInput(
      before,
      { input: () => facts.input, inForce: facts.inForce, now: 9_000 },
      { ...who, accepted: facts.accepted },
    ).quarantine;

  it('is what the directory holds', () => {
    expect(after({ input: b, accepted: b, inForce: a })).to.deep.equal([{ ...who, digest: b, since: 9_000 }]);
    expect(digests(after({ input: c, accepted: b, inForce: a })), 'an edit nobody has taken').to.deep.equal([
      c,
    ]);
    expect(
      digests(after({ input: c, accepted: a, inForce: a })),
      'the same in force as before',
    ).to.deep.equal([c]);
  });

  it('is what was in force, where the directory has errors', () => {
    expect(digests(after({ input: undefined, accepted: b, inForce: a }))).to.deep.equal([b]);
    expect(after({ input: undefined, accepted: a, inForce: a })).to.deep.equal([]);
  });

  it('is nothing, where the directory holds what comes into force', () => {
    expect(after({ input: a, accepted: b, inForce: a })).to.deep.equal([]);
  });

  it('is told anew by a second rollback, but not by one that changes nothing', () => {
    const before = control(entry(c));
    expect(after({ input: c, accepted: b, inForce: a }, before).map(({ by }) => by)).to.deep.equal(['bob']);
    expect(after({ input: c, accepted: a, inForce: a }, before)).to.deep.equal([entry(c)]);
  });
});
