import { expect } from 'chai';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Resource, ValueMap } from '../../protocol/resource.js';
import { binding, maskPolicy, refTo, route } from '../rig/build.js';
import { untilPast } from '../rig/cloudedge.js';
import { addPlugin, answers, configDir, setProgram, writeFiles } from '../rig/config-dir.js';
import type { Problem, Ref } from '../rig/documents.js';
import { routerctl, shell } from '../rig/routerctl.js';
import type { Ended } from '../rig/routerctl.js';
import { reconcile, run } from '../rig/setting.js';
import type { Setting } from '../rig/setting.js';
import { userGit } from '../rig/store.js';
import { tempDir } from '../rig/temp.js';

interface CommitItem {
  readonly commit: string;
  readonly generation: number | null;
  readonly author: string;
  readonly triggers: readonly string[];
}

interface Item {
  readonly resource: Ref;
  readonly status: string;
  readonly origin: {
    readonly type: string;
    readonly place?: { readonly file: string; readonly line: number } | null;
    readonly part?: string;
    readonly observedAt?: string;
    readonly leaseLeftSeconds?: number;
    readonly accepted?: CommitItem | null;
    readonly changed: CommitItem | null;
    readonly run?: { readonly why: string; readonly outcome: string } | null;
    readonly renewal?: { readonly why: string } | null;
  } | null;
  readonly field?: { readonly path: string; readonly value: unknown; readonly changed: CommitItem | null };
  readonly mask: {
    readonly by: readonly { part: string }[];
    readonly until: string;
    reasons: string[];
  } | null;
  readonly setAside: readonly { readonly part: string; readonly findings: readonly Problem[] }[];
  readonly ending: {
    readonly generation: number;
    readonly source: string;
    readonly ended: CommitItem;
    readonly reason: string;
  } | null;
  readonly git: readonly { readonly shows: string; readonly command: string }[];
}

/** One resource a file in block style, so that lines are what they seem. */
function text(...resources: Resource[]): string {
  return resources
    .map(
      ({ apiVersion, kind, metadata, spec }) =>
        `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata:\n  name: ${metadata.name}\nspec: ${JSON.stringify(spec)}\n`,
    )
    .join('---\n');
}

const account: Resource = {
  apiVersion: 'example.org/v1',
  kind: 'Account',
  metadata: { name: 'isp' },
  spec: { user: 'me', password: 'hunter2' },
};
const mask = (target: Resource): ValueMap => ({
  op: 'mask',
  target: { ...refTo(target) },
  reason: 'cloud has it',
});

describe('routerctl explain', function () {
  this.timeout(60_000);
  let here: Setting;

  /**
   * Generation 1: three files and the policy. 2: an edit of one route. 3: the plugin's part, with a mask. 4: an edit
   * elsewhere, so that what came before is not what came last.
   */
  beforeEach(async () => {
    const config = await configDir({
      'router.yaml': text(route('default'), route('a.b.spec'), maskPolicy('Plugin/p', route('fallback'))),
      'more/fallback.yaml': `# the way out\n\n${text(route('fallback'), account)}`,
    });
    const state = join(await tempDir(), "it's state");
    here = { config, state, where: ['--config', config, '--state', state] };
    expect((await reconcile(here)).generation.next).to.equal(1);
    await writeFiles(config, {
      'router.yaml': text(
        route('default'),
        route('a.b.spec', { metric: 5 }),
        maskPolicy('Plugin/p', route('fallback')),
      ),
    });
    expect((await reconcile(here)).generation.next).to.equal(2);
    await addPlugin(config, 'p', {
      program: answers('p', {
        resources: [route('of-p', { metric: 7 })],
        directives: [mask(route('fallback'))],
      }),
      ttl: null,
    });
    await writeFiles(config, { 'sources.yaml': text(binding('p')) });
    expect((await run(here)).code).to.equal(0);
    await writeFiles(config, { 'late.yaml': text(route('late')) });
    await reconcile(here);
  });

  const id = (generation: number) => userGit(here.state, 'rev-parse', `gen/${generation}`).trim();
  const explained = (...args: string[]): Promise<Ended> =>
    routerctl(['explain', ...args, '--state', here.state]);
  async function item(target: string, ...args: string[]): Promise<Item> {
    const { code, stdout, stderr, json } = await explained(target, ...args, '-o', 'json');
    expect(code, stdout + stderr).to.equal(0);
    return json() as Item;
  }

  it('names the right line for three origins and one mask', async () => {
    const first = await item('IPv4Route/default');
    expect(first.status).to.equal('inForce');
    expect(first.origin?.place).to.deep.equal({ file: 'router.yaml', line: 1 });
    expect([first.origin?.changed?.commit, first.origin?.changed?.generation]).to.deep.equal([id(1), 1]);
    expect(first.origin?.changed?.author).to.equal(
      userGit(here.state, 'show', '-s', '--format=%an', 'gen/1').trim(),
    );
    expect(first.origin?.changed?.triggers).to.deep.equal([
      'config more/fallback.yaml',
      'config router.yaml',
    ]);

    const second = await item('IPv4Route/a.b.spec');
    expect(second.origin?.place).to.deep.equal({ file: 'router.yaml', line: 7 });
    expect(second.origin?.changed?.commit).to.equal(id(2));

    const third = await item('net.routerd.net/v1alpha1/IPv4Route/of-p');
    expect(third.origin?.part).to.equal('Plugin/p#1');
    expect(third.origin?.accepted?.commit).to.equal(id(3));
    expect(third.origin?.accepted?.triggers).to.include('manual p');
    expect(third.origin?.run).to.deep.include({ why: 'asked for', outcome: 'accepted' });
    expect(third.origin?.leaseLeftSeconds).to.be.within(1, 300);

    const masked = await item('IPv4Route/fallback');
    expect([masked.status, masked.mask?.reasons]).to.deep.equal(['masked', ['cloud has it']]);
    expect(masked.mask?.by.map(({ part }) => part)).to.deep.equal(['Plugin/p#1']);
    expect(Date.parse(masked.mask?.until ?? '')).to.be.greaterThan(Date.now());
    expect(masked.origin?.place).to.deep.equal({ file: 'more/fallback.yaml', line: 3 });
    expect(masked.origin?.changed?.commit).to.equal(id(1));
  });

  it('tells a field from a dot in a name, and who set it', async () => {
    const field = await item('IPv4Route/a.b.spec.spec.metric');
    expect([field.field?.path, field.field?.value]).to.deep.equal(['spec.metric', 5]);
    expect(field.field?.changed?.commit).to.equal(id(2));
    expect((await item('IPv4Route/a.b.spec.device')).field?.changed?.commit, 'spec may be left out').to.equal(
      id(1),
    );
    expect((await item('IPv4Route/of-p.metric')).field?.changed?.commit).to.equal(id(3));
    const { stdout } = await explained('IPv4Route/a.b.spec.metric');
    expect(stdout).to.match(
      /IPv4Route\/a\.b\.spec, spec\.metric: in force, generation 4\n {2}value +5\n {2}set +/,
    );
  });

  it('tells of a field that was taken away', async () => {
    await writeFiles(here.config, {
      'router.yaml': text(route('default'), route('a.b.spec'), maskPolicy('Plugin/p', route('fallback'))),
    });
    await reconcile(here);
    const { field } = await item('IPv4Route/a.b.spec.metric');
    expect([field?.value, field?.changed?.generation]).to.deep.equal([null, 5]);
  });

  it('shows all that stands somewhere', async () => {
    const { stdout, json } = await explained('-o', 'json');
    const { items } = json() as { items: Item[] };
    expect(
      items.map(({ resource, status }) => `${resource.name} ${status}`),
      stdout,
    ).to.have.members([
      ...['default inForce', 'a.b.spec inForce', 'allow-Plugin-p inForce', 'fallback masked', 'isp inForce'],
      ...['p inForce', 'of-p inForce', 'late inForce'],
    ]);
    const table = (await explained()).stdout;
    expect(table).to.match(
      new RegExp(`^IPv4Route/a\\.b\\.spec +in force +router\\.yaml:7 +${id(2).slice(0, 12)} `, 'm'),
    );
    expect(table).to.match(/^IPv4Route\/fallback +masked +more\/fallback\.yaml:3 .* masked for \d/m);
    expect(table).to.match(/^IPv4Route\/of-p +in force +Plugin\/p#1 /m);
  });

  it('says what set a part aside', async () => {
    await setProgram(here.config, 'p', answers('p', { resources: [route('default'), route('odd')] }));
    await run(here);
    const odd = await item('IPv4Route/odd');
    expect([odd.status, odd.origin?.part]).to.deep.equal(['setAside', 'Plugin/p#2']);
    expect(odd.setAside[0]?.findings[0]?.reason).to.equal('ResourceConflict');
    const both = await item('IPv4Route/default');
    expect([both.status, both.setAside.map(({ part }) => part)]).to.deep.equal(['inForce', ['Plugin/p#2']]);
    expect((await explained('IPv4Route/odd')).stdout).to.contain(
      'proposed by Plugin/p#2, which is set aside',
    );
  });

  it('finds what is gone, and what ended it', async () => {
    await writeFiles(here.config, { 'sources.yaml': text(binding('p', '1s')), 'late.yaml': '\n' });
    await setProgram(here.config, 'p', answers('p', { resources: [route('short.lived')] }));
    const { part } = await run(here);
    const late = await item('IPv4Route/late');
    expect([late.status, late.ending?.generation, late.ending?.reason]).to.deep.equal([
      ...['gone', 4, 'no longer in startup-config'],
    ]);
    expect(late.ending?.ended.triggers).to.include('config late.yaml');
    const replaced = await item('IPv4Route/of-p.metric');
    expect([replaced.ending?.source, replaced.ending?.reason]).to.deep.equal([
      ...['Plugin/p#1', 'Plugin/p#2 no longer proposes it'],
    ]);
    expect([replaced.field?.value, replaced.field?.changed?.commit]).to.deep.equal([7, id(3)]);

    await untilPast((part as { expiresAt: string }).expiresAt);
    expect((await explained('IPv4Route/short.lived')).stdout).to.contain('over: the next pass ends it');
    await setProgram(here.config, 'p', '#!/bin/sh\nexit 3\n');
    await reconcile(here);
    const gone = await item('IPv4Route/short.lived');
    expect([gone.status, gone.ending?.source, gone.ending?.reason]).to.deep.equal([
      ...['gone', 'Plugin/p#2', 'its lease ended'],
    ]);
    expect(gone.ending?.ended.triggers).to.include('expiry Plugin/p#2');
    const { stdout } = await explained('IPv4Route/short.lived');
    expect(stdout).to.match(
      /not in force, since generation 6\n {2}ended .* by routerd: expiry Plugin\/p#2\n {2}why +its lease ended\n/,
    );
  });

  it('says the nearest of an unknown name or field, and exits 1', async () => {
    for (const [target, said] of [
      ['IPv4Route/defalt', 'did you mean IPv4Route/default?'],
      ['IPv4Rout/late', 'did you mean IPv4Route/late?'],
      ['IPv4Route/late.spec.devise', 'did you mean `spec.device`?'],
      ['IPv4Route/late.spec..x', 'is no field'],
      ['nothing at all', 'routerctl explain lists all'],
    ] as const) {
      const { code, stdout, stderr } = await explained(target);
      expect([code, stdout], target).to.deep.equal([1, '']);
      expect(stderr, target).to.contain(said);
    }
  });

  it('asks which of two kinds with one name is meant', async () => {
    const other = { ...route('default'), apiVersion: 'example.org/v1', spec: { x: 1 } };
    await writeFiles(here.config, { 'other.yaml': text(other) });
    await reconcile(here);
    const { code, stderr } = await explained('IPv4Route/default');
    expect(code).to.equal(1);
    expect(stderr)
      .to.contain('net.routerd.net/v1alpha1/IPv4Route/default')
      .and.to.contain(' or ')
      .and.to.contain('example.org/v1/IPv4Route/default');
    expect((await item('example.org/v1/IPv4Route/default.x')).field?.value).to.equal(1);
  });

  it('shows no secret', async () => {
    const hidden = await explained('Account/isp.password');
    expect(hidden.code).to.equal(0);
    expect(hidden.stdout).to.contain('<redacted>').and.not.to.contain('hunter2');
    expect((await explained('Account/isp.spec')).stdout)
      .to.contain('"user":"me"')
      .and.not.to.contain('hunter2');
    expect((await explained('Account/isp.spec', '--show-secrets')).stdout).to.contain('hunter2');
    expect((await item('Account/isp')).status).to.equal('inForce');
    expect((await explained('-o', 'yaml')).stdout).not.to.contain('hunter2');
  });

  it('prints commands of plain git that find the same', async () => {
    await writeFiles(here.config, { 'late.yaml': '\n' });
    await setProgram(
      here.config,
      'p',
      answers('p', { resources: [route('of-p', { metric: 7 }), route('default')] }),
    );
    await run(here);
    const targets = ['default', 'a.b.spec.metric', 'of-p', 'fallback', 'late', 'of-p.metric'];
    for (const name of targets) {
      const target = `IPv4Route/${name}`;
      const { git, origin, ending } = await item(target);
      expect(git, target).not.to.deep.equal([]);
      let shown = '';
      for (const { command } of git) {
        const { code, stdout, stderr } = await shell(command, { cwd: '/' });
        expect([code, stderr], command).to.deep.equal([0, '']);
        expect(stdout, command).not.to.equal('');
        shown += stdout;
      }
      const commit = origin?.changed?.commit ?? ending?.ended.commit ?? '';
      expect(shown, target).to.contain(`commit ${commit}`);
      if (origin?.place?.line !== undefined) expect(shown).to.contain(`: ${origin.place.line}\n`);
      const script = await explained(target, '--git');
      expect(script.stdout).to.equal(git.map(({ shows, command }) => `# ${shows}\n${command}\n`).join(''));
    }
  });
});

describe('routerctl dynamic render --annotate', function () {
  this.timeout(60_000);

  it('says where each resource comes from, and is the same value', async () => {
    const config = await configDir({
      'router.yaml': text(
        route('default'),
        route('gone'),
        { ...account, spec: { password: 'hunter2', text: 'one\n  two\nthree\n' } },
        maskPolicy('Plugin/p', route('gone')),
      ),
    });
    const state = join(await tempDir(), 'S');
    const here = { config, state, where: ['--config', config, '--state', state] };
    await addPlugin(config, 'p', {
      program: answers('p', { resources: [route('of-p')], directives: [mask(route('gone'))] }),
    });
    await reconcile(here);
    const plain = await routerctl(['dynamic', 'render', '--state', state]);
    const noted = await routerctl(['dynamic', 'render', '--annotate', '--state', state]);
    expect([plain.code, noted.code]).to.deep.equal([0, 0]);
    expect(parse(noted.stdout)).to.deep.equal(parse(plain.stdout));
    expect(noted.stdout.replaceAll(/^ +# .*\n/gm, '')).to.equal(plain.stdout);
    const commit = userGit(state, 'rev-parse', 'gen/1').slice(0, 12);
    const author = userGit(state, 'show', '-s', '--format=%an', 'gen/1').trim();
    expect(noted.stdout).to.contain(
      `    # router.yaml:1, ${commit} of generation 1 by ${author}\n    - apiVersion`,
    );
    expect(noted.stdout).to.match(
      /^ {4}# Plugin\/p#1, observed .*, until .*Z\n {4}- .*\n.*\n.*\n {8}name: of-p$/m,
    );
    expect(noted.stdout).to.match(/^ {4}# masked: IPv4Route\/gone, by Plugin\/p#1 until .*Z: cloud has it$/m);
    expect(noted.stdout).not.to.contain('hunter2');
    const json = await routerctl(['dynamic', 'render', '--annotate', '--state', state, '-o', 'json']);
    expect([json.code, json.stdout]).to.deep.equal([1, '']);
    expect(json.stderr).to.contain('JSON has no comments');
  });
});
