import { expect } from 'chai';
import { distrustHint, distrustOf, distrustText } from '../../state/trust.js';
import type { Distrust, Identity } from '../../state/trust.js';

const root: Identity = { uid: 0, gid: 0 };
const user: Identity = { uid: 1000, gid: 1000 };
const types = { file: 0o100000, folder: 0o040000, link: 0o120000 } as const;

/** Who runs, and whose the entry is. */
const columns: readonly { readonly runs: Identity; readonly uid: number; readonly gid: number }[] = [
  { runs: user, uid: 1000, gid: 1000 },
  { runs: user, uid: 1000, gid: 27 },
  { runs: user, uid: 0, gid: 1000 },
  { runs: user, uid: 0, gid: 0 },
  { runs: user, uid: 1001, gid: 1000 },
  { runs: root, uid: 0, gid: 0 },
  { runs: root, uid: 0, gid: 1000 },
  { runs: root, uid: 1000, gid: 1000 },
];

/** One word a column: the rule that the entry breaks, by its first letters, or ok. */
const rows: readonly (readonly [keyof typeof types, number, string])[] = [
  ['file', 0o600, 'ok     ok    ok    ok    owner ok    ok    owner'],
  ['file', 0o755, 'ok     ok    ok    ok    owner ok    ok    owner'],
  ['file', 0o775, 'ok     group ok    group owner group group owner'],
  ['file', 0o757, 'world  world world world owner world world owner'],
  ['file', 0o777, 'world  world world world owner world world owner'],
  ['file', 0o1755, 'ok    ok    ok    ok    owner ok    ok    owner'],
  ['file', 0o1775, 'ok    group ok    group owner group group owner'],
  ['file', 0o1757, 'world world world world owner world world owner'],
  ['file', 0o1777, 'world world world world owner world world owner'],
  ['folder', 0o700, 'ok   ok    ok    ok    owner ok    ok    owner'],
  ['folder', 0o755, 'ok   ok    ok    ok    owner ok    ok    owner'],
  ['folder', 0o775, 'ok   group ok    group owner group group owner'],
  ['folder', 0o2775, 'ok  group ok    group owner group group owner'],
  ['folder', 0o757, 'world world world world owner world world owner'],
  ['folder', 0o777, 'world world world world owner world world owner'],
  ['folder', 0o1755, 'ok  ok    ok    ok    owner ok    ok    owner'],
  ['folder', 0o1775, 'ok  ok    ok    ok    owner ok    ok    owner'],
  ['folder', 0o1757, 'ok  ok    ok    ok    owner ok    ok    owner'],
  ['folder', 0o1777, 'ok  ok    ok    ok    owner ok    ok    owner'],
  ['link', 0o777, 'ok     ok    ok    ok    owner ok    ok    owner'],
];
const words = {
  owner: 'owner',
  'world-writable': 'world',
  'group-writable': 'group',
} as const;

describe('distrustOf', () => {
  for (const [type, mode, expected] of rows) {
    it(`judges a ${type} of mode ${mode.toString(8)}`, () => {
      const found = columns.map(({ runs, uid, gid }) => {
        const distrust = distrustOf('/x', { uid, gid, mode: types[type] | mode }, runs);
        return distrust === undefined ? 'ok' : words[distrust.rule];
      });
      expect(found).to.deep.equal(expected.split(/ +/));
    });
  }

  it('reports the facts, with the permission bits alone', () => {
    expect(distrustOf('/x', { uid: 1001, gid: 27, mode: 0o104775 }, root)).to.deep.equal({
      path: '/x',
      rule: 'owner',
      owner: 1001,
      group: 27,
      mode: 0o4775,
    });
  });
});

describe('distrustText', () => {
  const facts = { path: '/opt/x', owner: 1001, group: 27, mode: 0o777 };
  const cases: readonly (readonly [Distrust, string, string])[] = [
    [{ ...facts, rule: 'owner' }, 'neither root nor the one running this', 'chown'],
    [{ ...facts, rule: 'world-writable' }, 'by everyone', 'chmod go-w /opt/x'],
    [{ ...facts, rule: 'group-writable' }, 'by group 27', 'chmod g-w /opt/x'],
  ];
  for (const [distrust, text, hint] of cases) {
    it(`names path, owner and mode for ${distrust.rule}`, () => {
      expect(distrustText(distrust))
        .to.match(/^\/opt\/x /)
        .and.contain(text)
        .and.contain('(owner uid 1001, mode 0777)');
      expect(distrustHint(distrust)).to.contain(hint);
    });
  }

  it('writes a mode as chmod takes it', () => {
    expect(distrustText({ ...facts, rule: 'owner', mode: 0o1777 })).to.contain('mode 1777');
    expect(distrustText({ ...facts, rule: 'owner', mode: 0o44 })).to.contain('mode 0044');
  });
});
