import { sha256 } from '../../../protocol/digest.js';
import { feed } from './feed.js';
import { errorOf } from './judge.js';
import { ProcessGroup } from './process-group.js';
import type { ChildError, ChildRequest, ChildRun } from './request.js';
import { start } from './start.js';
import { supervise } from './supervise.js';
import type { Limits } from './supervise.js';

const defaultGraceMs = 2_000;
const defaultStdoutLimit = 4 * 2 ** 20;

/**
 * Runs one program: writes the request to its stdin, collects what it prints, and is done at the latest at its deadline
 * plus the grace period plus half a second, whatever the program does. Everything that a program can do is in the
 * outcome; nothing of it rejects. Neither a listener nor a timer is left over.
 *
 * A child that leaves its process group (`setsid`) is out of reach and may go on, as may all children when this process
 * is killed by SIGKILL; on every other way out, `killAllChildren` ends them.
 */
export async function runChild(request: ChildRequest): Promise<ChildRun> {
  const begin = performance.now();
  if (request.signal?.aborted === true) {
    return notRun(
      { reason: 'PluginCancelled', message: 'the program was not started: the run was given up' },
      begin,
    );
  }
  const started = start(request);
  if (!started.ok) return notRun(await started.failure, begin);

  const { child, pid } = started.value;
  const limits: Limits = {
    timeoutMs: request.timeoutMs,
    graceMs: request.graceMs ?? defaultGraceMs,
    stdoutLimit: request.stdoutLimit ?? defaultStdoutLimit,
    signal: request.signal,
  };
  feed(child.stdin, request.input);
  const ending = await supervise(child, new ProcessGroup(pid), limits);

  const { exit, stopped, heldOpen, stdout, stderr } = ending;
  const error = errorOf({ exit, stopped, heldOpen, tooLarge: stdout.tooLarge }, limits);
  const content = stdout.content();
  return {
    outcome: {
      exitCode: exit?.code ?? null,
      signal: exit?.signal ?? null,
      durationMs: since(begin),
      timedOut: stopped === 'deadline',
      stdoutDigest: sha256(content),
      stderr: stderr.text(),
      error,
    },
    stdout: error === null ? content : Buffer.alloc(0),
  };
}

function notRun(error: ChildError, begin: number): ChildRun {
  return {
    outcome: {
      exitCode: null,
      signal: null,
      durationMs: since(begin),
      timedOut: false,
      stdoutDigest: sha256(''),
      stderr: '',
      error,
    },
    stdout: Buffer.alloc(0),
  };
}

function since(begin: number): number {
  return Math.round(performance.now() - begin);
}
