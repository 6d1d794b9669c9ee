import { expect } from 'chai';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runPass } from '../../reconciler/pass.js';
import { route } from '../rig/build.js';
import { configDir, routerFile, writeFiles } from '../rig/config-dir.js';
import { routerctl } from '../rig/routerctl.js';
import type { Ended } from '../rig/routerctl.js';
import { must, noon, searchPath, userGit } from '../rig/store.js';
import { tempDir } from '../rig/temp.js';

interface Bisection {
  readonly found: boolean;
  readonly checks: readonly { readonly generation: number; readonly verdict: string }[];
  readonly candidates: readonly number[];
  readonly first: {
    readonly commit: string;
    readonly generation: number;
    readonly triggers: string[];
  } | null;
  readonly changes: readonly { readonly action: string; readonly resource: { readonly name: string } }[];
  readonly diff: string;
}

const planted = 38;
/** Good as long as no route leaves through eth9. */
const noEth9 = ['sh', '-c', '! grep -q eth9 "$ROUTERD_EFFECTIVE_CONFIG"'];

describe('routerctl bisect', function () {
  this.timeout(120_000);
  let state = '';

  /** A history of `count` generations, of which one brought a route through eth9. */
  async function historyOf(count: number, turn = planted): Promise<void> {
    const config = await configDir();
    state = join(await tempDir(), 'S');
    for (let number = 1; number <= count; number++) {
      await writeFiles(config, {
        'router.yaml': routerFile(
          route('counter', { metric: number }),
          route('way', { device: number < turn ? 'eth0' : 'eth9' }),
        ),
      });
      const report = must(
        await runPass({
          config: { path: config, stateDir: state, schemaFiles: [] },
          state: { path: state, searchPath },
          dryRun: false,
          engineVersion: '0.0.0',
          operator: 'alice',
          clock: () => noon + number * 1_000,
          lockTimeoutMs: 10_000,
          command: 'test',
        }),
      );
      expect(report.settlement?.generation.next).to.equal(number);
    }
  }

  const bisect = (args: readonly string[], command: readonly string[], cwd?: string): Promise<Ended> =>
    routerctl(['bisect', '--state', state, ...args, '--', ...command], cwd === undefined ? {} : { cwd });
  async function found(good: number, bad: number, command = noEth9): Promise<Bisection> {
    const { json } = await bisect(['--good', `${good}`, '--bad', `${bad}`, '-o', 'json'], command);
    return json() as Bisection;
  }

  it('finds a planted change among 64 generations in at most 6 checks', async () => {
    await historyOf(64);
    const { first, checks, changes, diff } = await found(1, 64);
    expect(first?.generation).to.equal(planted);
    expect(first?.commit).to.equal(userGit(state, 'rev-parse', `gen/${planted}`).trim());
    expect(first?.triggers).to.deep.equal(['config router.yaml']);
    expect(checks.length, JSON.stringify(checks)).to.be.at.most(6);
    expect(changes.map(({ action, resource }) => `${action} ${resource.name}`)).to.deep.equal([
      ...['changed counter', 'changed way'],
    ]);
    expect(diff).to.match(/^-\s+device: eth0\n\+\s+device: eth9$/m);

    const text = await bisect(['--good', '30', '--bad', '64'], noEth9);
    expect(text.code).to.equal(0);
    expect(text.stdout).to.match(
      /^generation 38 is the first bad one, found with \d checks\n {2}commit .* by alice: config router\.yaml\n/,
    );
    expect(text.stderr).to.match(/^generation \d+: (?:good|bad); at most \d more$/m);
    expect((await found(37, 38)).checks, 'nothing to check').to.deep.equal([]);

    const clone = join(await tempDir(), 'clone.git');
    userGit(state, 'clone', '-q', '--bare', '.', clone);
    state = clone;
    expect((await found(1, 64)).first?.generation).to.equal(planted);
  });

  it('goes by the exit codes of git bisect', async () => {
    await historyOf(9, 6);
    const by = (script: string) => found(1, 9, ['sh', '-c', script]);
    const skipping = await by(
      `case $ROUTERD_GENERATION in 5) exit 125;; esac; [ "$ROUTERD_GENERATION" -lt 6 ] || exit 127`,
    );
    expect(skipping.checks[0]).to.deep.equal({ generation: 5, verdict: 'skip' });
    expect([skipping.found, skipping.candidates]).to.deep.equal([false, [5, 6]]);
    const around = await by(
      `case $ROUTERD_GENERATION in 4) exit 125;; esac; [ "$ROUTERD_GENERATION" -lt 6 ] || exit 1`,
    );
    expect(around.first?.generation).to.equal(6);

    const undecided = await bisect(['--good', '1', '--bad', '9'], ['sh', '-c', 'exit 125']);
    expect(undecided.code).to.equal(1);
    expect(undecided.stdout).to.contain('is one of 2, 3, 4, 5, 6, 7, 8, 9\n');
    for (const [command, said] of [
      [['sh', '-c', 'exit 130'], 'it ended with exit code 130'],
      [['sh', '-c', 'kill -9 $$'], 'it ended with signal SIGKILL'],
      [['/no/such/program'], 'cannot run /no/such/program: ENOENT'],
    ] as const) {
      const { code, stdout, stderr } = await bisect(['--good', '1', '--bad', '9'], command);
      expect([code, stdout], command.join(' ')).to.deep.equal([2, '']);
      expect(stderr).to.contain(said);
    }
  });

  it('runs the command where it is itself, with a file that is gone afterwards', async () => {
    await historyOf(3, 2);
    const cwd = await tempDir();
    const script =
      'pwd; echo "$ROUTERD_EFFECTIVE_CONFIG"; stat -c %a "$ROUTERD_EFFECTIVE_CONFIG" > mode; dirname "$ROUTERD_EFFECTIVE_CONFIG" > folder; cp "$ROUTERD_EFFECTIVE_CONFIG" copy';
    const { code, stdout, stderr } = await bisect(['--good', '1', '--bad', '3'], ['sh', '-c', script], cwd);
    expect(code).to.equal(0);
    expect(stderr).to.contain(`${cwd}\n`);
    expect(stdout).not.to.contain(cwd);
    expect(readdirSync(cwd).sort()).to.deep.equal(['copy', 'folder', 'mode']);
    expect(readFileSync(join(cwd, 'mode'), 'utf8')).to.equal('600\n');
    expect(existsSync(readFileSync(join(cwd, 'folder'), 'utf8').trim())).to.equal(false);
    expect(readFileSync(join(cwd, 'copy'), 'utf8')).to.equal(
      userGit(state, 'show', 'gen/2:effective-config.yaml'),
    );
  });

  it('refuses what has no answer, and exits 2', async () => {
    await historyOf(3, 2);
    for (const [args, said] of [
      [['--good', '3', '--bad', '1'], 'the good generation 3 comes after the bad one 1'],
      [['--good', '2', '--bad', '2'], 'cannot be good and bad at once'],
      [['--good', '1', '--bad', '7'], 'there is no generation 7'],
      [['--good', 'one', '--bad', '3'], 'a whole number above 0'],
      [['--good', '1'], "required option '--bad <n>'"],
    ] as const) {
      const { code, stdout, stderr } = await bisect(args, noEth9);
      expect([code, stdout], args.join(' ')).to.deep.equal([2, '']);
      expect(stderr).to.contain(said);
    }
  });
});
