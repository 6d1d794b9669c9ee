import type { Instant } from '../../protocol/time.js';
import type { Format } from '../output/format.js';
import type { Io } from '../io.js';
import type { CommonOptions } from '../settings.js';

/** Options of most commands, as commander hands them over. */
export interface OutputOptions extends CommonOptions {
  readonly output: Format;
  readonly showSecrets?: boolean;
}

/** What a command gets besides its options: the process, seen from a command. */
export interface CommandContext {
  readonly io: Io;
  readonly env: NodeJS.ProcessEnv;
  readonly clock: () => Instant;
  readonly engineVersion: string;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  /** Leaves SIGINT and SIGTERM to the command, which otherwise end the process. */
  readonly takeSignals: () => void;
}

/** A command returns its exit code. */
export type Command<Options> = (options: Options, context: CommandContext) => Promise<number>;
