import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { route } from '../rig/build.js';
import { addPlugin, answers, configDir, copyExample, routerFile } from '../rig/config-dir.js';
import { reasonsOf } from '../rig/documents.js';
import type { Plan, Problem, ValidationReport } from '../rig/documents.js';
import { checkState } from '../rig/invariants.js';
import { routerctl } from '../rig/routerctl.js';
import { userGit } from '../rig/store.js';
import { tempDir } from '../rig/temp.js';

const asRoot = process.geteuid?.() === 0;

/** A good resource as the text of a file. */
const routeFile = (name: string): string => `${JSON.stringify(route(name))}\n`;

/** Five lists, each of ten times the one before it. */
const bomb = [
  'apiVersion: example.org/v1',
  'kind: Bomb',
  'metadata: { name: bomb }',
  'spec:',
  '  a: &a [x,x,x,x,x,x,x,x,x,x]',
  ...['b', 'c', 'd', 'e', 'f'].map(
    (name, i) => `  ${name}: &${name} [${`*${'abcde'.charAt(i)},`.repeat(10)}]`,
  ),
].join('\n');

async function validate(
  config: string,
  ...more: string[]
): Promise<ValidationReport & { code: number | null }> {
  const { code, stderr, json } = await routerctl(['validate', config, ...more, '-o', 'json']);
  expect(stderr).to.equal('');
  return { ...(json() as ValidationReport), code };
}

/** The reasons of each file's problems. */
function byFile(problems: readonly Problem[]): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const { place, reason } of problems) (found[place?.file ?? ''] ??= []).push(reason);
  return found;
}

describe('bad files', () => {
  it('names every file that cannot be read, and reads the rest', async () => {
    const config = await configDir({
      'router.yaml': routerFile(route('default')),
      'inside.yaml': routeFile('inside'),
      'nul.yaml': 'kind: "\0"\n',
      'bomb.yaml': bomb,
      'flow.yaml': '['.repeat(100_000),
      'block.yaml': '- '.repeat(100_000),
      'large.yaml': '',
      'world.yaml': routeFile('world'),
      'folder.yaml/inner.yml': routeFile('inner'),
      'empty.yaml': '',
      'comment.yaml': '# nothing yet\n',
      'open/x.yaml': routeFile('open'),
    });
    await truncate(join(config, 'large.yaml'), 8 * 1024 * 1024 + 1);
    await chmod(join(config, 'world.yaml'), 0o666);
    await chmod(join(config, 'open'), 0o777);
    execFileSync('mkfifo', [join(config, 'fifo.yaml')]);
    await symlink('/etc/hostname', join(config, 'outside.yaml'));
    await symlink('inside.yaml', join(config, 'link.yaml'));
    await symlink('nowhere', join(config, 'dangling.yaml'));
    await symlink('loop.yaml', join(config, 'loop.yaml'));
    await symlink('.', join(config, 'round'));

    const { code, problems, resources } = await validate(config);
    expect(code).to.equal(1);
    expect(byFile(problems)).to.deep.equal({
      'block.yaml': ['YamlTooDeep'],
      'bomb.yaml': ['UnknownKind', 'YamlAlias'],
      'dangling.yaml': ['FileUnreadable'],
      'fifo.yaml': ['FileNotRegular'],
      'flow.yaml': ['YamlTooDeep'],
      'large.yaml': ['FileTooLarge'],
      'link.yaml': ['DuplicateResource'],
      'loop.yaml': ['FileUnreadable'],
      'nul.yaml': ['InvalidEncoding'],
      open: ['UnsafePermissions'],
      'outside.yaml': ['LinkOutside'],
      'world.yaml': ['UnsafePermissions'],
    });
    expect(resources, 'default, bomb, inside, link, inner').to.equal(5);
  });

  it('leaves out what is not meant to be read', async () => {
    const junk = 'this: [is not\n';
    const config = await configDir({
      'router.yaml': routerFile(route('default')),
      '.hidden.yaml': junk,
      '.folder/x.yaml': junk,
      '.#router.yaml': junk,
      'router.yaml~': junk,
      'router.yaml.swp': junk,
      '4913': junk,
      'notes.txt': junk,
      'plugins/p/extra.yaml': junk,
      'plugins/p/deeper/plugin.yaml': junk,
      'schemas/notes.yaml': junk,
    });
    expect(await validate(config)).to.include({ code: 0, valid: true, resources: 1 });
  });

  it('reads files in the byte order of their paths, each with all its documents', async () => {
    const config = await configDir({
      'b.yaml': `${routeFile('b-1')}---\n${routeFile('b-2')}`,
      'B.yaml': routeFile('upper'),
      'a/z.yml': routeFile('a-z'),
      'a-b.yaml': routeFile('a-b'),
      'é.yaml': routeFile('accent'),
    });
    const state = join(await tempDir(), 'S');
    expect((await routerctl(['reconcile', '--config', config, '--state', state])).code).to.equal(0);
    const { metadata, spec } = parse(await readFile(join(state, 'startup-config.yaml'), 'utf8')) as {
      metadata: { name: string };
      spec: { resources: { metadata: { name: string } }[] };
    };
    expect(metadata.name, 'bare resources make a Router of this name').to.equal('router');
    expect(spec.resources.map(resource => resource.metadata.name)).to.deep.equal([
      ...['upper', 'a-b', 'a-z', 'b-1', 'b-2', 'accent'],
    ]);
    await checkState(state);
  });

  it('takes a single file, with plugins/ beside it', async () => {
    const config = await configDir({
      'router.yaml': routerFile(route('default')),
      'other.yaml': 'this: [is not\n',
    });
    await addPlugin(config, 'p', { program: answers('p', {}), ttl: null });
    const { json } = await routerctl([
      'plugin',
      'list',
      '--config',
      join(config, 'router.yaml'),
      '-o',
      'json',
    ]);
    expect((json() as { items: { name: string }[] }).items.map(({ name }) => name)).to.deep.equal(['p']);
    expect((await validate(join(config, 'router.yaml'))).code).to.equal(0);
  });

  it('finds manifests in --plugin-dir too, where those of the config directory win', async () => {
    const config = await configDir({ 'router.yaml': routerFile() });
    await addPlugin(config, 'p', { program: answers('p', {}), ttl: null });
    const more = await configDir();
    for (const name of ['p', 'q']) await addPlugin(more, name, { program: answers(name, {}), ttl: null });
    const { json } = await routerctl([
      ...['plugin', 'list', '--config', config, '--plugin-dir', join(more, 'plugins'), '-o', 'json'],
    ]);
    const { items } = json() as { items: { name: string; executable: string }[] };
    expect(items.map(({ name, executable }) => [name, executable])).to.deep.equal([
      ['p', join(config, 'plugins/p/bin/p')],
      ['q', join(more, 'plugins/q/bin/q')],
    ]);
  });

  it('names files outside of the config directory by their whole paths', async () => {
    const config = await configDir({ 'router.yaml': routerFile() });
    const outside = await configDir({ 'plugins/large/plugin.yaml': '', 'open.json': '{}' });
    await truncate(join(outside, 'plugins/large/plugin.yaml'), 8 * 1024 * 1024 + 1);
    await chmod(join(outside, 'open.json'), 0o666);
    const schemas = ['missing.json', 'open.json'].flatMap(name => ['--schema', join(outside, name)]);
    const { code, problems } = await validate(config, '--plugin-dir', join(outside, 'plugins'), ...schemas);
    expect(code).to.equal(1);
    expect(byFile(problems)).to.deep.equal({
      [join(outside, 'missing.json')]: ['FileUnreadable'],
      [join(outside, 'open.json')]: ['UnsafePermissions'],
      [join(outside, 'plugins/large/plugin.yaml')]: ['FileTooLarge'],
    });
  });

  it('keeps numbers, and texts that YAML 1.1 would take for something else', async () => {
    const texts = [
      'yes',
      'No',
      'on',
      'y',
      '2026-01-02',
      '12:30:45',
      '1_000',
      '0b11',
      '1e3x',
      'NULL ',
      '=',
      '~x',
    ];
    const numbers = '[0x1F, 0o17, 017, 1.50, -0, 1e3, 9007199254740991, .5]';
    const config = await configDir({
      'values.yaml': [
        'apiVersion: example.org/v1',
        'kind: Values',
        'metadata: { name: values, annotations: { no: off, on: 2026-01-02 } }',
        `spec: { texts: [${texts.map(text => (/[=~ ]/.test(text) ? `'${text}'` : text)).join(', ')}], quoted: ['1', "true", 'null', '0x1F', ''], numbers: ${numbers}, "yes": no }`,
      ].join('\n'),
    });
    const state = join(await tempDir(), 'S');
    expect((await routerctl(['reconcile', '--config', config, '--state', state])).code).to.equal(0);
    const text = userGit(state, 'show', 'gen/1:effective-config.yaml');
    for (const version of ['1.1', '1.2'] as const) {
      const { spec } = parse(text, { version }) as { spec: { resources: Record<string, unknown>[] } };
      expect(spec.resources).to.deep.equal([
        {
          apiVersion: 'example.org/v1',
          kind: 'Values',
          metadata: { name: 'values', annotations: { no: 'off', on: '2026-01-02' } },
          spec: {
            texts,
            quoted: ['1', 'true', 'null', '0x1F', ''],
            numbers: [31, 15, 17, 1.5, 0, 1000, 9007199254740991, 0.5],
            yes: 'no',
          },
        },
      ]);
    }
    await checkState(state);
  });

  it('lets no file name forge a trailer or reach the terminal', async () => {
    const name = '\u001b[2J\nGeneration: 99\n\u202eTrigger: config x.yaml';
    const config = await configDir({ 'router.yaml': routerFile(), [name]: routeFile('hostile') });
    const where = ['--config', config, '--state', join(await tempDir(), 'S')];
    const runs = [await routerctl(['reconcile', ...where])];
    expect(runs[0]?.code).to.equal(0);
    await writeFile(join(config, name), 'kind: [\n');
    for (const command of [['reconcile'], ['validate', config], ['status'], ['generation', 'list']]) {
      const formats = ['table', 'json', 'yaml'];
      runs.push(
        ...(await Promise.all(formats.map(format => routerctl([...command, ...where, '-o', format])))),
      );
    }
    for (const { stdout, stderr } of runs) {
      // eslint-disable-next-line no-control-regex
      expect(stdout + stderr).not.to.match(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    }
    const [commit] = await checkState(where[3] ?? '');
    expect(commit?.trailers.get('Generation')).to.deep.equal(['1']);
    expect(commit?.trailers.get('Trigger')).to.have.length(1);
  });

  describe('directories that cannot be a config directory', () => {
    it('says in one line which path, option and variable are meant when there is none', async function () {
      if (existsSync('/usr/local/etc/routerd')) this.skip(); // this machine has a configuration of its own
      const { code, stdout, stderr } = await routerctl(['validate']);
      expect(code).to.equal(2);
      expect(stdout + stderr).to.match(/^\/usr\/local\/etc\/routerd: .*--config PATH.*ROUTERD_CONFIG.*\n$/);
      const dry = await routerctl(['reconcile', '--dry-run', '--state', join(await tempDir(), 'S')]);
      expect(dry.code).to.equal(1);
      expect(dry.stderr).to.match(/^\/usr\/local\/etc\/routerd: .*--config PATH.*ROUTERD_CONFIG.*\n$/);
    });

    it('is an error when it is missing, empty, or holds no YAML', async () => {
      const missing = join(await tempDir(), 'missing');
      const empty = await configDir();
      const other = await configDir({ 'README.md': 'hello\n' });
      for (const config of [missing, empty, other]) {
        const { code, problems } = await validate(config);
        expect([code, ...reasonsOf(problems)]).to.deep.equal([2, 'ConfigMissing']);
        expect(problems[0]?.place?.file).to.equal(config);
      }
    });

    it('keeps the last generation in force when it goes away', async () => {
      const config = await copyExample('minimal');
      const state = join(await tempDir(), 'S');
      const where = ['--state', state];
      await routerctl(['reconcile', '--config', config, ...where]);
      const { code, json } = await routerctl([
        ...['reconcile', '--config', `${config}-gone`, ...where, '-o', 'json'],
      ]);
      expect(code).to.equal(1);
      const result = json() as Plan;
      expect([result.changed, reasonsOf(result.problems)]).to.deep.equal([false, ['ConfigMissing']]);
      expect(await checkState(state)).to.have.length(1);
    });

    it('is an error when it cannot be entered', async function () {
      if (asRoot) this.skip(); // root can enter everything
      const config = await copyExample('minimal');
      await chmod(join(config, 'router.yaml'), 0);
      expect(reasonsOf((await validate(config)).problems)).to.deep.equal(['FileUnreadable']);
      await chmod(config, 0);
      const { code, problems } = await validate(config);
      await chmod(config, 0o700);
      expect(code).to.be.oneOf([1, 2]);
      expect(reasonsOf(problems)).to.include('FileUnreadable');
    });

    it('is an error when it belongs to somebody else', async function () {
      if (!asRoot) this.skip(); // only root can give files away
      const config = await copyExample('minimal');
      await chown(join(config, 'router.yaml'), 54_321, 54_321);
      const { code, problems } = await validate(config);
      expect(code).to.equal(1);
      expect(byFile(problems)).to.deep.include({ 'router.yaml': ['UnsafePermissions'] });
    });

    it('is a warning when a group can write to it, unless it is the own group of an ordinary user', async () => {
      const config = await copyExample('minimal');
      await chmod(join(config, 'router.yaml'), 0o664);
      const { code, problems } = await validate(config);
      expect(code).to.equal(0);
      expect(problems.map(({ reason, severity }) => `${severity} ${reason}`)).to.deep.equal(
        asRoot ? ['warning GroupWritable'] : [],
      );
    });
  });
});
