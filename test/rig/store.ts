import { execFileSync } from 'node:child_process';
import { createStore } from '../../state/git/open.js';
import type { CreateOptions } from '../../state/git/open.js';
import type { CommitInput, Revision } from '../../state/git/commit.js';
import type { Store } from '../../state/git/store.js';
import type { Result } from '../../protocol/result.js';

export const searchPath = process.env['PATH'] ?? '';
export const author = { name: 'operator', email: 'operator@example.org' };
export const noon = Date.UTC(2026, 4, 29, 12);

/** The value of a result that a test does not expect to fail. */
export function must<T>(result: Result<T, unknown>): T {
  if (!result.ok) throw new Error(`unexpected failure: ${JSON.stringify(result.failure)}`);
  return result.value;
}

/** A store at `dir`, made if it is not there yet. */
export async function storeAt(dir: string, options: Partial<CreateOptions> = {}): Promise<Store> {
  return must(await createStore(dir, { searchPath, ...options }));
}

/** Commits on top of HEAD, with what a test does not care about filled in. */
export async function commitOn(
  store: Store,
  files: Readonly<Record<string, string | Uint8Array>>,
  more: Partial<CommitInput> = {},
): Promise<Revision> {
  const parent = await store.head();
  const input = { parent, files: new Map(Object.entries(files)), message: 'a change\n', author, at: noon };
  return must(await store.commit({ ...input, ...more }));
}

/** Plain git in a state directory, as a person without any configuration would run it. */
export function userGit(dir: string, ...args: string[]): string {
  const env = {
    PATH: searchPath,
    HOME: '/nonexistent',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
  };
  return execFileSync('git', ['-C', dir, ...args], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
