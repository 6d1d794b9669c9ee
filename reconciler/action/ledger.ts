import { join } from 'node:path';
import { keyIdentity } from '../../protocol/action-plan.js';
import { textOf } from '../../protocol/pick.js';
import { isMap } from '../../protocol/resource.js';
import type { Value } from '../../protocol/resource.js';
import { formatTime } from '../../protocol/time.js';
import type { Instant } from '../../protocol/time.js';
import { appendLines, readRegular } from '../../state/files.js';
import { StorageError } from '../../state/storage-error.js';

/**
 * The keys under which an executor was ever started, one JSON line a start, in `run/keys`. It stands beside git so that a
 * history which somebody sets back does not let an action run again. A line is on disk before its executor starts.
 */
const ledgerPath = (dir: string): string => join(dir, 'run', 'keys');

/** Starts by the identity of their key. A line that is torn was of a start that did not come about. */
export async function readLedger(dir: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const line of (await ledgerText(dir)).split('\n')) {
    const key = keyOf(line);
    if (key !== '') counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

export async function recordStart(
  dir: string,
  start: { readonly key: string; readonly id: string; readonly at: Instant },
): Promise<void> {
  const line = JSON.stringify({ at: formatTime(start.at), id: start.id, key: start.key });
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

function keyOf(line: string): string {
  try {
    const entry = JSON.parse(line) as Value;
    return isMap(entry) ? keyIdentity(textOf(entry['key'])) : '';
  } catch {
    return '';
  }
}
