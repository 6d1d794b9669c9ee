import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { chmod, cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from '../../../state/git/store.js';
import { author, commitOn, noon, searchPath, storeAt, userGit } from '../../rig/store.js';
import { tempDir } from '../../rig/temp.js';

/** Where one hostile condition is set up. */
interface Ground {
  /** The state directory, a copy of the same repository each time. */
  readonly dir: string;
  /** HOME. */
  readonly home: string;
  /** A program that leaves a mark in `marks/` when it is run, and fails. */
  readonly evil: string;
  readonly env: Record<string, string | undefined>;
  umask?: number;
}

const evilConfig = ({ evil }: Ground) => `
[core]
  hooksPath = ${evil}-hooks
  fsmonitor = ${evil}
  pager = ${evil}
  editor = ${evil}
  autocrlf = true
  safecrlf = true
  eol = crlf
  attributesFile = ${evil}-attributes
  excludesFile = ${evil}-excludes
  ignoreCase = true
  sharedRepository = 0666
[commit]
  gpgSign = true
[tag]
  gpgSign = true
[gpg]
  program = ${evil}
[filter "evil"]
  clean = ${evil}
  smudge = ${evil}
  required = true
[user]
  useConfigOnly = true
[author]
  name = Somebody Else
[committer]
  email = else@example.org
[i18n]
  commitEncoding = UTF-16
  logOutputEncoding = ISO-8859-1
[init]
  defaultObjectFormat = sha256
  templateDir = ${evil}-template
[index]
  version = 4
[core]
  splitIndex = true
[log]
  showSignature = true
  date = relative
[color]
  ui = always
[alias]
  commit-tree = !${evil}
`;

const conditions: Record<string, (ground: Ground) => unknown> = {
  'nothing special': () => undefined,
  'no HOME': ({ env }) => {
    env['HOME'] = undefined;
  },
  'HOME that does not exist': ({ env }) => {
    env['HOME'] = '/nonexistent';
  },
  'a hostile ~/.gitconfig': ground => writeFile(join(ground.home, '.gitconfig'), evilConfig(ground)),
  'a broken ~/.gitconfig': ({ home }) => writeFile(join(home, '.gitconfig'), '[broken\n'),
  'a hostile XDG configuration': async ground => {
    ground.env['XDG_CONFIG_HOME'] = join(ground.home, 'xdg');
    await mkdir(join(ground.home, 'xdg/git'), { recursive: true });
    await writeFile(join(ground.home, 'xdg/git/config'), evilConfig(ground));
    await writeFile(join(ground.home, 'xdg/git/attributes'), '* filter=evil text eol=crlf\n');
    await writeFile(join(ground.home, 'xdg/git/ignore'), '*\n');
  },
  'hostile configuration in the repository': async ground => {
    const path = join(ground.dir, '.git/config');
    const own = `[core]\nrepositoryFormatVersion = 0\n[routerd]\nlineage = ${'a'.repeat(32)}\n`;
    await writeFile(path, own + evilConfig(ground));
  },
  'an include in the repository': async ground => {
    await writeFile(join(ground.home, 'included'), evilConfig(ground));
    userGit(ground.dir, 'config', 'include.path', join(ground.home, 'included'));
  },
  'hooks in the repository': async ({ dir, evil }) => {
    await mkdir(join(dir, '.git/hooks'));
    for (const hook of [
      'pre-commit',
      'commit-msg',
      'post-commit',
      'reference-transaction',
      'post-index-change',
    ]) {
      await cp(evil, join(dir, '.git/hooks', hook));
    }
  },
  'GIT_DIR and friends': ({ env, home }) => {
    env['GIT_DIR'] = join(home, 'elsewhere');
    env['GIT_WORK_TREE'] = home;
    env['GIT_INDEX_FILE'] = join(home, 'index');
    env['GIT_OBJECT_DIRECTORY'] = join(home, 'objects');
    env['GIT_ALTERNATE_OBJECT_DIRECTORIES'] = home;
    env['GIT_NAMESPACE'] = 'other';
    env['GIT_COMMON_DIR'] = home;
  },
  'GIT_CONFIG_* variables': ground => {
    ground.env['GIT_CONFIG_COUNT'] = '2';
    ground.env['GIT_CONFIG_KEY_0'] = 'core.hooksPath';
    ground.env['GIT_CONFIG_VALUE_0'] = `${ground.evil}-hooks`;
    ground.env['GIT_CONFIG_KEY_1'] = 'core.autocrlf';
    ground.env['GIT_CONFIG_VALUE_1'] = 'true';
    ground.env['GIT_CONFIG_PARAMETERS'] = "'commit.gpgsign=true'";
    ground.env['GIT_CONFIG'] = join(ground.home, 'none');
  },
  'GIT_AUTHOR_* and GIT_COMMITTER_*': ({ env }) => {
    for (const who of ['AUTHOR', 'COMMITTER']) {
      env[`GIT_${who}_NAME`] = 'Somebody Else';
      env[`GIT_${who}_EMAIL`] = 'else@example.org';
      env[`GIT_${who}_DATE`] = '2001-01-01T00:00:00Z';
    }
    env['EMAIL'] = 'else@example.org';
  },
  'programs in the environment': ({ env, evil }) => {
    for (const name of [
      'EDITOR',
      'VISUAL',
      'PAGER',
      'GIT_EDITOR',
      'GIT_PAGER',
      'GIT_ASKPASS',
      'SSH_ASKPASS',
    ]) {
      env[name] = evil;
    }
    env['GIT_EXTERNAL_DIFF'] = evil;
    env['GIT_EXEC_PATH'] = '/nonexistent';
    env['GIT_TEMPLATE_DIR'] = `${evil}-template`;
  },
  'tracing into the output': ({ env }) => {
    for (const name of ['GIT_TRACE', 'GIT_TRACE2', 'GIT_TRACE_SETUP', 'GIT_TRACE_PACKET']) env[name] = '1';
  },
  'a Japanese locale': ({ env }) => {
    for (const name of ['LANG', 'LC_ALL', 'LANGUAGE']) env[name] = 'ja_JP.UTF-8';
  },
  'a time zone with a day missing': ({ env }) => {
    env['TZ'] = 'Pacific/Apia';
  },
  'a umask that allows everything': ground => {
    ground.umask = 0;
  },
  'a umask that keeps others out': ground => {
    ground.umask = 0o077;
  },
  sudo: ({ env }) => {
    // prettier-ignore
    env['SUDO_UID'] = '12345';
    env['SUDO_USER'] = 'somebody';
  },
  'a TMPDIR that does not exist': ({ env }) => {
    env['TMPDIR'] = '/nonexistent';
  },
  'defaults of git by environment': ({ env }) => {
    env['GIT_DEFAULT_HASH'] = 'sha256';
    env['GIT_DEFAULT_REF_FORMAT'] = 'reftable';
    env['GIT_TEST_DEFAULT_INITIAL_BRANCH_NAME'] = 'trunk';
  },
  '.gitattributes in the work tree': ({ dir }) =>
    writeFile(join(dir, '.gitattributes'), '* filter=evil text eol=crlf ident\n'),
  '.gitignore in the work tree': ({ dir }) => writeFile(join(dir, '.gitignore'), '*\n'),
  'attributes in .git/info': async ground => {
    userGit(ground.dir, 'config', 'filter.evil.clean', ground.evil);
    await writeFile(join(ground.dir, '.git/info/attributes'), '* filter=evil text eol=crlf\n');
  },
  'a replaced object': ({ dir }) => {
    const tree = userGit(dir, 'rev-parse', 'main^{tree}').trim();
    const empty = userGit(dir, 'hash-object', '-t', 'tree', '-w', '/dev/null').trim();
    userGit(dir, 'replace', tree, empty);
  },
  'a repository around it': ({ dir }) => {
    userGit(join(dir, '..'), 'init', '-q');
  },
};

/** What a person has done to the repository also reaches that person's git, whose answer proves nothing then. */
const ownRisk = new Set([
  'hostile configuration in the repository',
  'an include in the repository',
  'hooks in the repository',
  'attributes in .git/info',
]);

const secondMessage = 'generation 2: é\n\nGeneration: 2\n';
const firstFiles = { 'a.yaml': 'first: 1\n', 'parts/b.yaml': 'b\r\nc\n' };
const secondFiles = { 'a.yaml': 'second: é $Id$\r\n', 'parts/c.yaml': '\0binary\r\n', 'd.swp': 'ignored?' };

describe('a hostile environment', () => {
  let ground: Ground;
  let saved: NodeJS.ProcessEnv;
  let mask = 0o022;

  beforeEach(async () => {
    const top = await tempDir();
    const evil = join(top, 'evil');
    const home = join(top, 'home');
    const dir = join(top, 'outer/state');
    for (const folder of [home, join(top, 'outer'), join(top, 'marks')]) await mkdir(folder, { mode: 0o700 });
    await writeFile(evil, `#!/bin/sh\n: > ${top}/marks/ran\nexit 1\n`);
    await chmod(evil, 0o755);
    for (const folder of ['hooks', 'template']) {
      await mkdir(`${evil}-${folder}`);
      await cp(evil, join(`${evil}-${folder}`, 'reference-transaction'));
    }
    await writeFile(`${evil}-attributes`, '* filter=evil text eol=crlf\n');
    await writeFile(`${evil}-excludes`, '*\n');
    ground = { dir, home, evil, env: { HOME: home } };
    saved = { ...process.env };
    mask = process.umask(0o022);
  });

  afterEach(() => {
    restore();
  });

  function restore(): void {
    for (const name of Object.keys(process.env))
      if (!(name in saved)) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, saved);
    process.umask(mask);
  }

  function apply(): void {
    if (ground.umask !== undefined) process.umask(ground.umask);
    for (const [name, value] of Object.entries(ground.env)) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  }

  async function secondCommit(store: Store): Promise<string> {
    const { commit } = await commitOn(store, secondFiles, {
      message: secondMessage,
      tags: ['gen/2'],
      at: noon + 60_000,
    });
    return commit;
  }

  for (const [what, arrange] of Object.entries(conditions)) {
    it(`changes no commit: ${what}`, async () => {
      const first = await storeAt(ground.dir, { lineage: 'a'.repeat(32) });
      const { commit } = await commitOn(first, firstFiles);
      await first.project(commit, noon);

      await arrange(ground);
      apply();
      const store = await storeAt(ground.dir);
      const recovered = await store.recover();
      const second = await secondCommit(store);
      const projection = await store.project(second, noon);
      const log = await store.commits();
      const read = await store.readTree(second);
      restore();

      expect(second).to.equal(await (expected ??= plainCommit()));
      expect(recovered.ok).to.equal(true);
      expect(log.map(record => record.message)).to.deep.equal([secondMessage.trimEnd(), 'a change']);
      expect(projection.drifted).to.deep.equal([]);
      for (const [path, content] of Object.entries(secondFiles)) {
        expect(Buffer.from(read.get(path) ?? []).toString()).to.equal(content);
      }
      expect(userGit(ground.dir, 'rev-parse', 'gen/2').trim()).to.equal(second);
      expect(await readdir(join(ground.evil, '../marks'))).to.deep.equal([]);
      if (!ownRisk.has(what)) expect(userGit(ground.dir, 'status', '--porcelain')).to.equal('');
    });
  }

  it('changes not even the first commit', async () => {
    await conditions['a hostile ~/.gitconfig']?.(ground);
    await conditions['defaults of git by environment']?.(ground);
    await conditions['programs in the environment']?.(ground);
    apply();
    const store = await storeAt(ground.dir, { lineage: 'a'.repeat(32) });
    const { commit } = await commitOn(store, firstFiles);
    await store.project(commit, noon);
    const second = await secondCommit(store);
    restore();
    expect(second).to.equal(await (expected ??= plainCommit()));
    expect(await readdir(join(ground.evil, '../marks'))).to.deep.equal([]);
  });
});

let expected: Promise<string> | undefined;

/** The same two commits made by plain git, in an environment that has nothing in it. */
async function plainCommit(): Promise<string> {
  const dir = await tempDir();
  const plain = (args: string[], date: number, input?: string) =>
    execFileSync('git', ['-C', dir, '-c', 'core.autocrlf=false', ...args], {
      input,
      encoding: 'utf8',
      env: {
        PATH: searchPath,
        HOME: '/nonexistent',
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_AUTHOR_NAME: author.name,
        GIT_AUTHOR_EMAIL: author.email,
        GIT_AUTHOR_DATE: `@${date / 1_000} +0000`,
        GIT_COMMITTER_NAME: 'routerd',
        GIT_COMMITTER_EMAIL: `routerd@${'a'.repeat(32)}`,
        GIT_COMMITTER_DATE: `@${date / 1_000} +0000`,
      },
    });
  plain(['init', '-q', '-b', 'main', '--object-format=sha1'], noon);
  for (const [files, message, date] of [
    [firstFiles, 'a change\n', noon],
    [secondFiles, secondMessage, noon + 60_000],
  ] as const) {
    plain(['rm', '-rq', '--ignore-unmatch', '.'], date);
    for (const [path, content] of Object.entries(files)) {
      await mkdir(join(dir, path, '..'), { recursive: true });
      await writeFile(join(dir, path), content);
    }
    plain(['add', '--all'], date);
    plain(['commit', '-q', '--cleanup=verbatim', '-F', '-'], date, message);
  }
  return plain(['rev-parse', 'HEAD'], noon).trim();
}
