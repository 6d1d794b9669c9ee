import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from '../../state/program.js';
import { searchPath } from './store.js';

/**
 * Puts a program called git first in the returned PATH. `script` is its shell text; in it `$git` is the real git and
 * `is NAME` asks for the command of this call. Unless the script ends, the real git runs.
 */
export async function fakeGit(dir: string, script: string): Promise<string> {
  const real = findProgram('git', searchPath);
  if (real === undefined) throw new Error('these tests need git');
  const folder = join(dir, 'fake-bin');
  await mkdir(folder, { recursive: true });
  const program = join(folder, 'git');
  const text = `#!/bin/sh
git=${real}
is() { case " $line " in *" $1 "*) return 0;; esac; return 1; }
line="$*"
${script}
exec "$git" "$@"
`;
  await writeFile(program, text);
  await chmod(program, 0o755);
  return `${folder}:${searchPath}`;
}
