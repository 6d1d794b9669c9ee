import { expect } from 'chai';
import { cp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { route } from '../rig/build.js';
import { routerFile, writeFiles } from '../rig/config-dir.js';
import { checkHead } from '../rig/invariants.js';
import { until } from '../rig/processes.js';
import { killDaemons, startRouterd } from '../rig/routerd.js';
import { routerctl } from '../rig/routerctl.js';
import { reconcile, run, setting } from '../rig/setting.js';
import type { Setting } from '../rig/setting.js';
import { userGit } from '../rig/store.js';

const person = ['-c', 'user.name=Eve', '-c', 'user.email=eve@example.org'];

describe('a history that was moved by hand', function () {
  this.timeout(60_000);
  afterEach(killDaemons);

  let here: Setting;
  /** The commits of generations 1, 2, … */
  let commits: string[] = [];
  /** A copy of the repository as it was at generation 2. */
  let copy = '';

  beforeEach(async () => {
    here = await setting();
    copy = `${here.state}.copy`;
    commits = [];
    for (const routes of [['a'], ['a', 'b'], ['a', 'b', 'c'], ['a', 'b', 'c', 'd']]) {
      await edit(...routes);
      expect((await reconcile(here)).generation.next).to.equal(routes.length);
      commits.push(head());
      if (routes.length === 2) await cp(join(here.state, '.git'), copy, { recursive: true });
    }
  });

  const git = (...args: string[]) => userGit(here.state, ...args).trim();
  const head = () => git('rev-parse', 'refs/heads/main');
  const edit = (...names: string[]) =>
    writeFiles(here.config, { 'router.yaml': routerFile(...names.map(name => route(name))) });
  const commit = (...args: string[]) => git(...person, 'commit', '-q', ...args);

  /** What every writer says; none of them changes anything. */
  async function refusal(): Promise<string> {
    await edit('z');
    const before = git('for-each-ref');
    const files = await readFile(join(here.state, 'effective-config.yaml'), 'utf8').catch(() => '');
    const [dry, real, plugin] = [
      await routerctl(['reconcile', '--dry-run', ...here.where]),
      await routerctl(['reconcile', ...here.where]),
      await routerctl(['plugin', 'run', 'p', ...here.where]),
    ];
    expect([dry.code, real.code, plugin.code, real.stdout]).to.deep.equal([1, 1, 1, '']);
    expect([dry.stderr, plugin.stderr]).to.deep.equal([real.stderr, real.stderr]);
    expect(git('for-each-ref')).to.equal(before);
    expect(await readFile(join(here.state, 'effective-config.yaml'), 'utf8').catch(() => '')).to.equal(files);
    expect(real.stderr).to.contain(`routerctl adopt --state '${here.state}'`);
    const { json, stdout } = await routerctl(['status', ...here.where, '-o', 'json']);
    const { conditions } = json() as { conditions: { type: string; status: string; reason: string }[] };
    expect(
      conditions.filter(({ reason }) => reason === 'HistoryMoved').map(({ type, status }) => [type, status]),
    ).to.deep.equal([
      ['Ready', 'False'],
      ['Stalled', 'True'],
    ]);
    expect(stdout).to.contain('routerctl adopt');
    expect(real.stderr)
      .to.contain((commits[3] ?? '').slice(0, 12))
      .and.to.contain('(generation 4)');
    return real.stderr;
  }

  /** Takes HEAD as it is; the next generation is the fifth whatever HEAD holds, and the part's number goes on too. */
  async function adopted(): Promise<void> {
    const { code, stdout } = await routerctl(['adopt', ...here.where]);
    expect(code).to.equal(0);
    expect(stdout).to.contain('as it is').and.to.contain('the next generation is 5\n');
    await edit('other');
    expect((await reconcile(here)).generation.next).to.equal(5);
    checkHead(here.state);
    expect((await routerctl(['adopt', ...here.where])).stdout).to.contain('nothing to adopt');
  }

  const moves: Record<string, { move: () => Promise<void> | void; says: RegExp; back?: boolean }> = {
    'set back': {
      move: () => void git('reset', '-q', '--hard', 'HEAD~2'),
      says: /was set back by hand: main is at [0-9a-f]{12} \(generation 2\)/,
    },
    amended: {
      move: () => void commit('--amend', '--allow-empty', '-m', 'mine'),
      says: /was set back by hand: main is at [0-9a-f]{12} \(generation 4\)/,
    },
    'with a commit of a person on top': {
      move: async () => {
        const path = join(here.state, 'effective-config.yaml');
        await writeFile(path, (await readFile(path, 'utf8')).replaceAll('name: a', 'name: mine'));
        commit('-am', 'mine');
      },
      says: /holds the commit [0-9a-f]{12} by Eve <eve@example\.org>, not by routerd; main is at/,
    },
    'with a revert on top': {
      move: () => void git(...person, 'revert', '--no-edit', 'HEAD'),
      says: /by Eve <eve@example\.org>, not by routerd/,
    },
    'without its branch': {
      move: () => void git('update-ref', '-d', 'refs/heads/main'),
      says: /has no commit on main any more/,
    },
    'replaced by an older copy': {
      move: async () => {
        await rm(join(here.state, '.git'), { recursive: true });
        await cp(copy, join(here.state, '.git'), { recursive: true });
        git('reset', '-q', '--hard');
      },
      says: /is at [0-9a-f]{12} \(generation 2\), and .* which is not in the repository/,
      back: false,
    },
  };

  for (const [what, { move, says, back = true }] of Object.entries(moves)) {
    it(`is not written to: ${what}`, async () => {
      await move();
      const said = await refusal();
      expect(said).to.match(says);
      if (back) {
        const hint = /to go back: git -C '[^']+' (reset --hard [0-9a-f]{40})/.exec(said)?.[1];
        git(...(hint ?? '').split(' '));
        expect((await reconcile(here)).generation.next).to.equal(5);
        checkHead(here.state);
      }
    });

    it(`can be adopted: ${what}`, async () => {
      await run(here);
      await move();
      await adopted();
    });
  }

  it('is not begun anew where the repository is gone', async () => {
    await rename(join(here.state, '.git'), `${copy}.2`);
    const { code, stderr } = await routerctl(['reconcile', ...here.where]);
    expect(code).to.equal(1);
    expect(stderr).to.contain('has lost its repository').and.to.contain('(generation 4)');
    await rename(`${copy}.2`, join(here.state, '.git'));
    expect((await reconcile(here)).code).to.equal(0);
  });

  it('gives no number of a part a second time', async () => {
    await edit('a', 'b', 'c', 'd', 'e');
    await reconcile(here);
    const numbers = async () =>
      (
        (await routerctl(['dynamic', 'list', ...here.where, '-o', 'json'])).json() as {
          items: { generation: number }[];
        }
      ).items.map(({ generation }) => generation);
    expect(await numbers()).to.deep.equal([1]);
    git('reset', '-q', '--hard', `${commits[0]}`);
    // The part came with the first generation; before that there was no number at all.
    git('checkout', '-q', '--orphan', 'other');
    git('symbolic-ref', 'HEAD', 'refs/heads/main');
    git('update-ref', '-d', 'refs/heads/main');
    expect((await routerctl(['adopt', ...here.where])).stdout).to.contain('took no commit at all as it is');
    expect((await reconcile(here)).generation.next).to.equal(6);
    const shown = await routerctl(['generation', 'list', ...here.where, '-o', 'json']);
    expect((shown.json() as { items: { generation: number }[] }).items.map(i => i.generation)).to.deep.equal([
      6,
    ]);
    await run(here);
    expect(await numbers()).to.deep.equal([2]);
  });

  it('shows a generation against the one before it in the history', async () => {
    git('reset', '-q', '--hard', commits[0] ?? '');
    expect((await routerctl(['adopt', ...here.where])).code).to.equal(0);
    await edit('a', 'new');
    await reconcile(here);
    const { stdout } = await routerctl(['generation', 'show', '5', ...here.where]);
    expect(stdout).to.match(/^added +IPv4Route\/new /m);
    expect(stdout).to.not.contain('removed');
  });

  it('is what it is where nothing was acknowledged', async () => {
    git('reset', '-q', '--hard', 'HEAD~2');
    await rm(join(here.state, 'run'), { recursive: true });
    expect((await reconcile(here)).generation.next).to.equal(3);
  });

  it('is not what a kill before the acknowledgement leaves', async () => {
    const path = join(here.state, 'run/acknowledged.yaml');
    const old = await readFile(path);
    await edit('a');
    await reconcile(here);
    await edit('b');
    await reconcile(here);
    await writeFile(path, old);
    await edit('c');
    expect((await reconcile(here)).generation.next).to.equal(7);
    checkHead(here.state);
  });

  it('stops a daemon too, until it is put right', async () => {
    const daemon = await startRouterd(here.where);
    await until('it waits', () => daemon.log().includes('waiting'));
    git('reset', '-q', '--hard', 'HEAD~1');
    await edit('z');
    await until('it refuses', () => daemon.log().includes('was set back by hand'));
    expect(head()).to.equal(commits[2]);
    git('reset', '-q', '--hard', commits[3] ?? '');
    await until('it goes on', () => git('show', 'main:effective-config.yaml').includes('name: z'));
    expect(await daemon.stop()).to.equal(0);
  });
});
