import { oneLine } from '../protocol/text.js';
import { StorageError } from '../state/storage-error.js';

/** What went wrong, in one line without a stack trace. */
export function sentence(error: unknown): string {
  if (error instanceof StorageError) return oneLine(error.message, 1000);
  return `internal error: ${oneLine(error instanceof Error ? error.message : String(error), 500)}; please report it`;
}
