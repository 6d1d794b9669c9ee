import { join } from 'node:path';
import { keyIdentity } from '../../protocol/action-plan.js';
import { mapOf, textOf } from '../../protocol/pick.js';
import type { Value } from '../../protocol/resource.js';
import { formatTime } from '../../protocol/time.js';
import type { Instant } from '../../protocol/time.js';
import { appendLines, readRegular } from '../../state/files.js';
import { StorageError } from '../../state/storage-error.js';
import type { AttemptStart } from './action.js';

/**
 * The keys under which an executor was ever started, one JSON line a start, in `run/keys`. It stands beside git so that a
 * history which somebody sets back does not let an action run again. A line is on disk before its executor starts.
 */
const ledgerPath = (dir: string): string => join(dir, 'run', 'keys');

/** The ids of starts by the identity of their key. */
export type Ledger = ReadonlyMap<string, readonly string[]>;

/** A line that is torn was of a start that did not come about. */
export async function readLedger(dir: string): Promise<Ledger> {
  const starts = new Map<string, string[]>();
  for (const line of (await ledgerText(dir)).split('\n')) {
    const { key, start } = readLine(line);
    if (key === '') continue;
    const known = starts.get(key);
    if (known === undefined) starts.set(key, [start]);
    else known.push(start);
  }
  return starts;
}

export async function recordStart(
  dir: string,
  { id, attempt, at }: { readonly id: string; readonly attempt: AttemptStart; readonly at: Instant },
): Promise<void> {
  const line = JSON.stringify({ at: formatTime(at), id, key: attempt.idempotencyKey, start: attempt.id });
  await appendLines(ledgerPath(dir), `${line}\n`, true);
}

async function ledgerText(dir: string): Promise<string> {
  try {
    return (await readRegular(ledgerPath(dir), Number.MAX_SAFE_INTEGER)).bytes.toString('utf8');
  } catch (error) {
    if (error instanceof StorageError && error.code === 'ENOENT') return '';
    throw error;
  }
}

function readLine(line: string): { readonly key: string; readonly start: string } {
  try {
    const entry = mapOf(JSON.parse(line) as Value);
    return { key: keyIdentity(textOf(entry['key'])), start: textOf(entry['start']) };
  } catch {
    return { key: '', start: '' };
  }
}
