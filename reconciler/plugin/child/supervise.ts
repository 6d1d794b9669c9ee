import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { delay } from '../../../watch/delay.js';
import type { ProcessGroup } from './process-group.js';
import { StderrCapture } from './stderr.js';
import { StdoutCapture } from './stdout.js';

export type PipedChild = ChildProcessByStdio<Writable, Readable, Readable>;

export interface Limits {
  readonly timeoutMs: number;
  readonly graceMs: number;
  readonly stdoutLimit: number;
  readonly signal: AbortSignal | undefined;
}

/** Why a child was made to end. */
export type StopCause = 'deadline' | 'cancelled' | 'tooLarge';

/** How the life of a child went, before anyone judges it. */
export interface Ending {
  /** Undefined when not even SIGKILL ended it in time (a process stuck in the kernel). */
  readonly exit: Exit | undefined;
  readonly stopped: StopCause | undefined;
  /** The program had ended, but somebody kept its stdout open. */
  readonly heldOpen: boolean;
  readonly stdout: StdoutCapture;
  readonly stderr: StderrCapture;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** How long output may stay open after the program has ended, and how long SIGKILL may take. */
const settleMs = 250;

/**
 * Sees a child to its end, whatever it does:
 *
 *     running ──exit──► draining ──both outputs at their end, or 250 ms──► finished
 *        │ deadline, cancelled, too large          ▲                          ▲
 *        └► SIGTERM ──grace──► SIGKILL ──exit──────┘                          │
 *                                 └──────────────250 ms───────────────────────┘
 *
 * One timer runs at any time, and each step replaces it. Members of the group that outlive the program are killed as
 * soon as stdout is known to be free of them, at once where that is already so.
 */
export function supervise(child: PipedChild, group: ProcessGroup, limits: Limits): Promise<Ending> {
  return new Promise(resolve => {
    let exit: Exit | undefined;
    let stopped: StopCause | undefined;
    let callOff = delay(limits.timeoutMs, () => {
      stop('deadline');
    });
    const stdout = new StdoutCapture(child.stdout, limits.stdoutLimit, outputEnded);
    const stderr = new StderrCapture(child.stderr, outputEnded);
    child.once('exit', exited);
    limits.signal?.addEventListener('abort', cancelled);

    function next(ms: number, step: () => void): void {
      callOff();
      callOff = delay(ms, step);
    }

    function cancelled(): void {
      stop('cancelled');
    }

    function stop(cause: StopCause): void {
      if (exit !== undefined || stopped !== undefined) return;
      stopped = cause;
      group.terminate();
      next(limits.graceMs, () => {
        group.kill();
        next(settleMs, finish);
      });
    }

    function exited(code: number | null, signal: string | null): void {
      exit = { code, signal };
      group.childEnded();
      if (stopped !== undefined) group.end();
      next(settleMs, finish);
      outputEnded();
    }

    function outputEnded(): void {
      if (stdout.tooLarge) stop('tooLarge');
      if (exit === undefined || !stdout.ended) return;
      group.end();
      if (stderr.ended) finish();
    }

    function finish(): void {
      callOff();
      limits.signal?.removeEventListener('abort', cancelled);
      child.removeListener('exit', exited);
      group.end();
      const heldOpen = exit !== undefined && !stdout.ended;
      child.stdin.destroy();
      stdout.close();
      stderr.close();
      child.unref();
      resolve({ exit, stopped, heldOpen, stdout, stderr });
    }
  });
}
