import { keepDocument } from '../protocol/kept-document.js';
import type { KeptDocument } from '../protocol/kept-document.js';
import { asValue } from '../protocol/resource.js';
import { resourcesIn } from '../protocol/startup.js';
import { recallText, textOfResource } from '../render/router-yaml.js';
import type { ConfigLocation } from '../state/config/files.js';
import { loadConfig } from '../state/config/load.js';
import type { LoadedConfig } from '../state/config/load.js';
import type { FindKept } from '../state/config/reading.js';
import { sealedCache } from '../state/sealed-cache.js';

/** A document of the config directory with what its resources look like in print. */
interface CachedDocument extends KeptDocument {
  /** The canonical YAML of all resources, one after the other. */
  readonly print: string;
  /** Where each of them ends in it. */
  readonly ends: readonly number[];
}

const folder = 'config';

/** What the files of a config directory hold, as it was read before. */
export function cachedConfig(stateDir: string): FindKept {
  const cache = sealedCache(stateDir, folder);
  return bytes => {
    const documents = cache.find(bytes) as unknown as readonly CachedDocument[] | undefined;
    for (const { value, print, ends } of documents ?? [])
      for (const [i, resource] of resourcesIn(value).entries())
        recallText(resource, print.slice(ends[i - 1] ?? 0, ends[i]));
    return documents;
  };
}

/** The config directory as it is now, for who commits nothing of it. */
export function browseConfig(location: ConfigLocation): Promise<LoadedConfig> {
  return loadConfig(location, { findKept: cachedConfig(location.stateDir) });
}

const written = new WeakSet<LoadedConfig['readings']>();

/** Keeps what was read of files without a problem. */
export async function cacheConfig(stateDir: string, { readings, checker }: LoadedConfig): Promise<void> {
  if (written.has(readings)) return;
  written.add(readings);
  const entries = [...readings.values()].map(({ bytes, documents, problems }) => ({
    bytes,
    value: () =>
      problems.length > 0
        ? undefined
        : asValue(
            documents.map((document): CachedDocument => {
              const texts = resourcesIn(document.value).map(textOfResource);
              let end = 0;
              return {
                ...keepDocument(document, checker),
                print: texts.join(''),
                ends: texts.map(text => (end += text.length)),
              };
            }),
          ),
  }));
  await sealedCache(stateDir, folder).replace(entries);
}
