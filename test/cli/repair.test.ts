import { expect } from 'chai';
import { chmod, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { route } from '../rig/build.js';
import { routerFile, writeFiles } from '../rig/config-dir.js';
import { checkClean, checkHead } from '../rig/invariants.js';
import { listing } from '../rig/listing.js';
import { routerctl } from '../rig/routerctl.js';
import { reconcile, setting } from '../rig/setting.js';
import type { Setting } from '../rig/setting.js';
import { userGit } from '../rig/store.js';

interface Repair {
  readonly sound: boolean;
  readonly damage: readonly string[];
  readonly commit?: string;
  readonly generation?: number;
  readonly nextGeneration?: number;
  readonly commits?: number;
  readonly isCut?: boolean;
  readonly keptAs?: string;
}

describe('routerctl repair', function () {
  this.timeout(60_000);

  let here: Setting;
  let commits: string[] = [];

  beforeEach(async () => {
    here = await setting();
    commits = [];
    const routes = ['a', 'b', 'c', 'd'];
    for (let count = 1; count <= 4; count++) {
      await edit(...routes.slice(0, count));
      expect((await reconcile(here)).generation.next).to.equal(count);
      commits.push(git('rev-parse', 'HEAD'));
    }
  });

  const git = (...args: string[]) => userGit(here.state, ...args).trim();
  const edit = (...names: string[]) =>
    writeFiles(here.config, { 'router.yaml': routerFile(...names.map(name => route(name))) });
  const inGit = (path: string) => join(here.state, '.git', path);
  const objectPath = (name: string) => {
    const id = git('rev-parse', name);
    return `objects/${id.slice(0, 2)}/${id.slice(2)}`;
  };

  async function empty(path: string, content = ''): Promise<void> {
    await rm(inGit(path), { force: true });
    await writeFile(inGit(path), content);
    await chmod(inGit(path), 0o600);
  }

  async function repair(...more: string[]): Promise<Repair & { code: number | null }> {
    const { code, json } = await routerctl(['repair', '--state', here.state, ...more, '-o', 'json']);
    return { ...(json() as Repair), code };
  }

  /** What is damaged, and the generation that is the newest to be read then. */
  const damages: Record<
    string,
    { damage: () => Promise<unknown>; generation: number; commits?: number; notice?: boolean }
  > = {
    'an empty HEAD': { damage: () => empty('HEAD'), generation: 4 },
    'an empty branch': { damage: () => empty('refs/heads/main'), generation: 4 },
    'garbage in packed-refs': {
      damage: async () => {
        git('pack-refs', '--all');
        const text = await readFile(inGit('packed-refs'), 'utf8');
        await empty('packed-refs', text.slice(0, -30));
      },
      generation: 4,
    },
    'an empty packed-refs': {
      damage: async () => {
        git('pack-refs', '--all');
        await empty('packed-refs');
      },
      generation: 4,
    },
    'the newest commit': { damage: () => empty(objectPath('HEAD')), generation: 3 },
    'the two newest commits': {
      damage: async () => {
        const [last, before] = [objectPath('HEAD'), objectPath('HEAD~1')];
        await empty(last);
        await empty(before);
      },
      generation: 2,
    },
    'the newest tree': { damage: () => empty(objectPath('HEAD^{tree}')), generation: 3 },
    'a file of the newest commit': {
      damage: () => empty(objectPath('HEAD:effective-config.yaml')),
      generation: 3,
    },
    'rotten bytes in a file': {
      damage: async () => {
        const path = objectPath('HEAD:startup-config.yaml');
        const bytes = await readFile(inGit(objectPath('HEAD:effective-config.yaml')));
        await rm(inGit(path));
        await writeFile(inGit(path), bytes);
      },
      generation: 3,
    },
    'its generation.yaml': { damage: () => empty(objectPath('HEAD:generation.yaml')), generation: 3 },
    'an old commit': { damage: () => empty(objectPath('HEAD~2')), generation: 4, commits: 2, notice: false },
    'an old file': {
      damage: () => empty(objectPath('HEAD~2:generation.yaml')),
      generation: 4,
      commits: 2,
      notice: false,
    },
    'the branch and the newest commit': {
      damage: async () => {
        const path = objectPath('HEAD');
        await empty('refs/heads/main');
        await empty(path);
      },
      generation: 3,
    },
  };

  for (const [what, { damage, generation, commits: kept, notice = true }] of Object.entries(damages)) {
    it(`goes back to the newest generation that can be read: ${what}`, async () => {
      await damage();
      const before = await listing(here.state);
      await edit('a', 'b', 'c', 'd', 'e');
      if (notice) {
        const { code, stderr } = await routerctl(['reconcile', ...here.where]);
        expect(code).to.equal(1);
        expect(stderr).to.contain(`routerctl repair --state '${here.state}'`);
      }
      const seen = await listing(here.config);
      const planned = await repair('--dry-run');
      const files = (all: Readonly<Record<string, string>>) =>
        Object.entries(all).filter(([path]) => !/^run(?:\/|$)/.test(path));
      if (!notice) expect(await listing(here.state)).to.deep.equal(before);
      expect(files(await listing(here.state))).to.deep.equal(files(before));

      const done = await repair();
      expect(done).to.deep.include({ code: 0, sound: false, generation, nextGeneration: 5 });
      expect([planned.code, planned.commit, planned.commits, planned.isCut]).to.deep.equal([
        0,
        done.commit,
        done.commits,
        done.isCut,
      ]);
      expect(done.damage).to.not.deep.equal([]);
      expect(done.commit).to.equal(commits[generation - 1]);
      expect([done.commits, done.isCut]).to.deep.equal([kept ?? generation, kept !== undefined]);
      expect(await listing(here.config)).to.deep.equal(seen);

      checkHead(here.state);
      checkClean(here.state);
      expect(git('fsck', '--full', '--no-dangling')).to.equal('');
      expect(git('rev-parse', `gen/${generation}`)).to.equal(done.commit);
      expect(await readdir(join(here.state, done.keptAs ?? ''))).to.include('objects');

      expect((await reconcile(here)).generation.next).to.equal(5);
      checkHead(here.state);
    });
  }

  it('changes nothing in a sound repository', async () => {
    const before = await listing(here.state);
    const { code, stdout } = await routerctl(['repair', '--dry-run', '--state', here.state]);
    expect([code, stdout]).to.deep.equal([0, 'the repository is sound: nothing to repair\n']);
    expect(await listing(here.state)).to.deep.equal(before);
    expect((await repair()).sound).to.equal(true);
    expect(git('rev-parse', 'HEAD')).to.equal(commits[3]);
  });

  it('gives no number again where nothing tells of the last one but the visible files', async () => {
    await empty(objectPath('HEAD'));
    await rm(join(here.state, 'run/acknowledged.yaml'));
    for (const number of [3, 4]) await rm(inGit(`refs/tags/gen/${number}`));
    expect(await repair()).to.deep.include({ generation: 2, nextGeneration: 5 });
    expect(await repair()).to.deep.equal({
      apiVersion: 'cli.routerd.net/v1alpha1',
      kind: 'Repair',
      dryRun: false,
      sound: true,
      damage: [],
      code: 0,
    });
    expect((await routerctl(['adopt', ...here.where])).stdout).to.contain('nothing to adopt');
  });

  it('says so where nothing can be read, and leaves it alone', async () => {
    await rm(inGit('objects'), { recursive: true });
    const before = await readdir(inGit(''));
    const { code, stderr } = await routerctl(['repair', '--state', here.state]);
    expect(code).to.equal(1);
    expect(stderr).to.match(/no generation of .* can be read: nothing was changed\n {2}hint: /);
    expect(await readdir(inGit(''))).to.deep.equal(before);
    expect((await readdir(here.state)).filter(name => name.startsWith('.git'))).to.deep.equal(['.git']);
  });

  it('goes on where it was interrupted', async () => {
    await empty('HEAD');
    const { keptAs = '' } = await repair();
    // As after a kill between the two steps: the old one is aside, the new one not yet in place.
    await rename(inGit(''), join(here.state, '.git.new-000000000000'));
    const refused = await routerctl(['reconcile', ...here.where]);
    expect(refused.code).to.equal(1);
    expect(refused.stderr).to.contain('has lost its repository').and.to.contain('routerctl repair --state');
    expect(await repair()).to.deep.include({ sound: false, generation: 4, keptAs });
    expect(git('fsck', '--full', '--no-dangling')).to.equal('');
    expect((await readdir(here.state)).filter(name => name.startsWith('.git'))).to.deep.equal(['.git']);
    await edit('z');
    expect((await reconcile(here)).generation.next).to.equal(5);
  });

  it('repairs nothing where there is nothing', async () => {
    const { code, stderr } = await routerctl(['repair', '--state', `${here.state}.none`]);
    expect(code).to.equal(1);
    expect(stderr).to.contain('holds no state of routerd yet');
  });
});
