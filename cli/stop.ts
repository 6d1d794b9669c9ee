import { killAllChildren } from '../reconciler/plugin/child/process-group.js';

/** The wish to stop of one that has begun something which it should see to its end. */
export interface Stop {
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Exit code for the signal that came, 130 or 143; undefined as long as none did. */
  readonly exitCode: () => number | undefined;
}

/**
 * Takes SIGINT and SIGTERM over: the first one says that nothing more is to be begun, a second one ends the process and its
 * children at once.
 */
export function stopInTurn(onFirst: () => void): Stop {
  const controller = new AbortController();
  let exitCode: number | undefined;
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(signal, () => {
      if (exitCode !== undefined) {
        killAllChildren();
        process.exit(code);
      }
      exitCode = code;
      controller.abort();
      onFirst();
    });
  }
  return { signal: controller.signal, exitCode: () => exitCode };
}
