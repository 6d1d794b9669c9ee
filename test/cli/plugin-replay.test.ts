import { expect } from 'chai';
import { chmod, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ValueMap } from '../../protocol/resource.js';
import { route } from '../rig/build.js';
import { addPlugin, answers, proposer, routerFile, setProgram, writeFiles } from '../rig/config-dir.js';
import { listing } from '../rig/listing.js';
import { routerctl } from '../rig/routerctl.js';
import type { Ended } from '../rig/routerctl.js';
import { run, setting } from '../rig/setting.js';
import type { Setting } from '../rig/setting.js';
import { userGit } from '../rig/store.js';
import { tempDir } from '../rig/temp.js';

interface Replay {
  readonly kind: string;
  readonly executable: { readonly path: string; readonly digest: string };
  readonly summary: Readonly<Record<string, number>>;
  readonly runs: readonly {
    readonly part: string;
    readonly outcome: string;
    readonly recorded: boolean;
    readonly digest: { readonly was: string; readonly is: string | null };
    readonly problems: readonly { readonly reason: string }[];
    readonly diff: string;
  }[];
}

const recording: ValueMap = { ...proposer, record: true };

/** The setting in which `p` has run twice, and its results are recorded if `record`. */
async function ranTwice(record: boolean): Promise<Setting> {
  const here = await setting();
  if (record)
    await addPlugin(here.config, 'p', {
      program: answers('p', { resources: [route('of-p'), route('other')] }),
      spec: recording,
    });
  for (const outcome of ['accepted', 'renewed'])
    expect(await run(here)).to.include({ code: 0, result: outcome });
  return here;
}

/** A program outside of the config directory. */
async function program(text: string): Promise<string> {
  const dir = await tempDir();
  await setProgram(dir, 'new', text);
  return join(dir, 'plugins/new/bin/new');
}

/** A replay that is watched: nothing may change in the state directory or beside it. */
async function replay({ where, state, config }: Setting, ...more: string[]): Promise<Ended> {
  const places = [dirname(state), dirname(config)];
  const before = await Promise.all(places.map(listing));
  const ended = await routerctl(['plugin', 'replay', 'p', ...where, ...more]);
  expect(await Promise.all(places.map(listing))).to.deep.equal(before);
  return ended;
}

async function replayed(here: Setting, ...more: string[]): Promise<Replay & { code: number | null }> {
  const { code, json } = await replay(here, ...more, '-o', 'json');
  return { ...(json() as Replay), code };
}

async function exchangesOf({ state }: Setting): Promise<{ text: string; kept: ValueMap; mode: number }[]> {
  const dir = join(state, 'run/exchanges/p');
  return Promise.all(
    (await readdir(dir)).sort().map(async name => {
      const text = await readFile(join(dir, name), 'utf8');
      const { mode } = await stat(join(dir, name));
      return { text, kept: JSON.parse(text) as ValueMap, mode: mode & 0o777 };
    }),
  );
}

describe('the runs that are kept', () => {
  it('are those that were accepted: request and digest, outside of git', async () => {
    const here = await ranTwice(false);
    await setProgram(here.config, 'p', '#!/bin/sh\nexit 1\n');
    await run(here);
    const kept = await exchangesOf(here);
    expect(kept.map(({ kept: entry, mode }) => [entry['part'], 'result' in entry, mode])).to.deep.equal([
      ['Plugin/p#1', false, 0o600],
      ['Plugin/p#1', false, 0o600],
    ]);
    expect(kept[0]?.kept['request']).to.deep.include({ kind: 'PluginRequest' });
    expect(kept[0]?.kept['resultDigest']).to.match(/^sha256:/);
    expect(userGit(here.state, 'ls-tree', '-r', '--name-only', 'HEAD')).not.to.contain('exchanges');
    expect(userGit(here.state, 'status', '--porcelain')).to.equal('');
  });

  it('hold the result as well with record: true', async () => {
    const here = await ranTwice(true);
    const [first] = await exchangesOf(here);
    expect(first?.kept['result']).to.deep.include({ kind: 'PluginResult' });
  });

  it('hold no secret that the plugin was not shown', async () => {
    const here = await setting();
    const peer = {
      apiVersion: 'net.routerd.net/v1alpha1',
      kind: 'SecretHolder',
      metadata: { name: 'peer' },
      spec: { presharedKey: 'very-secret', endpoint: 'of-the-peer' },
    };
    await writeFiles(here.config, { 'router.yaml': routerFile(route('default'), peer) });
    const ref = { apiVersion: peer.apiVersion, kind: peer.kind, name: 'peer' };
    await addPlugin(here.config, 'p', {
      program: answers('p', {}),
      spec: { ...recording, context: { resources: [ref] } },
    });
    await run(here);
    const [first] = await exchangesOf(here);
    expect(first?.text).to.contain('of-the-peer').and.not.to.contain('very-secret');
  });

  it('are bounded in number', async function () {
    this.timeout(120_000);
    const here = await setting();
    await run(here);
    const dir = join(here.state, 'run/exchanges/p');
    const text = await readFile(join(dir, '00000001.json'), 'utf8');
    for (let i = 2; i <= 40; i++) {
      await writeFiles(dir, { [`${String(i).padStart(8, '0')}.json`]: text });
    }
    await run(here);
    const names = (await readdir(dir)).sort();
    expect([names.length, names[0], names.at(-1)]).to.deep.equal([32, '00000010.json', '00000041.json']);
  });
});

describe('plugin replay', () => {
  it('puts the same requests again, and finds that the same program says the same', async () => {
    const here = await ranTwice(true);
    const { code, kind, summary, runs } = await replayed(here);
    expect([code, kind, summary['same']]).to.deep.equal([0, 'PluginReplay', 2]);
    expect(runs.map(({ part, outcome, recorded, diff }) => [part, outcome, recorded, diff])).to.deep.equal([
      ['Plugin/p#1', 'same', true, ''],
      ['Plugin/p#1', 'same', true, ''],
    ]);
    const { stdout } = await replay(here, '--last', '1');
    expect(stdout).to.match(/^RUN +PART +OUTCOME/);
    expect(stdout).to.match(/\n1 same, by \//);
  });

  it('gives a new program the very bytes, and the environment of the plugin', async () => {
    const here = await setting();
    const dir = await tempDir();
    const keeping = (name: string) =>
      answers('p', { resources: [route('of-p')] }).replace(
        'cat > /dev/null',
        `cat > ${dir}/${name}\nenv > ${dir}/${name}.env\n`,
      );
    await addPlugin(here.config, 'p', {
      program: keeping('old'),
      spec: { ...recording, env: { GREETING: 'hello' } },
    });
    await run(here);
    const { code } = await replayed(here, '--executable', await program(keeping('new')));
    expect(code).to.equal(0);
    const read = (name: string) => readFile(join(dir, name), 'utf8');
    expect(await read('new')).to.equal(await read('old'));
    expect(await read('new.env'))
      .to.equal(await read('old.env'))
      .and.to.contain('GREETING=hello');
  });

  it('shows what a new program says otherwise', async () => {
    const here = await ranTwice(true);
    const other = await program(answers('p', { resources: [route('of-p', { metric: 9 }), route('other')] }));
    const { code, runs, executable } = await replayed(here, '--executable', other);
    expect([code, executable.path]).to.deep.equal([1, other]);
    expect(runs.map(({ outcome }) => outcome)).to.deep.equal(['different', 'different']);
    expect(runs[0]?.diff)
      .to.match(/^\+ +metric: 9$/m)
      .and.not.to.match(/^[-+].*name: other/m);
    const { stdout } = await replay(here, '--executable', other);
    expect(stdout).to.match(/^\+ +metric: 9$/m);
    expect(stdout.endsWith(`\n2 different, by ${other}\n`)).to.equal(true);
  });

  it('says where the result was not recorded that there is nothing to show', async () => {
    const here = await ranTwice(false);
    const other = await program(answers('p', {}));
    const { code, stdout } = await replay(here, '--executable', other);
    expect([code, stdout.includes('set record: true in the spec of the plugin')]).to.deep.equal([1, true]);
  });

  it('takes neither order nor time nor events for a difference', async () => {
    const here = await ranTwice(true);
    const now = 'observedAt: $(date -u +%Y-%m-%dT%H:%M:%SZ)';
    const metadata = 'apiVersion: plugin.routerd.net/v1alpha1\nkind: PluginResult\nmetadata: {name: p}';
    const resources = JSON.stringify([route('other'), route('of-p')]);
    const text = `${metadata}\nstatus: {${now}, ttl: 10s, events: [{type: a.b}], resources: ${resources}}`;
    const other = await program(`#!/bin/sh\ncat > /dev/null\ncat << END\n${text}\nEND\n`);
    const { code, runs } = await replayed(here, '--executable', other);
    expect([code, runs.map(({ outcome }) => outcome)]).to.deep.equal([0, ['same', 'same']]);
  });

  it('counts an answer that would be rejected, and none at all, as a difference', async () => {
    const here = await ranTwice(true);
    const cases: [text: string, outcome: string, reason: string][] = [
      [answers('q', {}), 'rejected', 'WrongPlugin'],
      ['#!/bin/sh\necho status: [\n', 'rejected', 'OutputInvalid'],
      ['#!/bin/sh\nexit 3\n', 'failed', 'PluginExited'],
    ];
    for (const [text, outcome, reason] of cases) {
      const { code, runs } = await replayed(here, '--last', '1', '--executable', await program(text));
      expect([code, runs[0]?.outcome, runs[0]?.problems[0]?.reason]).to.deep.equal([1, outcome, reason]);
    }
  });

  it('trusts a new program by the rules of every other', async () => {
    const here = await ranTwice(false);
    const open = await program(answers('p', {}));
    await chmod(open, 0o777);
    const cases: [path: string, message: RegExp][] = [
      [open, /can be changed by|writable|replaced/],
      ['/nowhere/at/all', /\/nowhere\/at\/all does not exist\n {2}hint: /],
      [dirname(open), /is a folder, not a program/],
    ];
    for (const [path, message] of cases) {
      const { code, stdout, stderr } = await replay(here, '--executable', path);
      expect([code, stdout]).to.deep.equal([2, '']);
      expect(stderr).to.match(message);
    }
  });

  it('says with exit code 2 what it cannot do', async () => {
    const here = await setting();
    const none = await routerctl(['plugin', 'replay', 'p', ...here.where]);
    expect([none.code, none.stderr.includes('no accepted run of p is kept')]).to.deep.equal([2, true]);
    const unknown = await routerctl(['plugin', 'replay', 'q', ...here.where]);
    expect([unknown.code, unknown.stderr]).to.deep.equal([
      2,
      'routerctl: there is no plugin "q"; known: p\n',
    ]);
    const wrong = await routerctl(['plugin', 'replay', 'p', '--last', '0', ...here.where]);
    expect(wrong.code).to.equal(2);
    await run(here);
    await setProgram(here.config, 'p', '');
    const broken = await routerctl(['plugin', 'replay', 'p', ...here.where]);
    expect([broken.code, broken.stderr.startsWith('routerctl: p cannot run: ')]).to.deep.equal([2, true]);
  });
});
