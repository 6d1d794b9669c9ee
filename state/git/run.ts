import type { ChildProcess } from 'node:child_process';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { SimpleGit } from 'simple-git';
import { gitEnvironment, gitOptions } from './environment.js';
import type { CallVariable, GitContext } from './environment.js';
import { GitError } from './git-error.js';
import { childOf, endTree, listenForChildren } from './process-tree.js';
import { simpleGitForOneCall } from './simple-git.js';

/** One call of git. Arguments are ours alone: no data of anyone else may stand where an option could. */
export interface GitCall {
  readonly args: readonly [command: string, ...rest: string[]];
  readonly stdin?: string | Uint8Array;
  readonly env?: Partial<Readonly<Record<CallVariable, string>>>;
  /** Overrides the timeout of the context. */
  readonly timeoutMs?: number;
}

/** What git printed, as text. Rejects with GitError unless git ended with code 0. */
export function git(context: GitContext, call: GitCall): Promise<string> {
  return perform(context, call, runner => runner.raw([...call.args]));
}

/** What `git cat-file` printed, byte for byte. `args` are those after the command. */
export function gitCatFile(context: GitContext, args: readonly string[], stdin: string): Promise<Buffer> {
  const call: GitCall = { args: ['cat-file', ...args], stdin };
  return perform(context, call, async runner => {
    const output: unknown = await runner.binaryCatFile([...args]);
    return output as Buffer;
  });
}

/** After SIGTERM, and then for the pipes to close after SIGKILL. */
const graceMs = 1_000;
const closeMs = 250;

type Perform<T> = (runner: SimpleGit) => Promise<T>;

/**
 * Every call has a simple-git of its own (60 µs): what goes to stdin and how the call ended then belong to one call, and
 * one that hangs blocks no other.
 */
async function perform<T>(context: GitContext, call: GitCall, run: Perform<T>): Promise<T> {
  const { simpleGit } = simpleGitForOneCall();
  listenForChildren();
  leaveDeletedFolder();
  const watch = new CallWatch();
  const stdin = typeof call.stdin === 'string' ? Buffer.from(call.stdin) : Buffer.from(call.stdin ?? []);
  const command = call.args[0];
  const path = context.workTree;
  let failure: GitError | undefined;
  const runner = simpleGit({
    ...gitOptions(context),
    input: () => stdin, // an empty one too: it closes git's stdin
    // By itself simple-git takes a git that was killed, or failed without a word, for a success.
    errors: (error, { exitCode, stdOut, stdErr }) => {
      if (exitCode === 0 && error === undefined) return undefined;
      const [stdout, stderr] = [
        Buffer.concat(stdOut).toString('utf8'),
        Buffer.concat(stdErr).toString('utf8'),
      ];
      failure = new GitError({ command, path, stdout, ...endOf(exitCode, stderr) });
      return failure;
    },
  })
    .env({ ...gitEnvironment(context), ...call.env })
    .outputHandler((_command, stdout, stderr) => {
      watch.started(stdout, stderr);
    });
  const timeoutMs = call.timeoutMs ?? context.timeoutMs;
  const timer = setTimeout(() => void watch.end(), timeoutMs);
  try {
    return await Promise.race([run(runner), watch.abandoned]);
  } catch (error) {
    // simple-git wraps what it rejects with; ours is kept aside.
    if (!watch.ending) throw failure ?? notStarted(command, path, error);
    throw new GitError({ command, path, exitCode: undefined, stdout: '', stderr: '', timedOutMs: timeoutMs });
  } finally {
    clearTimeout(timer);
  }
}

/**
 * simple-git asks Node for the working directory although it is given one, and where that directory was deleted Node
 * throws. Relative paths mean nothing there, so no harm is done by leaving it.
 */
function leaveDeletedFolder(): void {
  try {
    process.cwd();
  } catch {
    process.chdir('/');
  }
}

/** Knows the process of one call, and ends it when it takes too long. */
class CallWatch {
  /** Rejects when the call was ended and nothing more is expected of it. */
  readonly abandoned: Promise<never>;
  /** Whether it took too long. */
  ending = false;
  #abandon: () => void = () => undefined;
  #child: ChildProcess | undefined;
  #streams: readonly NodeJS.ReadableStream[] = [];

  constructor() {
    this.abandoned = new Promise((_resolve, reject) => {
      this.#abandon = () => {
        reject(new Error('git was ended'));
      };
    });
  }

  started(...streams: [stdout: NodeJS.ReadableStream, stderr: NodeJS.ReadableStream]): void {
    const [stdout] = streams;
    this.#streams = streams;
    this.#child = childOf(stdout);
    // simple-git waits 50 ms more for output when a command has printed nothing. An empty chunk counts as output; it
    // is sent once simple-git listens.
    setImmediate(() => stdout.emit('data', Buffer.alloc(0)));
  }

  async end(): Promise<void> {
    this.ending = true;
    if (this.#child !== undefined) await endTree(this.#child, graceMs);
    await delay(closeMs);
    for (const stream of this.#streams) if (stream instanceof Readable) stream.destroy();
    this.#abandon();
  }
}

function endOf(exitCode: number | null, stderr: string) {
  // A negative code is libuv's: the program could not be started, and stderr holds a JavaScript stack.
  return exitCode !== null && exitCode < 0
    ? { exitCode: undefined, stderr: '', notStarted: firstLine(stderr) }
    : { exitCode, stderr };
}

function notStarted(command: string, path: string, error: unknown): GitError {
  const text = error instanceof Error ? error.message : String(error);
  return new GitError({
    command,
    path,
    exitCode: undefined,
    stdout: '',
    stderr: '',
    notStarted: firstLine(text),
  });
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]?.replace(/^Error: /, '') ?? '';
}
