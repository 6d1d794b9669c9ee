import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { route } from '../rig/build.js';
import { cloudedge, inventory } from '../rig/cloudedge.js';
import { addPlugin, answers, configDir, routerFile, setProgram, writeFiles } from '../rig/config-dir.js';
import { checkState, history } from '../rig/invariants.js';
import { until } from '../rig/processes.js';
import { killDaemons, startRouterd } from '../rig/routerd.js';
import { routerctl } from '../rig/routerctl.js';
import { tempDir } from '../rig/temp.js';

interface Status {
  readonly generation: number;
  readonly conditions: readonly {
    readonly type: string;
    readonly status: string;
    readonly message: string;
  }[];
  readonly daemon: { readonly pid: number } | null;
  readonly watch: { readonly status: string } | null;
}

const triggersOf = (state: string) => history(state).at(-1)?.trailers.get('Trigger') ?? [];

async function statusOf(where: readonly string[]): Promise<Status> {
  return (await routerctl(['status', ...where, '-o', 'json'])).json() as Status;
}

const commits = (state: string) => {
  try {
    return history(state).length;
  } catch {
    return 0;
  }
};

/** Waits until the last commit was caused by `trigger`. */
const caused = (state: string, trigger: RegExp) =>
  until(
    `a commit caused by ${String(trigger)}`,
    () => commits(state) > 0 && triggersOf(state).some(text => trigger.test(text)),
  );

describe('routerd', function () {
  this.timeout(60_000);
  afterEach(killDaemons);

  it('turns edits, events, ending leases and mended files into generations, and says why', async () => {
    const { config, state, where } = await cloudedge(answers('oci-inventory', inventory));
    const daemon = await startRouterd(where);
    await caused(state, /^interval oci-inventory$/);

    await writeFiles(config, {
      'more.yaml': routerFile(route('more')).replace('edge', 'cloudedge'),
    });
    await caused(state, /^config more\.yaml$/);

    // A lease of a second: the event brings the result in, and the lease ends by itself.
    await setProgram(
      config,
      'oci-inventory',
      answers('oci-inventory', { ttl: '1s', resources: [route('short')] }),
    );
    await caused(state, /^(input|expiry Plugin)/);
    await caused(state, /^expiry Plugin\/oci-inventory#\d+$/);
    expect(readFileSync(join(state, 'effective-config.yaml'), 'utf8')).to.contain(
      'cloud-app-static-fallback',
    );

    expect((await routerctl(['event', 'publish', 'routerd.cloud.oci.refresh', ...where])).code).to.equal(0);
    await until('the event runs the plugin', () => daemon.log().includes('cause=event'));

    await writeFiles(config, { 'more.yaml': 'a: [\n' });
    await until('the broken file shows', async () => {
      const ready = (await statusOf(where)).conditions.find(({ type }) => type === 'Ready');
      return ready?.status === 'False' && ready.message.startsWith('more.yaml:');
    });
    const broken = await statusOf(where);
    expect(broken.watch?.status).to.equal('ok');
    expect(broken.daemon?.pid).to.equal(daemon.child.pid);

    await writeFiles(config, {
      'more.yaml': routerFile(route('mended')).replace('edge', 'cloudedge'),
    });
    await caused(state, /^config more\.yaml$/);
    expect(
      (await routerctl(['wait', '--for', 'condition=Ready', '--timeout', '10s', ...where])).code,
    ).to.equal(0);
    expect((await routerctl(['reconcile', '--wait', ...where])).code).to.equal(0);

    expect(await daemon.stop()).to.equal(0);
    expect((await statusOf(where)).daemon).to.equal(null);
    await checkState(state);
  });

  it('goes on after it was killed, from the last good generation', async () => {
    const { state, where } = await cloudedge(answers('oci-inventory', inventory));
    const first = await startRouterd(where);
    await caused(state, /^interval oci-inventory$/);
    await first.stop('SIGKILL');
    const second = await startRouterd(where);
    await until('it waits again', () => second.log().includes('waiting'));
    expect(await second.stop('SIGINT')).to.equal(0);
    await checkState(state);
  });

  it('lets one daemon only serve a state directory, and names it', async () => {
    const { state, where } = await cloudedge(answers('oci-inventory', inventory));
    const first = await startRouterd(where);
    await caused(state, /^interval oci-inventory$/);
    const second = await startRouterd(where);
    await until('the second gives up', () => second.child.exitCode !== null);
    expect(second.child.exitCode).to.equal(75);
    expect(second.log()).to.contain(String(first.child.pid));
    expect(await first.stop()).to.equal(0);
  });

  it('ends the plugins that run when it is stopped', async () => {
    const config = await configDir({ 'router.yaml': routerFile(route('a')) });
    const pidFile = join(await tempDir(), 'pid');
    await addPlugin(config, 'slow', { program: `#!/bin/sh\necho $$ > ${pidFile}\nexec sleep 600\n` });
    const state = join(await tempDir(), 'S');
    const daemon = await startRouterd(['--config', config, '--state', state]);
    let pid = 0;
    await until('the plugin runs', () => {
      try {
        pid = Number(readFileSync(pidFile, 'utf8'));
      } catch {
        return false;
      }
      return pid > 0;
    });
    expect(await daemon.stop()).to.equal(0);
    expect(() => process.kill(pid, 0)).to.throw(/ESRCH/);
  });

  it('notices a directory that was renamed away and made anew', async () => {
    const config = await configDir({ 'router.yaml': routerFile(route('a')) });
    const state = join(await tempDir(), 'S');
    const daemon = await startRouterd(['--config', config, '--state', state]);
    await caused(state, /^config router\.yaml$/);
    await rename(config, `${config}.old`);
    await mkdir(config, { mode: 0o755 });
    await writeFiles(config, { 'router.yaml': routerFile(route('b')) });
    await until('the new directory counts', () => commits(state) === 2);
    expect(history(state).at(-1)?.files.get('effective-config.yaml')).to.contain('name: b');
    expect(await daemon.stop()).to.equal(0);
  });

  it('serves metrics and health on a socket, and writes the metrics to a file', async () => {
    const { state, where } = await cloudedge(answers('oci-inventory', inventory));
    const socketPath = join(await tempDir(), 'http');
    const daemon = await startRouterd([...where, '--listen', `unix:${socketPath}`]);
    await caused(state, /^interval oci-inventory$/);
    const fetch = (path: string) =>
      new Promise<string>((resolve, reject) => {
        const request = get({ socketPath, path }, response => {
          let text = `${response.statusCode} `;
          response.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
          response.on('end', () => {
            resolve(text);
          });
        });
        request.on('error', reject);
      });
    await until('it listens', () =>
      fetch('/healthz').then(
        text => text.startsWith('200'),
        () => false,
      ),
    );
    expect(await fetch('/readyz')).to.match(/^200 /);
    expect(await fetch('/metrics')).to.match(/^200 .*routerd_generation \d/s);
    expect(await fetch('/nothing')).to.match(/^404 /);
    expect(readFileSync(join(state, 'run/metrics.prom'), 'utf8')).to.contain(
      'routerd_plugin_runs_total{plugin="oci-inventory"',
    );
    expect(await daemon.stop()).to.equal(0);
  });

  it('logs JSON when it is asked to', async () => {
    const config = await configDir({ 'router.yaml': routerFile(route('a')) });
    const state = join(await tempDir(), 'S');
    const daemon = await startRouterd(['--config', config, '--state', state, '--log-format', 'json']);
    await caused(state, /^config/);
    await daemon.stop();
    const entries = daemon
      .log()
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as { readonly message: string; readonly level: string });
    expect(entries.map(({ message }) => message)).to.include('committed generation 1');
  });

  it('takes events that any program drops, and puts bad ones aside with the reason', async () => {
    const { state, where } = await cloudedge(answers('oci-inventory', inventory));
    const daemon = await startRouterd(where);
    await caused(state, /^interval oci-inventory$/);
    const inbox = join(state, 'run/inbox');
    await mkdir(inbox, { recursive: true });
    const deliver = async (name: string, text: string) => {
      await writeFile(join(inbox, `.${name}`), text);
      await rename(join(inbox, `.${name}`), join(inbox, name));
    };
    await deliver('bad.yaml', 'kind: Nothing\n');
    await deliver(
      'good.json',
      '{"apiVersion":"event.routerd.net/v1alpha1","kind":"Event","spec":{"topic":"routerd.cloud.oci.refresh"}}',
    );
    await until('the good one runs the plugin', () => daemon.log().includes('cause=event'));
    await until('the bad one is put aside', () => {
      try {
        return readFileSync(join(inbox, 'rejected/bad.yaml.reason'), 'utf8') !== '';
      } catch {
        return false;
      }
    });
    expect(await daemon.stop()).to.equal(0);
  });
});
