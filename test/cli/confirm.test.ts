import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ValueMap } from '../../protocol/resource.js';
import { route } from '../rig/build.js';
import { configDir, routerFile, writeFiles } from '../rig/config-dir.js';
import { checkState, history } from '../rig/invariants.js';
import { until } from '../rig/processes.js';
import { killDaemons, startRouterd } from '../rig/routerd.js';
import { routerctl, startRouterctl } from '../rig/routerctl.js';
import { userGit } from '../rig/store.js';
import { tempDir } from '../rig/temp.js';

interface Site {
  readonly config: string;
  readonly state: string;
  readonly where: readonly string[];
}

/** A router that is at generation 1, with one good route. */
async function site(...more: ValueMap[]): Promise<Site> {
  const config = await configDir({ 'router.yaml': routerFile(...more, route('good')) });
  const state = join(await tempDir(), 'S');
  const where = ['--config', config, '--state', state];
  expect((await routerctl(['reconcile', ...where])).code).to.equal(0);
  return { config, state, where };
}

const edit = ({ config }: Site, ...names: string[]) =>
  writeFiles(config, { 'router.yaml': routerFile(...names.map(name => route(name))) });

/** What is in force, byte for byte. */
const inForce = ({ state }: Site): string[] =>
  ['startup-config.yaml', 'effective-config.yaml'].map(path => userGit(state, 'show', `main:${path}`));

const subjects = ({ state }: Site): string[] => history(state).map(({ subject }) => subject);
const lastTriggers = ({ state }: Site): readonly string[] =>
  history(state).at(-1)?.trailers.get('Trigger') ?? [];
const pends = ({ state }: Site): boolean => existsSync(join(state, 'control/confirm.yaml'));

describe('a confirmed change', function () {
  this.timeout(60_000);
  afterEach(killDaemons);

  it('a bad startup with --confirm 2s, daemon killed, restarted: what was before is back, byte for byte', async () => {
    const here = await site();
    const before = inForce(here);
    const first = await startRouterd(here.where);
    await until('the daemon watches', () => first.log().includes('waiting'));
    await edit(here, 'bad');
    const command = await routerctl(['reconcile', '--confirm', '2s', ...here.where]);
    expect(command.stderr).to.contain('to be confirmed: generation 2');
    expect(command.code).to.equal(0);
    expect(inForce(here)).not.to.deep.equal(before);
    await first.stop('SIGKILL');

    const second = await startRouterd(here.where);
    await until('the edit is taken back', () => lastTriggers(here).includes('confirm-expired 2'));
    expect(inForce(here)).to.deep.equal(before);
    const said = subjects(here);
    for (let ticks = 0; ticks < 3; ticks++) {
      expect((await routerctl(['reconcile', '--wait', ...here.where])).stderr).to.equal('');
    }
    expect(subjects(here)).to.deep.equal(said);
    await edit(here, 'good', 'better');
    await until('the next edit is in force', () => inForce(here)[1]?.includes('better') ?? false);
    expect(await second.stop()).to.equal(0);
    await checkState(here.state);
  });

  it('is taken back by the command itself where no daemon runs', async () => {
    const here = await site();
    const before = inForce(here);
    await edit(here, 'bad');
    const { code, stderr } = await routerctl(['reconcile', '--confirm', '500ms', ...here.where]);
    expect(code).to.equal(1);
    expect(stderr).to.contain('the startup-config of generation 1 is in force again, as generation 3');
    expect(inForce(here)).to.deep.equal(before);
    await checkState(here.state);
  });

  it('is taken back by the next pass where the command that waited was killed', async () => {
    const here = await site();
    const before = inForce(here);
    await edit(here, 'bad');
    const waiting = await startRouterctl(['reconcile', '--confirm', '1s', ...here.where]);
    await until('the edit is in force', () => pends(here));
    waiting.child.kill('SIGKILL');
    await waiting.ended;
    await until('its time is over', async () => {
      const { json } = await routerctl(['confirm', '--status', ...here.where, '-o', 'json']);
      return (json() as { state: string }).state === 'over';
    });
    expect((await routerctl(['confirm', ...here.where])).stderr).to.contain('was over at');
    expect((await routerctl(['reconcile', ...here.where])).code).to.equal(1);
    expect(inForce(here)).to.deep.equal(before);
    expect((await routerctl(['confirm', '--status', ...here.where])).code).to.equal(1);
    await checkState(here.state);
  });

  it('stays where somebody confirms it from another shell; a second one is refused meanwhile', async () => {
    const here = await site();
    await edit(here, 'new');
    const waiting = await startRouterctl(['reconcile', '--confirm', '10m', ...here.where]);
    await until('the edit is in force', () => pends(here));
    const status = await routerctl(['confirm', '--status', ...here.where]);
    expect(status.stdout).to.match(/^to be confirmed: generation 2 by .*, within (?:10m|9m\d+s), until /);
    expect((await routerctl(['status', ...here.where])).stdout).to.contain('to be confirmed: generation 2');
    await edit(here, 'newer');
    const second = await routerctl(['reconcile', '--confirm', '10m', ...here.where]);
    expect(second.code).to.equal(1);
    expect(second.stderr).to.contain('generation 2').and.to.contain('is not confirmed yet');
    const other = await routerctl(['reconcile', '--yes', ...here.where]);
    expect(other.code).to.equal(1);
    expect(other.stderr).to.contain('waits until the change before it is confirmed');
    expect((await routerctl(['confirm', '-m', 'it works', ...here.where])).stdout).to.equal(
      'confirmed generation 2\n',
    );
    const { code, stderr } = await waiting.ended;
    expect(stderr).to.contain('generation 2 is confirmed\n');
    expect(code).to.equal(0);
    expect((await routerctl(['reconcile', ...here.where])).code).to.equal(0);
    expect(inForce(here)[1]).to.contain('newer');
    await checkState(here.state);
  });

  it('is confirmed by its probe, by the command and by the daemon', async () => {
    const here = await site();
    await edit(here, 'new');
    const flag = join(await tempDir(), 'flag');
    const asked = ['reconcile', '--confirm', '60s', '--probe', `test -e ${flag} # works`, ...here.where];
    const waiting = await startRouterctl(asked);
    await until('the edit is in force', () => pends(here));
    await writeFiles(join(flag, '..'), { flag: '' });
    const { code, stderr } = await waiting.ended;
    expect(stderr).to.contain('the probe succeeded: generation 2 is confirmed');
    expect(code).to.equal(0);

    const daemon = await startRouterd(here.where);
    await until('the daemon watches', () => daemon.log().includes('waiting'));
    await edit(here, 'newest');
    await routerctl(['reconcile', '--confirm', '60s', '--probe', `test -e ${flag}`, ...here.where]);
    await until('the probe confirms', () => lastTriggers(here).includes('confirm 3'));
    expect(history(here.state).at(-1)?.author).to.equal('routerd');
    expect(await daemon.stop()).to.equal(0);
    await checkState(here.state);
  });

  it('says so where there is nothing to confirm', async () => {
    const config = await configDir({ 'router.yaml': routerFile(route('good')) });
    const where = ['--config', config, '--state', join(await tempDir(), 'S')];
    const first = await routerctl(['reconcile', '--confirm', '10m', ...where]);
    expect(first.stderr).to.contain('before the first generation there is nothing to go back to');
    expect(first.code).to.equal(0);
    expect((await routerctl(['confirm', ...where])).stderr).to.equal(
      'routerctl: nothing waits to be confirmed\n',
    );
    for (const wrong of ['0', '10', 'soon', '-1m'])
      expect((await routerctl(['reconcile', `--confirm=${wrong}`, ...where])).code, wrong).to.equal(1);
  });
});
