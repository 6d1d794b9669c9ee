import { isAbsolute } from 'node:path';
import { sealedCache } from '../state/sealed-cache.js';
import { parseDocument } from './head.js';
import type { ReadDocument } from './head.js';

/** Folders of the cache: documents of commits, and files in `run/`. */
export const documentFolder = 'documents';
export const runFolder = 'run';

/** Reads documents of the state repository and of `run/`, those that were written before without parsing them. */
export function cachedDocuments(stateDir: string): ReadDocument {
  const documents = sealedCache(stateDir, documentFolder);
  const run = sealedCache(stateDir, runFolder);
  // The path of a file in a commit is relative.
  return (path, bytes) => (isAbsolute(path) ? run : documents).find(bytes) ?? parseDocument(path, bytes);
}
