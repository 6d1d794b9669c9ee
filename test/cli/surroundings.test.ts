import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { cloudedge, inventory, replaceIn } from '../rig/cloudedge.js';
import { answers, setProgram, writeFiles } from '../rig/config-dir.js';
import { reasonsOf } from '../rig/documents.js';
import type { Plan } from '../rig/documents.js';
import { checkState } from '../rig/invariants.js';
import { routerctl } from '../rig/routerctl.js';
import { userGit } from '../rig/store.js';
import { tempDir } from '../rig/temp.js';

const good = answers('oci-inventory', inventory);

/** The author of what the process itself has done. */
function ownName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.geteuid?.()}`;
  }
}

describe('what surrounds a pass', () => {
  it("is not the user's git configuration, hooks, signing, templates, locale or GIT_* variables", async () => {
    const home = await tempDir();
    const refuse = '#!/bin/sh\necho "the hook ran" >&2\nexit 1\n';
    for (const hook of [
      'pre-commit',
      'commit-msg',
      'reference-transaction',
      'post-checkout',
      'fsmonitor',
      'gpg',
    ]) {
      await writeFiles(home, { [`hooks/${hook}`]: refuse });
      await chmod(join(home, 'hooks', hook), 0o755);
    }
    const settings = [
      '[user]\nuseConfigOnly = true',
      '[commit]\ngpgSign = true',
      '[tag]\ngpgSign = true',
      `[gpg]\nprogram = ${home}/hooks/gpg`,
      `[core]\nhooksPath = ${home}/hooks\nfsmonitor = ${home}/hooks/fsmonitor\nautocrlf = true\nexcludesFile = ${home}/ignore`,
      `[init]\ntemplateDir = ${home}\ndefaultBranch = trunk\ndefaultObjectFormat = sha256`,
      '[extensions]\nworktreeConfig = true',
    ];
    await writeFiles(home, { '.gitconfig': settings.join('\n'), ignore: '*.yaml\n' });
    const env = {
      HOME: home,
      GIT_DIR: '/nonexistent',
      GIT_WORK_TREE: '/nonexistent',
      GIT_INDEX_FILE: '/nonexistent',
      GIT_OBJECT_DIRECTORY: '/nonexistent',
      GIT_AUTHOR_DATE: 'garbage',
      GIT_AUTHOR_NAME: 'somebody else',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'core.bare',
      GIT_CONFIG_VALUE_0: 'true',
      GIT_TRACE: '1',
      LANG: 'de_DE.UTF-8',
      LC_ALL: 'tr_TR.UTF-8',
      TZ: 'Pacific/Apia',
    };
    const { state, where, router } = await cloudedge(good);
    const first = await routerctl(['reconcile', ...where], { env });
    expect([first.code, first.stderr]).to.deep.equal([0, '']);
    await replaceIn(router, 'device: wan0', 'device: wan1');
    expect((await routerctl(['reconcile', ...where], { env })).code).to.equal(0);
    for (const { author } of await checkState(state)) expect(author).to.equal(ownName());
  });

  it('names as author who typed the command, and nobody whom the system does not know', async () => {
    const accounts = (await readFile('/etc/passwd', 'utf8'))
      .split('\n')
      .map(line => line.split(':')[0] ?? '');
    const other = accounts.find(name => /^[a-z]+$/.test(name) && name !== ownName()) ?? '';
    const said: readonly (readonly [sudoUser: string, author: string])[] = [
      [other, other],
      ['nobody-knows-this-one', ownName()],
      ['x\n\nGeneration: 99', ownName()],
    ];
    const { state, where, router } = await cloudedge(good);
    await routerctl(['reconcile', ...where]);
    let device = 'wan0';
    for (const [i, [sudoUser, author]] of said.entries()) {
      await replaceIn(router, `device: ${device}`, `device: lan${i}`);
      device = `lan${i}`;
      await routerctl(['reconcile', ...where], { env: { SUDO_USER: sudoUser } });
      expect(userGit(state, 'log', '-1', '--format=%an %cn').trim()).to.equal(`${author} routerd`);
    }
    const lineage = userGit(state, 'config', 'routerd.lineage').trim();
    expect(userGit(state, 'log', '-1', '--format=%ae %ce').trim()).to.equal(
      `${ownName()}@${lineage} routerd@${lineage}`,
    );
    expect(await checkState(state)).to.have.length(1 + said.length);
  });

  it('may be meddled with: files are restored, strays moved away, tags made anew, and it is said', async () => {
    const { state, where } = await cloudedge(good);
    await routerctl(['reconcile', ...where]);
    await writeFile(join(state, 'effective-config.yaml'), 'edited: by hand\n');
    await rm(join(state, 'startup-config.yaml'));
    await writeFile(join(state, 'notes.txt'), 'precious');
    userGit(state, 'tag', '-d', 'gen/1');
    const { code, json } = await routerctl(['reconcile', ...where, '-o', 'json']);
    expect(code, 'findings alone never fail a command').to.equal(0);
    const { findings, changed } = json() as Plan;
    expect(changed).to.equal(false);
    expect(reasonsOf(findings)).to.deep.equal(['StateDrift', 'StateDrift', 'StateDrift']);
    const moved = /moved to (\S+)$/.exec(
      findings.map(({ message }) => message).find(text => text.includes('notes')) ?? '',
    );
    expect(await readFile(join(state, moved?.[1] ?? ''), 'utf8')).to.equal('precious');
    expect(await checkState(state)).to.have.length(1);
  });

  it('may lose run/: leases are those of HEAD, and plugins run anew', async () => {
    const { config, state, where } = await cloudedge(good);
    await routerctl(['reconcile', ...where]);
    await rm(join(state, 'run'), { recursive: true });
    await setProgram(config, 'oci-inventory', '#!/bin/sh\nexit 1\n');
    const { code, json } = await routerctl(['reconcile', ...where, '-o', 'json']);
    expect(code).to.equal(1);
    expect((json() as Plan).changed, 'the part lives on').to.equal(false);
    expect(await checkState(state)).to.have.length(1);
    expect(existsSync(join(state, 'run/status.yaml'))).to.equal(true);
  });
});
