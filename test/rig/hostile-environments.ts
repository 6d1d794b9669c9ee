import { chmod, cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { userGit } from './store.js';

/** Where one hostile condition is set up. */
export interface Ground {
  /** The state directory, a copy of the same repository each time. Its folder belongs to the condition as well. */
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

/** Surroundings that reach into a git that is run carelessly (RELIABILITY 2.6): what each arranges before a write. */
export const conditions: Record<string, (ground: Ground) => unknown> = {
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
export const ownRisk = new Set([
  'hostile configuration in the repository',
  'an include in the repository',
  'hooks in the repository',
  'attributes in .git/info',
]);

/** Makes the folders that the conditions need below `top`: the state directory will be `outer/state`. */
export async function hostileGround(top: string): Promise<Ground> {
  const evil = join(top, 'evil');
  const home = join(top, 'home');
  for (const folder of [home, join(top, 'outer'), join(top, 'marks')]) await mkdir(folder, { mode: 0o700 });
  await writeFile(evil, `#!/bin/sh\n: > ${top}/marks/ran\nexit 1\n`);
  await chmod(evil, 0o755);
  for (const folder of ['hooks', 'template']) {
    await mkdir(`${evil}-${folder}`);
    await cp(evil, join(`${evil}-${folder}`, 'reference-transaction'));
  }
  await writeFile(`${evil}-attributes`, '* filter=evil text eol=crlf\n');
  await writeFile(`${evil}-excludes`, '*\n');
  return { dir: join(top, 'outer/state'), home, evil, env: { HOME: home } };
}
