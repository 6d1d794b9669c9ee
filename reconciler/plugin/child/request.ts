import type { Reason } from '../../../protocol/problem.js';

/** What a child process is started with. */
export interface ChildRequest {
  /** Absolute path; the caller has checked it (`state/executable.ts`). */
  readonly executable: string;
  /** The declared environment, and apart from PATH the whole of it. A PATH in it goes before `path`. */
  readonly env: Readonly<Record<string, string>>;
  /** Written to stdin, which then ends. */
  readonly input: string;
  /** Time from start to SIGTERM. Any length, `Infinity` for none. */
  readonly timeoutMs: number;
  /** PATH of the parent; unset or empty gives the fallback of the protocol. */
  readonly path?: string | undefined;
  /** Time from SIGTERM to SIGKILL, default 2 s. */
  readonly graceMs?: number;
  /** Bytes that stdout may hold, default 4 MiB. */
  readonly stdoutLimit?: number;
  /** A descriptor that stays open in the child, as its number 3, for as long as it and its children live. */
  readonly keepOpen?: number | undefined;
  /** Aborted when the caller gives up: the child is ended as at its deadline. */
  readonly signal?: AbortSignal | undefined;
}

/** How a run ended; success and failure have the same shape, and `error` tells them apart. */
export interface ChildOutcome {
  /** Null when a signal ended it, when it was not started, or when nothing could end it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Whole milliseconds of a monotonic clock, until nothing more was to come. */
  readonly durationMs: number;
  readonly timedOut: boolean;
  /** `sha256:…` of what stdout gave; past the limit, of as many bytes as the limit allows. */
  readonly stdoutDigest: string;
  /**
   * At most 8 KiB: all of it, or its beginning and end with a note on how much is missing. Text from outside, to be
   * made printable before it is shown.
   */
  readonly stderr: string;
  /** Null exactly when the run succeeded: exit code 0 in time, without a signal, and nobody left holding stdout. */
  readonly error: ChildError | null;
}

export interface ChildError {
  readonly reason: Extract<
    Reason,
    | 'PluginNotStarted'
    | 'PluginTimedOut'
    | 'PluginCancelled'
    | 'PluginExited'
    | 'PluginKilled'
    | 'OutputTooLarge'
    | 'OutputHeldOpen'
  >;
  /** A sentence about `the program …`, without its name. */
  readonly message: string;
}

export interface ChildRun {
  readonly outcome: ChildOutcome;
  /** Empty unless the run succeeded: output of a failed run is never used. */
  readonly stdout: Buffer;
}
