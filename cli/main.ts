import { setMaxListeners } from 'node:events';
import { CommanderError } from 'commander';
import { killAllChildren } from '../reconciler/plugin/child/process-group.js';
import { processIo } from './io.js';
import { keepAwake } from './keep-awake.js';
import { buildProgram } from './program.js';
import { sentence } from './sentence.js';
import { engineVersion } from './version.js';

/** Runs routerctl and sets the exit code of the process. Nothing that goes wrong ends in a stack trace. */
export async function main(argv: readonly string[]): Promise<void> {
  process.umask(0o077);
  keepAwake();
  const io = processIo();
  const controller = new AbortController();
  // Every plugin that runs listens to it, and there is no leak in that.
  setMaxListeners(0, controller.signal);
  const takeSignals = endOnSignals(controller);
  const finish = (code: number): void => {
    process.exitCode = code;
  };
  const context = {
    io,
    env: process.env,
    clock: () => Date.now(),
    engineVersion: engineVersion(),
    signal: controller.signal,
    takeSignals,
  };
  const program = buildProgram({ context, finish });
  for (const command of [program, ...program.commands.flatMap(child => [child, ...child.commands])]) {
    command.exitOverride();
  }
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError) finish(error.exitCode === 0 ? 0 : troubleOf(argv));
    else {
      io.note(`routerctl: ${sentence(error)}\n`);
      finish(troubleOf(argv));
    }
  }
}

/** Exit code of a command that could not do its work: 2 where 1 is an answer, such as `differ`. */
function troubleOf(argv: readonly string[]): number {
  return ['validate', 'verify', 'bisect'].includes(argv[2] ?? '') ||
    argv[3] === 'diff' ||
    argv[3] === 'replay'
    ? 2
    : 1;
}

/**
 * Plugins run in process groups of their own, which the terminal's Ctrl-C does not reach. What is written is safe at any
 * instruction, so nothing else has to be waited for.
 */
function endOnSignals(controller: AbortController): () => void {
  const listeners = (
    [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const
  ).map(([signal, code]) => {
    const end = (): void => {
      controller.abort();
      killAllChildren();
      process.exit(code);
    };
    process.once(signal, end);
    return { signal, end };
  });
  return () => {
    for (const { signal, end } of listeners) process.off(signal, end);
  };
}
