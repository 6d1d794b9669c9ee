import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from '../../state/program.js';
import { routerctl } from '../rig/routerctl.js';
import { searchPath } from '../rig/store.js';
import { tempDir } from '../rig/temp.js';

type Shell = 'bash' | 'zsh' | 'fish';

/** The completion script for a shell, as a file. */
async function script(shell: Shell): Promise<string> {
  const { code, stdout, stderr } = await routerctl(['completion', shell]);
  expect([code, stderr]).to.deep.equal([0, '']);
  const path = join(await tempDir(), `completion.${shell}`);
  await writeFile(path, stdout);
  return path;
}

function run(program: string, ...args: string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', env: { PATH: searchPath } });
}

describe('completion', () => {
  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    it(`prints a script that ${shell} can read`, async function () {
      if (findProgram(shell, searchPath) === undefined) this.skip(); // this shell is not installed
      expect(run(shell, '-n', await script(shell))).to.equal('');
    });

    it(`names every command to ${shell}`, async () => {
      const { stdout } = await routerctl(['completion', shell]);
      for (const word of ['validate', 'reconcile', 'render', 'generation', 'dry-run', 'show-secrets']) {
        expect(stdout).to.contain(word);
      }
      expect(stdout, 'the older names of --state are hidden').not.to.contain('state-file');
    });
  }

  it('is one for a shell that it knows', async () => {
    const { code, stderr } = await routerctl(['completion', 'tcsh']);
    expect(code).to.equal(1);
    expect(stderr).to.contain('bash, zsh, fish');
  });

  describe('in bash', () => {
    const completed: readonly (readonly [line: string, offered: readonly string[]])[] = [
      ['routerctl pl', ['plugin']],
      ['routerctl plugin ', ['list', 'run', 'runs', 'replay']],
      ['routerctl plugin ru', ['run', 'runs']],
      ['routerctl reconcile --d', ['--dry-run', '--detailed-exitcode']],
      ['routerctl generation show --sh', ['--show-secrets']],
      ['routerctl generation list --li', ['--limit']],
      ['routerctl completion ', ['bash', 'zsh', 'fish']],
      ['routerctl nothing-of-ours', []],
    ];

    it('completes commands, options and choices', async function () {
      const bash = findProgram('bash', searchPath);
      if (bash === undefined) return this.skip(); // bash is not installed
      const calls = completed.map(([line]) => {
        const words = line.split(' ').map(word => `'${word}'`);
        return `COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; _routerctl; echo "\${COMPREPLY[*]}"`;
      });
      const output = run(bash, '--norc', '-c', `source '${await script('bash')}'\n${calls.join('\n')}`);
      expect(output.split('\n').slice(0, -1)).to.deep.equal(
        completed.map(([, offered]) => offered.join(' ')),
      );
    });

    it('is bound to routerctl', async function () {
      const bash = findProgram('bash', searchPath);
      if (bash === undefined) return this.skip(); // bash is not installed
      const output = run(bash, '--norc', '-c', `source '${await script('bash')}'; complete -p routerctl`);
      expect(output).to.match(/-F _routerctl routerctl/);
    });
  });
});
