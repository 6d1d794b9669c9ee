import { printable } from '../../protocol/text.js';
import { logLevels } from '../../reconciler/daemon/logger.js';
import type { Log, LogLevel } from '../../reconciler/daemon/logger.js';

export const logFormats = ['text', 'json'] as const;
export type LogFormat = (typeof logFormats)[number];

export interface LogOptions {
  readonly format: LogFormat;
  /** Entries below this are left out. */
  readonly level: LogLevel;
  readonly write: (line: string) => void;
  readonly now: () => number;
}

/** One line an entry: `time level message key=value …`, or a JSON object with `time`, `level`, `message` and the facts. */
export function createLog(options: LogOptions): Log {
  const least = logLevels.indexOf(options.level);
  return (level, message, facts = {}) => {
    if (logLevels.indexOf(level) < least) return;
    const time = new Date(options.now()).toISOString();
    const line =
      options.format === 'json'
        ? JSON.stringify({ time, level, message, ...facts })
        : [time, level.padEnd(5), message, ...Object.entries(facts).map(factText)].join(' ');
    options.write(`${printable(line)}\n`);
  };
}

function factText([key, value]: readonly [string, unknown]): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `${key}=${/^[^\s"=]+$/.test(text) ? text : JSON.stringify(text)}`;
}
