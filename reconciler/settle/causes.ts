import { sha256 } from '../../protocol/digest.js';
import { refKey, refOf } from '../../protocol/resource.js';
import type { Resource, ResourceRef, Router } from '../../protocol/resource.js';
import type { Place } from '../../protocol/problem.js';
import type { Cause } from '../../render/commit-message.js';
import { differingFields } from '../../render/changes.js';
import { statePaths } from '../head.js';
import type { Head } from '../head.js';
import type { Situation } from '../situation.js';
import { sameBytes } from './content.js';
import type { Content } from './content.js';
import type { AcceptedPart, EndedPart } from './parts.js';
import { partId } from '../../protocol/part.js';

type Places = readonly { readonly resource: ResourceRef; readonly place: Place }[];

interface StartupSide {
  readonly router: Router | undefined;
  readonly places: Places;
}

/** With more files than this a trailer for each would bury the message; `.` then stands for the directory. */
const namedFiles = 16;

/** The files whose resources differ between two startup-configs; all of them where only order or envelope changed. */
function configCauses(before: StartupSide, after: StartupSide): Cause[] {
  const files = [...changedFiles(before, after)];
  const named = files.length > 0 ? files : [...new Set(after.places.map(({ place }) => place.file))];
  if (named.length === 0 || named.length > namedFiles) return [{ type: 'config', file: '.' }];
  return named.map(file => ({ type: 'config', file }));
}

function changedFiles(before: StartupSide, after: StartupSide): Set<string> {
  const [was, is] = [before.router?.resources ?? [], after.router?.resources ?? []];
  const old = new Map(without(was, is).map(resource => [refKey(refOf(resource)), resource]));
  const next = new Map(without(is, was).map(resource => [refKey(refOf(resource)), resource]));
  const files = new Set<string>();
  for (const { resource, place } of after.places) {
    const key = refKey(resource);
    const [earlier, later] = [old.get(key), next.get(key)];
    if (later === undefined) continue;
    if (earlier === undefined || differingFields(earlier, later).length > 0) files.add(place.file);
  }
  for (const { resource, place } of before.places) {
    const key = refKey(resource);
    if (old.has(key) && !next.has(key)) files.add(place.file);
  }
  return files;
}

/** Those that are not among the others as the very same object, as most are of which the file did not change. */
function without(resources: readonly Resource[], others: readonly Resource[]): Resource[] {
  const same = new Set(others);
  return resources.filter(resource => !same.has(resource));
}

/** Who stands as the author of a commit: the operator for what an operator did, the plugin for its result, else routerd. */
export function authorOf(causes: readonly Cause[], operator: string): string {
  if (causes.some(({ type }) => ['config', 'manual', 'promote'].includes(type))) return operator;
  for (const cause of causes) if ('plugin' in cause) return `Plugin/${cause.plugin}`;
  return 'routerd';
}

export interface CauseFacts {
  readonly head: Head;
  readonly situation: Situation & { readonly startup: Router };
  readonly startupBytes: Uint8Array;
  readonly ended: readonly EndedPart[];
  readonly accepted: readonly AcceptedPart[];
  readonly content: Content;
  /** That of an order: it stands for the startup-config that it puts in force. */
  readonly ordered: Cause | undefined;
  /** The digest that is promoted: it stands for the edit or the result that has it. */
  readonly promoted: string | undefined;
  /** What a pass ended by itself in `control/`. */
  readonly control: readonly string[];
}

/** Every cause of a commit, the operator's first. */
export function causesOf(facts: CauseFacts): Cause[] {
  const { head, situation } = facts;
  const causes: Cause[] = [];
  const { promoted } = facts;
  if (promoted !== undefined) causes.push({ type: 'promote', digest: promoted });
  if (facts.ordered !== undefined) {
    causes.push(facts.ordered);
  } else if (sha256(facts.startupBytes) === promoted) {
    // Said already.
  } else if (!sameBytes(head.files.get(statePaths.startup), facts.startupBytes)) {
    causes.push(
      ...configCauses(
        { router: head.startup(), places: head.record?.places ?? [] },
        { router: situation.startup, places: situation.places },
      ),
    );
  }
  const manifestPaths = new Set([...head.files.keys(), ...facts.content.keys()].filter(isManifest));
  for (const path of manifestPaths) {
    if (head.commit !== undefined && !sameBytes(head.files.get(path), facts.content.get(path))) {
      causes.push({
        type: 'config',
        file: `plugins/${path.slice(statePaths.plugins.length, -'.yaml'.length)}/plugin.yaml`,
      });
    }
  }
  for (const { cause, plugin, part } of facts.accepted)
    if (part.digest !== promoted) causes.push({ type: cause, plugin });
  for (const { part, cause } of facts.ended) {
    causes.push(
      cause === 'expiry' ? { type: cause, part: partId(part) } : { type: cause, source: part.source },
    );
  }
  // That the waiting is over is what an expiry says itself, and so does a promotion.
  const isSaid = (what: string) =>
    (facts.ordered?.type === 'confirm-expired' && what === `confirm-over ${facts.ordered.generation}`) ||
    (promoted !== undefined && what.startsWith('hold-over ') && what.endsWith(` ${promoted}`));
  for (const what of facts.control) if (!isSaid(what)) causes.push({ type: 'control', what });
  // What is left is a schema that judges parts in another way than before.
  return causes.length > 0 ? causes : [{ type: 'config', file: '.' }];
}

function isManifest(path: string): boolean {
  return path.startsWith(statePaths.plugins);
}
