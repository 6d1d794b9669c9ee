import { expect } from 'chai';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Resource } from '../../protocol/resource.js';
import { maskOf, maskPolicy, refTo, route } from '../rig/build.js';
import { answers, routerFile, setProgram, writeFiles } from '../rig/config-dir.js';
import type { Problem } from '../rig/documents.js';
import { forgeHistory } from '../rig/forge.js';
import { routerctl } from '../rig/routerctl.js';
import { reconcile, run, setting } from '../rig/setting.js';
import type { Setting } from '../rig/setting.js';
import { userGit } from '../rig/store.js';
import { tempDir } from '../rig/temp.js';

interface Verification {
  readonly kind: string;
  readonly good: boolean;
  readonly from: number;
  readonly to: number;
  readonly generations: number;
  readonly commits: number;
  readonly first: {
    readonly generation: number;
    readonly commit: string;
    readonly problems: readonly Problem[];
    readonly diff: string;
  } | null;
}

/** Of a kind that nobody described. */
const secret = {
  apiVersion: 'example.org/v1',
  kind: 'Account',
  metadata: { name: 'isp' },
  spec: { password: 'hunter2' },
};

const partPath = 'parts/Plugin-p.yaml';

describe('routerctl verify', function () {
  this.timeout(60_000);
  let here: Setting;

  /** Four generations and a commit between them: two of the plugin's parts, a mask, and an edit of the plugin alone. */
  beforeEach(async () => {
    here = await setting();
    await edit(secret, route('default'), maskPolicy('Plugin/p', route('default')));
    expect((await reconcile(here)).generation.next).to.equal(1);
    await setProgram(here.config, 'p', answers('p', { resources: [route('of-p', { metric: 7 })] }));
    expect((await run(here)).code).to.equal(0);
    const mask = { ...maskOf(route('default'), 'why'), target: { ...refTo(route('default')) } };
    const both = { resources: [route('of-p', { metric: 7 })], directives: [mask] };
    await setProgram(here.config, 'p', answers('p', { ...both, events: [{ type: 'x', message: 'said' }] }));
    expect((await run(here)).code).to.equal(0);
    await writeFiles(here.config, {
      'plugins/p/plugin.yaml': (await readFile(join(here.config, 'plugins/p/plugin.yaml'), 'utf8')).replace(
        '20s',
        '19s',
      ),
    });
    expect((await reconcile(here)).generation.next).to.equal(3);
    await edit(secret, route('default'), route('more'), maskPolicy('Plugin/p', route('default')));
    expect((await reconcile(here)).generation.next).to.equal(4);
    // Nothing of the working state is needed: neither run/ nor the visible files.
    await rm(join(here.state, 'run'), { recursive: true });
  });

  const edit = (...resources: Resource[]) =>
    writeFiles(here.config, { 'router.yaml': routerFile(...resources) });

  async function verify(...args: string[]): Promise<Verification & { code: number | null }> {
    const { code, json } = await routerctl(['verify', ...args, '--state', here.state, '-o', 'json']);
    return { ...(json() as Verification), code };
  }

  const found = ({ first }: Verification) =>
    first?.problems.map(({ place, message }) => `${place?.file ?? ''}: ${message}`).join('\n') ?? '';

  it('merges every generation again from its own commit', async () => {
    const all = await verify();
    expect(all.code, found(all)).to.equal(0);
    expect([all.good, all.from, all.to, all.generations, all.commits, all.first]).to.deep.equal([
      ...[true, 1, 4, 4, 5, null],
    ]);
    const { stdout } = await routerctl(['verify', '--state', here.state]);
    expect(stdout).to.equal(
      'generations 1 to 4: 4 generations, 5 commits, each what its own files merge to\n',
    );
  });

  it('takes a range, both ends included', async () => {
    const counts = async (range: string) => {
      const { code, from, to, generations, commits } = await verify(range);
      return [code, from, to, generations, commits];
    };
    expect(await counts('2..3')).to.deep.equal([0, 2, 3, 2, 3]);
    expect(await counts('3..')).to.deep.equal([0, 3, 4, 2, 3]);
    expect(await counts('..2')).to.deep.equal([0, 1, 2, 2, 2]);
    expect(await counts('gen/4')).to.deep.equal([0, 4, 4, 1, 1]);
  });

  it('says what it could not do, and exits 2', async () => {
    for (const [args, said] of [
      [['4..2', '--state', here.state], 'no range of generations'],
      [['two', '--state', here.state], 'no range of generations'],
      [['7', '--state', here.state], 'its history goes from 1 to 4'],
      [['--state', join(here.state, 'nowhere')], 'does not exist'],
      [['--state', here.config], 'holds no git repository'],
    ] as const) {
      const { code, stdout, stderr } = await routerctl(['verify', ...args]);
      expect([code, stdout], args.join(' ')).to.deep.equal([2, '']);
      expect(stderr).to.contain(said);
    }
  });

  it('works on a bare clone, in a place that anybody could write to', async () => {
    const clone = join(await tempDir(), 'clone.git');
    userGit(here.state, 'clone', '-q', '--bare', '.', clone);
    await chmod(clone, 0o777);
    const before = userGit(clone, 'for-each-ref');
    const { code, json } = await routerctl(['verify', '--state', clone, '-o', 'json']);
    expect(code).to.equal(0);
    expect((json() as Verification).commits).to.equal(5);
    expect(userGit(clone, 'for-each-ref')).to.equal(before);
    const work = join(await tempDir(), 'work');
    userGit(here.state, 'clone', '-q', '.', work);
    expect((await routerctl(['verify', '--state', work])).code).to.equal(0);
    expect(userGit(work, 'status', '--porcelain')).to.equal('');
  });

  it('finds a flipped byte in an old part', async () => {
    const flip = (text: string) => text.replace('device: eth0', 'device: eth1');
    forgeHistory(here.state, ({ index, path, text }) =>
      index === 1 && path === partPath ? flip(text) : undefined,
    );
    const { code, good, first } = await verify();
    expect([code, good, first?.generation]).to.deep.equal([1, false, 2]);
    expect(first?.commit).to.equal(userGit(here.state, 'rev-parse', 'gen/2').trim());
    expect(first?.problems[0]).to.deep.include({ reason: 'HistoryDiffers', source: 'Plugin/p#2' });
    expect(first?.problems[0]?.place).to.deep.equal({ file: partPath });
    expect(first?.diff).to.match(/^-\s+device: eth1\n\+\s+device: eth0$/m);
    const { stdout } = await routerctl(['verify', '--state', here.state]);
    expect(stdout).to.contain('differs at generation 2').and.to.contain(partPath);
    expect((await verify('1')).code).to.equal(0);
    expect((await verify('4')).code).to.equal(0);
  });

  /** Each tells a forgery that leaves everything else of the history consistent, as far as one hand can. */
  const forgeries: Record<string, { forge: (state: string) => void; says: RegExp }> = {
    'a byte of a part that the digest does not cover': {
      forge: state =>
        void forgeHistory(state, ({ index, path, text }) =>
          index === 3 && path === partPath ? text.replace('said', 'sayd') : undefined,
        ),
      says: /parts\/Plugin-p\.yaml: Plugin\/p#3 is not what it was/,
    },
    'a lease': {
      forge: state =>
        void forgeHistory(state, ({ index, path, text }) =>
          index >= 2 && path === partPath ? text.replace(/expiresAt: "20/, 'expiresAt: "21') : undefined,
        ),
      says: /accepted with another lease/,
    },
    'a layout': {
      forge: state =>
        void forgeHistory(state, ({ index, path, text }) =>
          index === 1 && path === partPath ? `# mine\n${text}` : undefined,
        ),
      says: /parts\/Plugin-p\.yaml: it is no part as routerd writes them/,
    },
    'a byte of the startup-config': {
      forge: state =>
        void forgeHistory(state, ({ path, text }) =>
          path === 'startup-config.yaml' ? text.replace('hunter2', 'hunter3') : undefined,
        ),
      says: /startup-config\.yaml: its hash is/,
    },
    'a byte of the effective-config': {
      forge: state =>
        void forgeHistory(state, ({ index, path, text }) =>
          index === 3 && path === 'effective-config.yaml'
            ? text.replace('metric: 7', 'metric: 8')
            : undefined,
        ),
      says: /effective-config\.yaml: it is not what the files of its commit merge to/,
    },
    'the account of a mask': {
      forge: state =>
        void forgeHistory(state, ({ index, path, text }) =>
          index === 2 && path === 'generation.yaml' ? text.replace('- why', '- because') : undefined,
        ),
      says: /generation\.yaml: what it tells of masked resources/,
    },
    'the number of a generation': {
      forge: state =>
        void forgeHistory(
          state,
          ({ index, path, text }) =>
            index === 4 && path === 'generation.yaml'
              ? text.replace('generation: 4', 'generation: 3')
              : undefined,
          ({ index, message }) =>
            index === 4 ? message.replace('Generation: 4', 'Generation: 3') : undefined,
        ),
      says: /generation 3 comes after 3/,
    },
    'a tag': {
      forge: state => void userGit(state, 'tag', '-f', 'gen/2', 'gen/1'),
      says: /the tag gen\/2 names another commit/,
    },
  };
  for (const [what, { forge, says }] of Object.entries(forgeries)) {
    it(`finds ${what} that was changed`, async () => {
      forge(here.state);
      const all = await verify();
      expect(found(all)).to.match(says);
      expect(all.code).to.equal(1);
    });
  }

  it('shows no secret', async () => {
    forgeHistory(here.state, ({ index, path, text }) =>
      index === 0 && path === 'effective-config.yaml'
        ? text.replace('hunter2', 'hunter3').replace('name: default', 'name: other')
        : undefined,
    );
    const { stdout } = await routerctl(['verify', '--state', here.state]);
    expect(stdout).to.contain('name: other').and.not.to.contain('hunter');
    const open = await routerctl(['verify', '--show-secrets', '--state', here.state]);
    expect(open.stdout)
      .to.match(/^-.*hunter2$/m)
      .and.to.match(/^\+.*hunter3$/m);
  });

  it('finds an object that rotted on disk', async () => {
    const id = userGit(here.state, 'rev-parse', `gen/2:${partPath}`).trim();
    const path = join(here.state, '.git/objects', id.slice(0, 2), id.slice(2));
    await chmod(path, 0o600);
    const bytes = await readFile(path);
    bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 0xff, bytes.length >> 1);
    await writeFile(path, bytes);
    const all = await verify();
    expect(all.code).to.equal(1);
    expect(all.first?.generation).to.equal(2);
    expect(found(all)).to.contain(`${partPath}: the file cannot be read, or does not have its hash`);
  });

  it('replays a part that only a schema of the config directory refused', async () => {
    const schema = {
      type: 'object',
      properties: {
        apiVersion: { const: 'net.routerd.net/v1alpha1' },
        kind: { const: 'IPv4Route' },
        spec: { properties: { metric: { maximum: 5 } } },
      },
    };
    await writeFiles(here.config, { 'schemas/route.json': JSON.stringify(schema) });
    const { generation, findings } = await reconcile(here);
    expect([generation.next, findings.map(({ reason }) => reason)]).to.deep.equal([5, ['PartInvalid']]);
    await rm(join(here.config, 'schemas'), { recursive: true });
    const all = await verify();
    expect(all.code, found(all)).to.equal(0);
  });
});
