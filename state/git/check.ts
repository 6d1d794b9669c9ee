import type { GitContext } from './environment.js';
import { GitError } from './git-error.js';
import { git } from './run.js';

/** Reading everything may take long. */
const checkTimeoutMs = 300_000;

/** What `git fsck` finds wrong, one line each; empty where all is well. */
export async function checkObjects(context: GitContext): Promise<string[]> {
  const args = ['fsck', '--full', '--no-dangling', '--no-progress'] as const;
  try {
    return lines(await git(context, { args, timeoutMs: checkTimeoutMs }));
  } catch (error) {
    // Every kind of damage is one bit of fsck's exit code.
    if (error instanceof GitError && error.code === 'EGIT') return lines(error.end.stdout + error.end.stderr);
    throw error;
  }
}

function lines(text: string): string[] {
  return text.split('\n').filter(line => line !== '');
}
