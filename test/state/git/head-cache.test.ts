import { expect } from 'chai';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openStore } from '../../../state/git/open.js';
import { treesOf } from '../../../state/git/tree.js';
import { commitOn, must, noon, searchPath, storeAt, userGit } from '../../rig/store.js';
import { tempDir } from '../../rig/temp.js';

const files = {
  'effective-config.yaml': 'a: 1\n',
  'parts/Plugin-a.yaml': 'b: 2\n',
  'parts.yaml': 'c: 3\n',
  'deep/er/e.yaml': 'd: 4\n',
};

/** What a process that finds the state directory anew reads of HEAD. */
async function readAnew(dir: string): Promise<Record<string, string>> {
  const store = must(await openStore(dir, { searchPath, cache: 'read' }));
  const head = await store.head();
  if (head === null) return {};
  const read = await store.readTree(head);
  return Object.fromEntries([...read].map(([path, bytes]) => [path, Buffer.from(bytes).toString('utf8')]));
}

/** A state directory with one commit, visible, whose git can no longer answer. */
async function withoutObjects(): Promise<string> {
  const dir = join(await tempDir(), 'state');
  const store = await storeAt(dir, { cache: 'write' });
  const { commit } = await commitOn(store, files);
  await store.project(commit, noon);
  await rm(join(dir, '.git', 'objects'), { recursive: true });
  await mkdir(join(dir, '.git', 'objects'));
  return dir;
}

describe('the cache of HEAD', () => {
  it('lets HEAD be read without asking git', async () => {
    expect(await readAnew(await withoutObjects())).to.deep.equal(files);
  });

  const edits: readonly (readonly [string, (text: string) => string])[] = [
    ['a file less', text => text.replace(/"parts.yaml":"[0-9a-f]+",?/, '').replace(',}', '}')],
    ['another blob', text => text.replace(/"parts.yaml":"./, '"parts.yaml":"f')],
    ['another commit', text => text.replace('a change', 'b change')],
    ['half of it', text => text.slice(0, text.length / 2)],
    ['no JSON', () => 'rubbish'],
    ['null', () => 'null'],
    ['an empty map', () => '{}'],
  ];
  for (const [name, edit] of edits) {
    it(`is not believed when it was changed: ${name}`, async () => {
      const dir = join(await tempDir(), 'state');
      const store = await storeAt(dir, { cache: 'write' });
      const { commit } = await commitOn(store, files);
      await store.project(commit, noon);
      const path = join(dir, 'run', 'cache', 'head.json');
      const before = await readFile(path, 'utf8');
      const after = edit(before);
      expect(after).not.to.equal(before);
      await writeFile(path, after);
      expect(await readAnew(dir)).to.deep.equal(files);
    });
  }

  it('is not used for files that somebody changed', async () => {
    const dir = join(await tempDir(), 'state');
    const store = await storeAt(dir, { cache: 'write' });
    const { commit } = await commitOn(store, files);
    await store.project(commit, noon);
    await writeFile(join(dir, 'parts.yaml'), 'c: 9\n');
    expect(await readAnew(dir)).to.deep.equal(files);
  });

  it('does not hide from a writer that objects are gone', async () => {
    const store = await storeAt(await withoutObjects(), { cache: 'write' });
    const recovery = await store.recover();
    expect(recovery.ok ? 'sound' : recovery.failure.kind).to.equal('damaged');
  });

  it('orders names as git does', async () => {
    const dir = join(await tempDir(), 'state');
    const store = await storeAt(dir, { cache: 'write' });
    const named = { 'a.b': '2', 'a0/x': '3', 'a/x': '4', 'a-/x': '6' };
    const { commit } = await commitOn(store, named);
    const listing = new Map(
      userGit(dir, 'ls-tree', '-r', '-z', commit)
        .split('\0')
        .filter(record => record !== '')
        .map((record): [string, string] => [
          record.slice(record.indexOf('\t') + 1),
          record.split(/[ \t]/)[2] ?? '',
        ]),
    );
    expect(treesOf(listing).at(-1)?.id).to.equal(userGit(dir, 'rev-parse', `${commit}^{tree}`).trim());
  });
});
