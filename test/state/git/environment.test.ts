import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from '../../../state/git/store.js';
import { conditions, hostileGround, ownRisk } from '../../rig/hostile-environments.js';
import type { Ground } from '../../rig/hostile-environments.js';
import { author, commitOn, noon, searchPath, storeAt, userGit } from '../../rig/store.js';
import { tempDir } from '../../rig/temp.js';

const secondMessage = 'generation 2: é\n\nGeneration: 2\n';
const firstFiles = { 'a.yaml': 'first: 1\n', 'parts/b.yaml': 'b\r\nc\n' };
const secondFiles = { 'a.yaml': 'second: é $Id$\r\n', 'parts/c.yaml': '\0binary\r\n', 'd.swp': 'ignored?' };

describe('a hostile environment', () => {
  let ground: Ground;
  let saved: NodeJS.ProcessEnv;
  let mask = 0o022;

  beforeEach(async () => {
    ground = await hostileGround(await tempDir());
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
