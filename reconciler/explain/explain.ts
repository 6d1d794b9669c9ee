import { canonicalJson } from '../../protocol/digest.js';
import { valueAt } from '../../protocol/field-path.js';
import { partFileName, partId } from '../../protocol/part.js';
import type { Part } from '../../protocol/part.js';
import type { Path } from '../../protocol/problem.js';
import { isList, refKey, refOf } from '../../protocol/resource.js';
import type { Resource, ResourceRef, Value } from '../../protocol/resource.js';
import { startupSource } from '../../render/merge.js';
import { blockHeader } from '../../render/resource-blocks.js';
import type { Reader } from '../../state/git/reader.js';
import { readOwn, statePaths } from '../head.js';
import type { Head } from '../head.js';
import type { Explanation, MaskMention, PartOrigin, ResourceOrigin } from './explanation.js';
import { runsOfPart } from './runs.js';
import { lastChanges, versionsOf } from './versions.js';
import type { LastChange, Aspect } from './versions.js';

export interface ExplainFacts {
  readonly reader: Reader;
  /** What is in force, under the leases in force. */
  readonly head: Head;
  /** The entries of the run log, oldest first; empty where there is none. */
  readonly runs: readonly Value[];
}

/** A resource as it stands in the startup-config or in a live part; undefined where none of them holds it. */
export function standing(head: Head, ref: ResourceRef): Resource | undefined {
  const key = refKey(ref);
  const places = [
    head.snapshot().effective.resources,
    head.startup()?.resources ?? [],
    ...head.parts.map(part => part.resources),
  ];
  for (const resources of places) {
    const found = resources.find(resource => refKey(refOf(resource)) === key);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Every resource that the startup-config and the live parts hold: in force, masked or set aside, each once. */
export function standingRefs(head: Head): ResourceRef[] {
  const all = [
    ...(head.startup()?.resources ?? []),
    ...head.snapshot().effective.resources,
    ...head.parts.flatMap(part => part.resources),
  ];
  return [...new Map(all.map(resource => [refKey(refOf(resource)), refOf(resource)])).values()];
}

/** What explains all resources that stand somewhere, or those of `refs`; one walk through each file's history. */
export async function explainStanding(
  facts: ExplainFacts,
  refs: readonly ResourceRef[],
  field?: Path,
): Promise<Explanation[]> {
  const { head } = facts;
  const files = new Map<string, Map<string, Aspect>>();
  const ask = (file: string, key: string, pick: Aspect) => {
    const picks = files.get(file) ?? new Map<string, Aspect>();
    files.set(file, picks.set(key, pick));
  };
  for (const part of head.parts) ask(partPath(part), numberKey, numberIn);
  const seats = refs.map(ref => ({ ref, ...seatOf(head, ref) }));
  for (const { ref, part } of seats) {
    const file = part === undefined ? statePaths.startup : partPath(part);
    ask(file, refKey(ref), blockOf(ref));
    if (field !== undefined) ask(file, fieldKey(ref), fieldOf(ref, field));
  }
  const changes = new Map<string, Map<string, LastChange>>();
  for (const [file, picks] of files)
    changes.set(file, await lastChanges(versionsOf(facts.reader, file), picks));

  return seats.map(({ ref, part, status }): Explanation => {
    const file = part === undefined ? statePaths.startup : partPath(part);
    const changed = changes.get(file)?.get(refKey(ref))?.commit;
    const origin: ResourceOrigin =
      part === undefined
        ? { type: 'startup', place: placeOf(head, ref), changed }
        : { ...partOrigin(part), changed };
    return {
      resource: ref,
      status,
      origin,
      field: field === undefined ? undefined : fieldMention(ref, file, field),
      mask: maskOf(ref),
      setAside: refusals(head, ref),
      ending: undefined,
    };
  });

  function fieldMention(ref: ResourceRef, file: string, path: Path): Explanation['field'] {
    const value = valueAt(standing(head, ref), path);
    const change = changes.get(file)?.get(fieldKey(ref));
    const known = value !== undefined || change?.before !== undefined;
    return { path, value, changed: known ? change?.commit : undefined };
  }

  function partOrigin(part: Part): PartOrigin {
    return {
      type: 'part',
      part: partId(part),
      observedAt: part.observedAt,
      expiresAt: part.expiresAt,
      accepted: changes.get(partPath(part))?.get(numberKey)?.commit,
      changed: undefined,
      ...runsOfPart(facts.runs, part),
    };
  }

  /** Leases that were renewed since the merge hold a mask longer. */
  function maskOf(ref: ResourceRef): MaskMention | undefined {
    const found = head.record?.suppressed.find(({ resource }) => refKey(resource) === refKey(ref));
    if (found === undefined) return undefined;
    const by = head.parts.filter(part => found.maskedBy.includes(partId(part)));
    const until = by.length === 0 ? found.maskedUntil : Math.max(...by.map(part => part.expiresAt));
    return { by: by.map(partOrigin), until, reasons: found.reasons };
  }
}

const numberKey = '#';
const numberIn: Aspect = ({ text }) => /^ {2}generation: (\d+)$/m.exec(text ?? '')?.[1];
const fieldKey = (ref: ResourceRef) => `${refKey(ref)} field`;
export const partPath = ({ source }: { readonly source: string }) => statePaths.parts + partFileName(source);

/** What a resource says in a version of the file; undefined where it is not there. */
export function blockOf(ref: ResourceRef): Aspect {
  const header = blockHeader(ref);
  return ({ blocks }) => blocks().get(header)?.text;
}

/** What a field of it says, as JSON. */
export function fieldOf(ref: ResourceRef, path: Path): Aspect {
  const header = blockHeader(ref);
  return ({ blocks }) => {
    const value = valueAt(blockValue(blocks().get(header)?.text), path);
    return value === undefined ? undefined : canonicalJson(value);
  };
}

/** The resource of a block. */
export function blockValue(text: string | undefined): Value | undefined {
  const items = readOwn('a resource', text);
  return isList(items) ? items[0] : undefined;
}

/** Which of the places that hold a resource is the one it comes from; undefined part for the startup-config. */
function seatOf(
  head: Head,
  ref: ResourceRef,
): { readonly part: Part | undefined; readonly status: Explanation['status'] } {
  const key = refKey(ref);
  const holds = (resources: readonly Resource[] = []) =>
    resources.some(resource => refKey(refOf(resource)) === key);
  if (head.record?.suppressed.some(({ resource }) => refKey(resource) === key) === true)
    return { part: undefined, status: 'masked' };
  const source = head.snapshot().origins.find(({ resource }) => refKey(resource) === key)?.source;
  if (source !== undefined && source !== startupSource)
    return { part: head.parts.find(part => partId(part) === source), status: 'inForce' };
  if (source !== undefined || holds(head.startup()?.resources)) return { part: undefined, status: 'inForce' };
  return { part: head.parts.find(part => holds(part.resources)), status: 'setAside' };
}

function placeOf(head: Head, ref: ResourceRef) {
  return head.record?.places.find(({ resource }) => refKey(resource) === refKey(ref))?.place;
}

/** The parts that propose it and do not count. */
function refusals({ parts, record }: Head, ref: ResourceRef): Explanation['setAside'] {
  return parts
    .filter(part =>
      record?.parts.some(entry => partId(entry) === partId(part) && entry.status === 'setAside'),
    )
    .filter(part => part.resources.some(resource => refKey(refOf(resource)) === refKey(ref)))
    .map(part => ({
      part: partId(part),
      findings: record?.findings.filter(({ source }) => source === partId(part)) ?? [],
    }));
}
