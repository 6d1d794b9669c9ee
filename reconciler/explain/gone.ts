import { parsePath, valueAt } from '../../protocol/field-path.js';
import type { Path } from '../../protocol/problem.js';
import { isMap, refKey } from '../../protocol/resource.js';
import type { ResourceRef } from '../../protocol/resource.js';
import { formatTime } from '../../protocol/time.js';
import { decodeGeneration } from '../../render/generation-record.js';
import type { GenerationRecord } from '../../render/generation-record.js';
import { startupSource } from '../../render/merge.js';
import { headerOfKind } from '../../render/resource-blocks.js';
import type { CommitRecord } from '../../state/git/log.js';
import type { Reader } from '../../state/git/reader.js';
import { trailers } from '../generations.js';
import { readOwn, statePaths } from '../head.js';
import type { Ending, Explanation } from './explanation.js';
import { blockValue, fieldOf } from './explain.js';
import { nameReadings } from './target.js';
import { lastChanges, readFiles, versionsOf } from './versions.js';

/**
 * Looks for a resource that nothing holds any more: the last generation that had it, and what ended that. `text` is
 * `KIND/NAME[.field]`. Undefined where no generation of the history ever had one of that name.
 */
export async function explainGone(reader: Reader, text: string): Promise<Explanation | undefined> {
  const readings = nameReadings(text).map(reading => ({
    ...reading,
    header: headerOfKind(reading.kind, reading.name),
  }));
  let newer: CommitRecord | undefined;
  for await (const version of versionsOf(reader, statePaths.effective)) {
    const content = version.text ?? '';
    for (const { header, apiVersion, field } of readings) {
      if (!content.includes(header)) continue;
      const block = [...version.blocks()].find(
        ([key]) => key.endsWith(header) && (apiVersion === undefined || key.includes(`: ${apiVersion}\n`)),
      );
      const value = blockValue(block?.[1].text);
      const resource = refIn(value);
      if (resource === undefined || newer === undefined) continue;
      const last = version.commit;
      const path = field === '' ? undefined : fieldIn(value, field);
      return {
        resource,
        status: 'gone',
        origin: undefined,
        mask: undefined,
        setAside: [],
        ending: await endingOf(reader, resource, { last, ended: newer }),
        field: path === undefined ? undefined : await fieldAt(path, { resource, last, value }),
      };
    }
    newer = version.commit;
  }
  return undefined;

  async function fieldAt(
    path: Path,
    { resource, last, value }: { resource: ResourceRef; last: CommitRecord; value: unknown },
  ) {
    const pick = fieldOf(resource, path);
    const versions = versionsOf(reader, statePaths.effective, { from: last.commit });
    const changes = await lastChanges(versions, new Map([['field', pick]]));
    const found = isMap(value) ? valueAt(value, path) : undefined;
    return { path, value: found, changed: changes.get('field')?.commit };
  }
}

/** The path that `field` means in a resource: as it stands, or below `spec`. */
export function fieldIn(resource: unknown, field: string): Path | undefined {
  const path = parsePath(field);
  if (path === undefined || !isMap(resource)) return undefined;
  return Object.hasOwn(resource, String(path[0])) ? path : ['spec', ...path];
}

function refIn(value: unknown): ResourceRef | undefined {
  if (!isMap(value)) return undefined;
  const { apiVersion, kind, metadata } = value;
  const name = isMap(metadata) ? metadata['name'] : undefined;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || typeof name !== 'string')
    return undefined;
  return { apiVersion, kind, name };
}

async function endingOf(
  reader: Reader,
  resource: ResourceRef,
  { last, ended }: { readonly last: CommitRecord; readonly ended: CommitRecord },
): Promise<Ending> {
  const texts = await readFiles(reader, [last, ended], statePaths.generation);
  const [before, after] = [last, ended].map(({ commit }) => recordIn(texts.get(commit)));
  const key = refKey(resource);
  const same = (entry: { readonly resource: ResourceRef }) => refKey(entry.resource) === key;
  const source = before?.origins.find(same)?.source ?? startupSource;
  return {
    generation: before?.generation ?? 0,
    last,
    source,
    place: before?.places.find(same)?.place,
    ended,
    reason: reasonOf(source, ended, after?.suppressed.find(same)),
  };
}

function recordIn(text: string | undefined): GenerationRecord | undefined {
  return decodeGeneration(readOwn(statePaths.generation, text));
}

/** Why the commit that lost it did so, by its own word. */
function reasonOf(
  source: string,
  ended: CommitRecord,
  mask: GenerationRecord['suppressed'][number] | undefined,
): string {
  if (mask !== undefined)
    return `masked by ${mask.maskedBy.join(', ')} until ${formatTime(mask.maskedUntil)}, and gone since`;
  if (source === startupSource) return 'no longer in startup-config';
  const causes = trailers(ended, 'Trigger');
  const name = source.replace(/#\d+$/, '');
  if (causes.includes(`expiry ${source}`)) return 'its lease ended';
  if (causes.includes(`unbound ${name}`)) return 'its plugin is gone, unbound or may no longer propose';
  const next = trailers(ended, 'Dynamic-Part').find(
    part => part.startsWith(`${name}#`) && !part.startsWith(`${source} `),
  );
  return next === undefined ? `${source} was set aside` : `${next.split(' ')[0] ?? ''} no longer proposes it`;
}
