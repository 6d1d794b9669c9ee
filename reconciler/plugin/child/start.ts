import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fail, ok } from '../../../protocol/result.js';
import type { Result } from '../../../protocol/result.js';
import { errnoOf } from '../../../state/errno.js';
import { childEnvironment } from './environment.js';
import type { ChildError, ChildRequest } from './request.js';
import type { PipedChild } from './supervise.js';

/** What the system's refusal means to a person. */
const refusals: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist, or the interpreter in its first line does not',
  ENOTDIR: 'a part of its path is no folder',
  EACCES: 'the running user may not execute it',
  EPERM: 'the running user may not execute it',
  ELOOP: 'its path is a link that leads in a circle',
  ENOEXEC: 'the system cannot run a file of its format',
  ETXTBSY: 'somebody is writing to the file at this moment',
  E2BIG: 'its environment is too large',
  EAGAIN: 'the limit on processes is reached',
  ENOMEM: 'the system is out of memory',
  EMFILE: 'this process has too many files open',
  ENFILE: 'the system has too many files open',
  ERR_INVALID_ARG_VALUE: 'its path or environment holds a NUL character',
};

/** A started child, together with the number of its process group. */
export interface Started {
  readonly child: PipedChild;
  readonly pid: number;
}

/**
 * Starts the program: no argument, no shell, nothing inherited, `/` as working directory, a session and process group
 * of its own. Its stdin, stdout and stderr are socket pairs, as Node makes them, so `/dev/stdout` and its like cannot
 * be opened in it.
 *
 * The result is not a promise where the child runs, since its events must be listened to in the same turn.
 */
export function start(request: ChildRequest): Result<Started, Promise<ChildError>> {
  let child: PipedChild;
  try {
    child = spawn(request.executable, [], {
      cwd: '/',
      detached: true,
      env: childEnvironment(request.env, request.path),
      shell: false,
      stdio: ['pipe', 'pipe', 'pipe', ...(request.keepOpen === undefined ? [] : [request.keepOpen])],
    }) as PipedChild;
  } catch (error) {
    return fail(Promise.resolve(refusal(error)));
  }
  if (child.pid !== undefined) return ok({ child, pid: child.pid });
  // Node throws some refusals and emits the others, without any pattern to it.
  return fail(once(child, 'error').then(([error]) => refusal(error)));
}

function refusal(error: unknown): ChildError {
  const code = errnoOf(error);
  if (code === undefined) throw error;
  const why = refusals[code] ?? 'the system refused it';
  return { reason: 'PluginNotStarted', message: `the program could not be started: ${why} (${code})` };
}
