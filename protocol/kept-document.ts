import type { Path, Place } from './problem.js';
import { isInnocent, takeForInnocent } from './references.js';
import { isSound, resourcePaths, resourcesIn } from './startup.js';
import type { ResourceChecker } from './startup.js';
import type { Value } from './resource.js';
import type { SourceDocument } from './yaml/read.js';

/**
 * What is kept of a document of the startup-config: its data and the places that are asked for without a problem, those of
 * the document and of each resource. The syntax tree, which every other place is found with, takes ten times the room.
 */
export interface KeptDocument {
  readonly value: Value;
  /** Line and column of the document, then of each resource. */
  readonly places: readonly number[];
  /** The digest of a checker that has nothing against it. */
  readonly soundUnder?: string;
  /** Whether no resource holds what looks like a secret. */
  readonly innocent?: boolean;
}

export function keepDocument(document: SourceDocument, checker?: ResourceChecker): KeptDocument {
  const { value, place } = document;
  const paths: readonly Path[] = [[], ...resourcePaths(value)];
  const places = paths.flatMap(path => {
    const { line = 1, column = 1 } = place(path);
    return [line, column];
  });
  const sound = checker !== undefined && isSound(document, checker);
  const innocent = checker !== undefined && resourcesIn(value).every(isInnocent);
  return {
    value,
    places,
    ...(sound ? { soundUnder: checker.digest } : {}),
    ...(innocent ? { innocent } : {}),
  };
}

/** The document that was kept. `reread` reads the file again, for a place that was not. */
export function restoreDocument(
  { value, places, soundUnder, innocent = false }: KeptDocument,
  file: string,
  reread: () => SourceDocument | undefined,
): SourceDocument {
  if (innocent) for (const resource of resourcesIn(value)) takeForInnocent(resource);
  return {
    value,
    ...(soundUnder === undefined ? {} : { soundUnder }),
    place(path, at): Place {
      const kept = at === 'key' ? undefined : keptIndex(path);
      const [line, column] = kept === undefined ? [] : places.slice(2 * kept, 2 * kept + 2);
      if (line !== undefined && column !== undefined) return { file, line, column };
      return reread()?.place(path, at) ?? { file, line: 1, column: 1 };
    },
  };
}

function keptIndex(path: Path): number | undefined {
  if (path.length === 0) return 0;
  const [spec, resources, index] = path;
  const isResource = path.length === 3 && spec === 'spec' && resources === 'resources';
  return isResource && typeof index === 'number' ? index + 1 : undefined;
}
