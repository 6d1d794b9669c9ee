import { expect } from 'chai';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { route } from '../rig/build.js';
import { addPlugin, answers, configDir, routerFile } from '../rig/config-dir.js';
import { action, actionSetting, effectsOf } from '../rig/action-setting.js';
import { checkState, history } from '../rig/invariants.js';
import { poolSetting, seeing, look } from '../rig/pool-setting.js';
import { until } from '../rig/processes.js';
import { killDaemons, startRouterd } from '../rig/routerd.js';
import { routerctl } from '../rig/routerctl.js';
import type { Ended } from '../rig/routerctl.js';
import { userGit } from '../rig/store.js';
import { tempDir } from '../rig/temp.js';

interface Item {
  readonly target: string;
  readonly by: string;
  readonly reason: string;
  readonly leftSeconds: number;
}

interface Status {
  readonly suspended: readonly Item[];
  readonly withheld: { readonly kind: string } | null;
  readonly plugins: readonly {
    readonly name: string;
    readonly next: string;
    readonly lastRun: string | null;
  }[];
}

describe('suspending', function () {
  this.timeout(60_000);
  afterEach(killDaemons);

  let config = '';
  let state = '';
  let where: readonly string[] = [];

  const ctl = (...args: string[]): Promise<Ended> => routerctl([...args, ...where]);
  const status = async (): Promise<Status> => (await ctl('status', '-o', 'json')).json() as Status;
  const suspendPlugin = (...more: string[]): Promise<Ended> =>
    ctl('suspend', 'plugin/p', '--for', '2h', '--reason', 'the cloud is down', ...more);

  beforeEach(async () => {
    config = await configDir({ 'router.yaml': routerFile(route('own')) });
    state = join(await tempDir(), 'S');
    where = ['--config', config, '--state', state];
    await addPlugin(config, 'p', { program: answers('p', { resources: [route('of-p')] }) });
    expect((await ctl('reconcile')).code).to.equal(0);
  });

  it('is committed with who and why, and every status shows that and how long still', async () => {
    const done = await suspendPlugin();
    expect([done.code, done.stderr]).to.deep.equal([0, '']);
    expect(done.stdout).to.match(
      /^suspended: plugin\/p for 2h still, until \S+Z, by \S+: the cloud is down\n$/,
    );
    const [last] = history(state, 1);
    expect(last?.subject).to.match(/^control: suspend plugin\/p \(\S+\)$/);
    expect(last?.trailers.get('Trigger')).to.deep.equal(['suspend plugin/p']);
    expect(userGit(state, 'log', '-1', '--format=%b')).to.match(/^why: the cloud is down \(until \S+\)$/m);
    expect(userGit(state, 'diff', '--name-only', 'HEAD~1')).to.equal('control/suspend.yaml\n');
    const [item, ...more] = (await status()).suspended;
    expect(more).to.deep.equal([]);
    expect(item).to.include({ target: 'plugin/p', reason: 'the cloud is down' });
    expect(item?.leftSeconds).to.be.within(7_000, 7_200);
    expect((await ctl('status')).stdout).to.match(
      /^suspended: plugin\/p for (2h|1h59m)\S* still, until \S+Z, by \S+: the cloud is down$/m,
    );
    expect((await status()).plugins[0]?.next).to.match(/^suspended by /);
    await checkState(state);
  });

  it('refuses plugin run with a hint at resume, and reconcile goes on without the plugin', async () => {
    await suspendPlugin();
    const run = await ctl('plugin', 'run', 'p');
    expect(run.code).to.equal(1);
    expect(run.stderr).to.match(/^routerctl: the plugin p is suspended by .*: the cloud is down\n/);
    expect(run.stderr).to.match(/hint: routerctl resume plugin\/p\n$/);
    await addPlugin(config, 'p', { program: answers('p', { resources: [route('changed')] }) });
    expect((await ctl('reconcile')).code).to.equal(0);
    expect(userGit(state, 'show', 'HEAD:effective-config.yaml')).to.contain('of-p');
    const resumed = await ctl('resume', 'plugin/p', '-m', 'it is up');
    expect([resumed.code, resumed.stdout, resumed.stderr]).to.deep.equal([0, 'resumed: plugin/p\n', '']);
    expect((await ctl('reconcile')).code).to.equal(0);
    expect(userGit(state, 'show', 'HEAD:effective-config.yaml')).to.contain('changed');
    expect(userGit(state, 'ls-tree', '-r', '--name-only', 'HEAD')).not.to.contain('control/');
    await checkState(state);
  });

  it('of everything keeps an edit from being taken, and says so', async () => {
    await ctl('suspend', 'all', '--for', '10m', '--reason', 'freeze');
    await writeFile(join(config, 'router.yaml'), routerFile(route('own'), route('edit')));
    const done = await ctl('reconcile');
    expect(done.code).to.equal(1);
    expect(done.stderr)
      .to.match(/is suspended until \S+ by \S+ since \S+ \(freeze\)/)
      .and.contain('resume all');
    expect((await status()).withheld?.kind).to.equal('suspended');
    expect((await ctl('resume', 'all')).code).to.equal(0);
    expect((await ctl('reconcile')).code).to.equal(0);
    expect(userGit(state, 'show', 'HEAD:effective-config.yaml')).to.contain('edit');
    await checkState(state);
  });

  it('names what is wrong with what was asked, and changes nothing', async () => {
    const before = userGit(state, 'rev-parse', 'HEAD');
    const cases: [string[], RegExp][] = [
      [['suspend', 'plugin/x', '--for', '1h', '--reason', 'r'], /there is no plugin\/x; known: plugin\/p$/m],
      [['suspend', 'p', '--for', '1h', '--reason', 'r'], /"p" is neither plugin\/NAME nor all$/m],
      [['suspend', 'plugin/p', '--for', '0', '--reason', 'r'], /--for takes a duration above 0/],
      [['suspend', 'plugin/p', '--for', '99999h', '--reason', 'r'], /--for is at most 8784h$/m],
      [['suspend', 'plugin/p', '--for', 'soon', '--reason', 'r'], /a duration such as/],
      [['suspend', 'plugin/p', '--for', '1h', '--reason', ' '], /--reason is empty/],
      [['suspend', 'plugin/p', '--for', '1h'], /--reason/],
      [['suspend', 'plugin/p', '--reason', 'r'], /--for/],
      [['resume', 'plugin/p'], /plugin\/p is not suspended; nothing is suspended$/m],
    ];
    for (const [args, expected] of cases) {
      const { code, stderr } = await ctl(...args);
      expect(code, args.join(' ')).to.equal(1);
      expect(stderr, args.join(' ')).to.match(expected);
    }
    expect(userGit(state, 'rev-parse', 'HEAD')).to.equal(before);
    await ctl('suspend', 'all', '--for', '1h', '--reason', 'r');
    expect((await ctl('resume', 'plugin/p')).stderr).to.equal(
      'routerctl: plugin/p is not suspended; what is: all\n',
    );
    const elsewhere = ['--config', config, '--state', join(await tempDir(), 'E')];
    const early = await routerctl(['suspend', 'all', '--for', '1h', '--reason', 'r', ...elsewhere]);
    expect([early.code, early.stderr]).to.deep.equal([
      1,
      'routerctl: nothing is in force yet: run routerctl reconcile\n',
    ]);
  });

  it('ends by itself in a running routerd, over a kill and a restart', async () => {
    await ctl('suspend', 'all', '--for', '3s', '--reason', 'short');
    await writeFile(join(config, 'router.yaml'), routerFile(route('own'), route('edit')));
    const first = await startRouterd(where);
    await until('it looks', () => first.log().includes('waiting'));
    await first.stop('SIGKILL');
    expect(userGit(state, 'show', 'HEAD:effective-config.yaml')).not.to.contain('edit');
    const second = await startRouterd(where);
    await until('the edit is taken', () =>
      userGit(state, 'show', 'HEAD:effective-config.yaml').includes('edit'),
    );
    await second.stop();
    expect((await status()).suspended).to.deep.equal([]);
    await checkState(state);
  });

  it('is ended in a running routerd by resume at once', async () => {
    const daemon = await startRouterd(where);
    await until('it looks', () => daemon.log().includes('waiting'));
    await ctl('suspend', 'all', '--for', '2h', '--reason', 'freeze');
    await writeFile(join(config, 'router.yaml'), routerFile(route('own'), route('edit')));
    expect((await ctl('reconcile', '--wait')).code, 'the edit is not in force').to.equal(1);
    await ctl('resume', 'all');
    await until('the edit is taken', () =>
      userGit(state, 'show', 'HEAD:effective-config.yaml').includes('edit'),
    );
    await daemon.stop();
    await checkState(state);
  });
});

describe('suspending executors and inventory plugins', function () {
  this.timeout(60_000);

  it('closes the gate of an executor: nothing is executed, by name or by all', async () => {
    const here = await actionSetting();
    await action(here, 'approve', here.id);
    for (const target of ['plugin/oci-executor', 'all']) {
      const args = ['suspend', target, '--for', '1h', '--reason', 'freeze', ...here.where];
      expect((await routerctl(args)).code, target).to.equal(0);
      for (const flag of ['--approved', '--dry-run']) {
        const { code, stdout, stderr } = await action(here, 'execute', here.id, flag);
        expect(code, flag).not.to.equal(0);
        expect(stdout + stderr)
          .to.contain(`is suspended by`)
          .and.contain(`routerctl resume ${target}`);
      }
      await routerctl(['resume', target, ...here.where]);
    }
    expect(effectsOf(here)).to.deep.equal([]);
    expect((await action(here, 'execute', here.id, '--approved')).code, 'the approval still holds').to.equal(
      0,
    );
    await checkState(here.state);
  });

  it('refuses inventory run', async () => {
    const here = await poolSetting({ seen: seeing(20) });
    await routerctl(['reconcile', ...here.where]);
    const args = ['suspend', 'all', '--for', '1h', '--reason', 'freeze', ...here.where];
    expect((await routerctl(args)).code).to.equal(0);
    const { code, stderr } = await look(here);
    expect(code).to.equal(1);
    expect(stderr).to.match(
      /^routerctl: the plugin oci-inventory is suspended by .*\n {2}hint: routerctl resume all\n$/,
    );
    await checkState(here.state);
  });
});
