import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fail, ok } from '../../protocol/result.js';
import type { Result } from '../../protocol/result.js';
import { oneLine } from '../../protocol/text.js';
import { verdictOf } from '../../reconciler/bisect/search.js';
import type { Verdict } from '../../reconciler/bisect/search.js';

/** One generation to be judged. */
export interface CheckInput {
  readonly generation: number;
  /** Its effective-config, secrets and all: the command may need them. */
  readonly text: string;
}

export interface Checker {
  /** Fails, with a sentence, where the command gives no verdict. */
  readonly check: (input: CheckInput) => Promise<Result<Verdict, string>>;
  readonly close: () => void;
}

/**
 * Runs a command for one generation after the other. The effective-config lies in a file that the user alone can read,
 * its path in ROUTERD_EFFECTIVE_CONFIG, the number in ROUTERD_GENERATION. What the command prints goes to stderr. The
 * file is gone, and a command that still runs is ended, when this process ends.
 */
export async function bisectChecker(command: readonly string[], env: NodeJS.ProcessEnv): Promise<Checker> {
  const folder = await mkdtemp(join(tmpdir(), 'routerctl-bisect-'));
  await chmod(folder, 0o700);
  const file = join(folder, 'effective-config.yaml');
  let end: () => void = () => undefined;
  const close = (): void => {
    process.off('exit', close);
    end();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', close);

  const check = async ({ generation, text }: CheckInput): Promise<Result<Verdict, string>> => {
    await writeFile(file, text, { mode: 0o600 });
    const [program = '', ...args] = command;
    return new Promise(resolve => {
      const child = spawn(program, args, {
        stdio: ['inherit', 2, 2],
        env: { ...env, ROUTERD_EFFECTIVE_CONFIG: file, ROUTERD_GENERATION: String(generation) },
      });
      end = () => void child.kill();
      const finish = (result: Result<Verdict, string>): void => {
        end = () => undefined;
        resolve(result);
      };
      child.once('error', (error: NodeJS.ErrnoException) => {
        finish(fail(`cannot run ${oneLine(program)}: ${error.code ?? oneLine(error.message)}`));
      });
      child.once('exit', (code, signal) => {
        const verdict = verdictOf(code);
        const how = signal === null ? `exit code ${code ?? 'none'}` : `signal ${signal}`;
        finish(
          verdict === undefined
            ? fail(`${oneLine(program)} gave no verdict on generation ${generation}: it ended with ${how}`)
            : ok(verdict),
        );
      });
    });
  };
  return { check, close };
}
