/** Log levels, the least talkative last. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Says what happened, with facts as data; no fact may hold a secret. */
export type Log = (level: LogLevel, message: string, facts?: Readonly<Record<string, unknown>>) => void;
