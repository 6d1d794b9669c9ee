import { keepDocument } from '../../protocol/kept-document.js';
import type { KeptDocument } from '../../protocol/kept-document.js';
import { asValue } from '../../protocol/resource.js';
import { sealedCache } from '../sealed-cache.js';
import type { LoadedConfig } from './load.js';
import type { FindKept } from './reading.js';

const folder = 'config';

/** What the files of a config directory hold, as it was read before. */
export function readConfigCache(stateDir: string): FindKept {
  const cache = sealedCache(stateDir, folder);
  return bytes => cache.find(bytes) as unknown as readonly KeptDocument[] | undefined;
}

const written = new WeakSet<LoadedConfig['readings']>();

/** Keeps what was read of files without a problem. */
export async function writeConfigCache(stateDir: string, { readings, checker }: LoadedConfig): Promise<void> {
  if (written.has(readings)) return;
  written.add(readings);
  const entries = [...readings.values()].map(({ bytes, documents, problems }) => ({
    bytes,
    value: () =>
      problems.length > 0 ? undefined : asValue(documents.map(document => keepDocument(document, checker))),
  }));
  await sealedCache(stateDir, folder).replace(entries);
}
