import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { route } from '../rig/build.js';
import { addPlugin, answers, configDir, proposer, routerFile, writeFiles } from '../rig/config-dir.js';
import { until } from '../rig/processes.js';
import { killDaemons, startRouterd } from '../rig/routerd.js';
import { routerctl, startRouterctl } from '../rig/routerctl.js';
import type { Ended } from '../rig/routerctl.js';
import { tempDir } from '../rig/temp.js';

interface Status {
  readonly conditions: readonly {
    readonly type: string;
    readonly status: string;
    readonly message: string;
  }[];
  readonly plugins: readonly { readonly name: string; readonly outcome: string | null }[];
}

describe('waiting for a running routerd', function () {
  this.timeout(60_000);
  afterEach(killDaemons);

  let config = '';
  let where: readonly string[] = [];
  let gate = '';

  beforeEach(async () => {
    config = await configDir({ 'router.yaml': routerFile(route('a')) });
    const dir = await tempDir();
    where = ['--config', config, '--state', join(dir, 'S')];
    gate = join(dir, 'gate');
  });

  /** A plugin that answers, or ends with code 3, once there is something at `gate`. */
  async function slow(name: string, end: 'answers' | 'fails'): Promise<void> {
    const rest =
      end === 'answers' ? answers(name, { resources: [route(`of-${name}`)] }) : '#!/bin/sh\nexit 3\n';
    const body = rest.slice(rest.indexOf('\n') + 1);
    await addPlugin(config, name, {
      program: `#!/bin/sh\nwhile [ ! -e '${gate}' ]; do sleep 0.05; done\n${body}`,
      spec: { ...proposer, timeout: '50s' },
    });
  }

  async function reconciling(): Promise<string> {
    const { conditions } = (await routerctl(['status', ...where, '-o', 'json'])).json() as Status;
    const found = conditions.find(({ type }) => type === 'Reconciling');
    return `${found?.status} ${found?.message}`;
  }

  const outcomes = ({ json }: Ended) =>
    (json() as Status).plugins.map(({ name, outcome }) => [name, outcome]);

  /** What the two commands say that are waiting while the gate opens. */
  async function waited(): Promise<{ wait: Ended; condition: Ended }> {
    const daemon = await startRouterd(where);
    await until('the plugin runs', async () => (await reconciling()).startsWith('True'));
    const short = await routerctl(['reconcile', '--wait', '--timeout', '1s', ...where]);
    expect([short.code, short.stdout]).to.deep.equal([1, '']);
    expect(short.stderr).to.match(/after 1s, still running: p\n$/);
    const impatient = await routerctl([
      'wait',
      '--for',
      'condition=Reconciling=False',
      '--timeout',
      '0s',
      ...where,
    ]);
    expect(impatient.code).to.equal(1);
    expect(impatient.stderr).to.contain('the condition Reconciling is True: running: p');

    const wait = await startRouterctl(['reconcile', '--wait', ...where, '-o', 'json']);
    const condition = await startRouterctl(['wait', '--for', 'condition=Reconciling=False', ...where]);
    // The first look was that of the impatient one.
    await until('it was asked again', () => daemon.log().split('looking again').length === 3);
    await writeFile(gate, '');
    return { wait: await wait.ended, condition: await condition.ended };
  }

  it('reconcile --wait waits until the runs are taken in', async () => {
    await slow('p', 'answers');
    const { wait, condition } = await waited();
    expect(outcomes(wait)).to.deep.equal([['p', 'accepted']]);
    expect([wait.code, condition.code]).to.deep.equal([0, 0]);
    expect(condition.stdout).to.equal('condition Reconciling is False\n');
    expect((await routerctl(['dynamic', 'render', ...where])).stdout).to.contain('of-p');
  });

  it('reconcile --wait fails with a run that fails, and only then', async () => {
    await slow('p', 'fails');
    const { wait, condition } = await waited();
    expect(outcomes(wait)).to.deep.equal([['p', 'failed']]);
    expect([wait.code, condition.code]).to.deep.equal([1, 0]);
  });

  it('reconcile --wait fails while the startup-config is broken', async () => {
    await startRouterd(where);
    await until('it is there', async () => (await reconciling()).startsWith('False'));
    expect((await routerctl(['reconcile', '--wait', ...where])).code).to.equal(0);
    await writeFiles(config, { 'router.yaml': 'a: [\n' });
    expect((await routerctl(['reconcile', '--wait', ...where])).code).to.equal(1);
  });

  it('shows no run of a daemon that was killed', async () => {
    await slow('p', 'answers');
    const daemon = await startRouterd(where);
    await until('the plugin runs', async () => (await reconciling()).startsWith('True'));
    await daemon.stop('SIGKILL');
    await writeFile(gate, '');
    await until('the run is over', async () => (await reconciling()) === 'False no plugin runs');
  });
});
