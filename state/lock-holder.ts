import { formatTime } from '../protocol/time.js';
import { oneLine } from '../protocol/text.js';
import { readRegular, replaceFile } from './files.js';

/** What the holder of a lock wrote about itself. For messages only: nothing is decided by it. */
export interface Holder {
  readonly pid: number;
  /** When that process started, RFC 3339. */
  readonly started: string;
  readonly command: string;
}

const noteLimit = 4_096;

export function holderPath(lockPath: string): string {
  return `${lockPath}.holder`;
}

export function thisHolder(command: string): Holder {
  const started = Math.round(Date.now() / 1_000 - process.uptime()) * 1_000;
  return { pid: process.pid, started: formatTime(started), command: oneLine(command) };
}

/** Not durable: after a power cut nobody holds the lock. */
export async function writeHolder(lockPath: string, holder: Holder): Promise<void> {
  await replaceFile(holderPath(lockPath), `${JSON.stringify(holder)}\n`, { durable: false });
}

/** Undefined where there is no note, where it makes no sense, or where its process is gone and left it behind. */
export async function readHolder(lockPath: string): Promise<Holder | undefined> {
  try {
    const { bytes } = await readRegular(holderPath(lockPath), noteLimit);
    const note: unknown = JSON.parse(bytes.toString('utf8'));
    return isHolder(note) && isAlive(note.pid) ? note : undefined;
  } catch {
    return undefined;
  }
}

/** `routerctl reconcile (pid 4711, started 2026-05-29T12:00:00Z)`. */
export function holderText(holder: Holder): string {
  return `${oneLine(holder.command)} (pid ${holder.pid}, started ${oneLine(holder.started)})`;
}

function isHolder(note: unknown): note is Holder {
  if (typeof note !== 'object' || note === null) return false;
  const { pid, started, command } = note as Partial<Record<keyof Holder, unknown>>;
  return Number.isSafeInteger(pid) && typeof started === 'string' && typeof command === 'string';
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
