import { expect } from 'chai';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../../protocol/digest.js';
import { route } from '../rig/build.js';
import { addPlugin, answers, proposer, routerFile, setProgram } from '../rig/config-dir.js';
import { reconcile, run, setting } from '../rig/setting.js';
import { routerctl } from '../rig/routerctl.js';
import { searchPath, userGit } from '../rig/store.js';
import { tempDir } from '../rig/temp.js';

describe('what a plugin gets', () => {
  /** A program that keeps every request and its environment, one file a run, and answers with nothing. */
  const recorder = (dir: string): string =>
    answers('p', {}).replace(
      'cat > /dev/null',
      `cat > '${dir}'/request.$$\nenv > '${dir}'/env.$$\npwd >> '${dir}'/env.$$`,
    );

  async function recorded(dir: string, kind: string): Promise<string> {
    const names = (await readdir(dir)).filter(name => name.startsWith(kind));
    expect(names).to.have.length(1);
    const [name = ''] = names;
    const text = await readFile(join(dir, name), 'utf8');
    await rm(join(dir, name));
    return text;
  }

  interface Request {
    readonly spec: { readonly now: string; readonly context?: unknown };
  }

  it('is the PluginRequest of the seed, and nothing more', async () => {
    const here = await setting();
    const dir = await tempDir();
    await setProgram(here.config, 'p', recorder(dir));
    const request = async (): Promise<Request> => {
      const text = await recorded(dir, 'request');
      expect(text.endsWith('}\n')).to.equal(true);
      return JSON.parse(text) as Request;
    };
    const expected = (type: string, topic: string, generations: readonly [number, number]) => ({
      apiVersion: 'plugin.routerd.net/v1alpha1',
      kind: 'PluginRequest',
      metadata: { name: 'p' },
      spec: {
        trigger: { type, topic },
        startupConfigHash: sha256(userGit(here.state, 'show', 'HEAD:startup-config.yaml')),
        effectiveGeneration: generations[0],
        previousDynamicGeneration: generations[1],
      },
    });
    const withoutNow = ({ spec: { now, ...spec }, ...rest }: Request): unknown => {
      expect(now).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z$/);
      expect(Math.abs(Date.parse(now) - Date.now())).to.be.below(60_000);
      return { ...rest, spec };
    };

    await reconcile(here);
    expect(withoutNow(await request())).to.deep.equal(expected('interval', '', [0, 0]));
    await run(here);
    expect(withoutNow(await request())).to.deep.equal(expected('event', 'routerd.plugin.run', [1, 1]));
    await setProgram(here.config, 'p', `${recorder(dir)}# changed\n`);
    await reconcile(here);
    expect(withoutNow(await request())).to.deep.equal(expected('event', 'routerd.config.changed', [1, 1]));
  });

  it('holds the resources of its allow-list, redacted, and no others', async () => {
    const here = await setting();
    const dir = await tempDir();
    const tunnel = {
      apiVersion: 'example.org/v1',
      kind: 'Tunnel',
      metadata: { name: 'tunnel' },
      spec: {
        peer: '192.0.2.1',
        Pre_Shared_Key: 's3cret',
        credentials: { user: 's3cret' },
        tokens: ['s3cret'],
        keyFile: '/s3cret',
        passwordFrom: { file: '/s3cret' },
        deviceFrom: { resource: 'Interface/lan0' },
        list: [{ psk: 's3cret', port: 1 }],
      },
    };
    await writeFile(join(here.config, 'router.yaml'), routerFile(route('default'), tunnel));
    const ref = (kind: string, name: string) => ({ apiVersion: 'example.org/v1', kind, name });
    await addPlugin(here.config, 'p', {
      program: recorder(dir),
      spec: { ...proposer, context: { resources: [ref('Tunnel', 'tunnel'), ref('Tunnel', 'absent')] } },
    });
    await reconcile(here);
    const text = await recorded(dir, 'request');
    expect(text).not.to.contain('s3cret');
    expect((JSON.parse(text) as Request).spec.context).to.deep.equal({
      resources: [
        {
          ...ref('Tunnel', 'tunnel'),
          spec: {
            peer: '192.0.2.1',
            Pre_Shared_Key: '',
            tokens: '',
            deviceFrom: { resource: 'Interface/lan0' },
            list: [{ psk: '', port: 1 }],
          },
        },
      ],
    });
    // A change elsewhere reruns nothing; one of what it may read does.
    await writeFile(join(here.config, 'more.yaml'), JSON.stringify(route('more')));
    expect((await reconcile(here)).plugins.map(({ outcome }) => outcome)).to.deep.equal(['notDue']);
    const other = { ...tunnel, spec: { ...tunnel.spec, peer: '192.0.2.9' } };
    await writeFile(join(here.config, 'router.yaml'), routerFile(route('default'), other));
    expect((await reconcile(here)).plugins.map(({ why }) => why)).to.deep.equal(['its inputs changed']);
  });

  it('comes with PATH and the declared variables alone, in the root folder', async () => {
    const here = await setting();
    const dir = await tempDir();
    const spec = { ...proposer, env: { REGION: 'eu-1' } };
    await addPlugin(here.config, 'p', { program: recorder(dir), spec });
    const env = {
      ROUTERD_STATE: here.state,
      SECRET: 'x',
      GIT_DIR: '/x',
      NODE_OPTIONS: '--no-warnings',
      LANG: 'C',
    };
    const { code } = await routerctl(['reconcile', '--config', here.config], { env, cwd: here.config });
    expect(code).to.equal(0);
    const lines = (await recorded(dir, 'env')).split('\n').filter(line => line !== '');
    // These three are the shell's own.
    const own = lines.filter(line => !/^(?:PWD|OLDPWD|SHLVL|_)=/.test(line)).sort();
    expect(own).to.deep.equal(['/', `PATH=${searchPath}`, 'REGION=eu-1']);
  });

  it('gets the places of programs where PATH is not set', async () => {
    const here = await setting();
    const dir = await tempDir();
    await addPlugin(here.config, 'p', { program: recorder(dir) });
    const { code, stderr } = await routerctl(['reconcile', ...here.where], { env: { PATH: '' } });
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(await recorded(dir, 'env')).to.contain(
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n',
    );
  });
});
