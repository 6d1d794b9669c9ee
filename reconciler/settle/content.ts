import { encodePart, partFileName } from '../../protocol/part.js';
import type { Part } from '../../protocol/part.js';
import { oncePer } from '../../protocol/once-per.js';
import type { Resource } from '../../protocol/resource.js';
import { printYaml } from '../../render/canonical-yaml.js';
import { statePaths } from '../head.js';
import type { Head } from '../head.js';
import type { Situation } from '../situation.js';
import type { AcceptedPart } from './parts.js';

/** Files by path. */
export type Content = ReadonlyMap<string, Uint8Array>;

export interface ContentFacts {
  readonly head: Head;
  readonly situation: Situation;
  readonly parts: readonly Part[];
  readonly accepted: readonly AcceptedPart[];
  readonly startupBytes: Uint8Array;
  readonly effectiveBytes: Uint8Array;
  /** What becomes of files in `control/`; null for one that goes. */
  readonly control: ReadonlyMap<string, string | null>;
}

/** Every file of the next tree but generation.yaml, which speaks about them. */
export function contentFiles(facts: ContentFacts): Content {
  const { head, situation, parts, accepted } = facts;
  const files = new Map<string, Uint8Array>();
  for (const [path, bytes] of head.files) if (!isMerged(path)) files.set(path, bytes);
  files.set(statePaths.startup, facts.startupBytes);
  files.set(statePaths.effective, facts.effectiveBytes);
  const frozen = situation.frozen === true;
  for (const [path, bytes] of head.files)
    if (frozen && path.startsWith(statePaths.plugins)) files.set(path, bytes);
  for (const { manifest, resource, name } of frozen ? [] : situation.plugins) {
    const path = `${statePaths.plugins}${name}.yaml`;
    const before = head.files.get(path);
    if (manifest && resource !== undefined) files.set(path, manifestBytes(resource));
    else if (manifest && before !== undefined) files.set(path, before);
  }
  for (const part of parts) {
    const path = partPath(part.source);
    // The file keeps the lease that the part was accepted with.
    const before = accepted.some(entry => entry.part === part) ? undefined : head.files.get(path);
    files.set(path, before ?? Buffer.from(printYaml(encodePart(part))));
  }
  for (const [path, text] of facts.control) {
    if (text === null) files.delete(path);
    else files.set(path, Buffer.from(text));
  }
  return files;
}

const manifestBytes = oncePer((resource: Resource): Uint8Array => Buffer.from(printYaml(resource)));

export function partPath(source: string): string {
  return statePaths.parts + partFileName(source);
}

/** Files that a merge writes or drops; all others, such as the action journal, it carries over. */
function isMerged(path: string): boolean {
  const { startup, effective, generation, plugins, parts } = statePaths;
  return (
    [startup, effective, generation].includes(path as never) ||
    path.startsWith(plugins) ||
    path.startsWith(parts)
  );
}

/** Whether nothing but files in `control/` differs, generation.yaml left aside. */
export function onlyControl(before: ReadonlyMap<string, Uint8Array>, after: Content): boolean {
  const rest = <T>(files: ReadonlyMap<string, T>) =>
    new Map([...files].filter(([path]) => !path.startsWith(statePaths.control)));
  return before.size > 0 && sameContent(rest(before), rest(after));
}

/** Whether two trees say the same, generation.yaml left aside. */
export function sameContent(before: ReadonlyMap<string, Uint8Array>, after: Content): boolean {
  const compared = [...before].filter(([path]) => path !== statePaths.generation);
  if (compared.length !== after.size) return false;
  return compared.every(([path, was]) => sameBytes(was, after.get(path)));
}

/** Whether a file says the same; one that is not there says nothing. */
export function sameBytes(was: Uint8Array | undefined, is: Uint8Array | undefined): boolean {
  if (was === undefined || is === undefined) return was === is;
  return was === is || Buffer.compare(was, is) === 0;
}
