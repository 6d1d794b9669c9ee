import { blank, redactForDisplay } from '../../protocol/redact.js';
import { valueAt } from '../../protocol/field-path.js';
import { pathText } from '../../protocol/problem.js';
import type { Path, Place, Problem } from '../../protocol/problem.js';
import type { Resource, ResourceRef, Value } from '../../protocol/resource.js';
import { formatTime } from '../../protocol/time.js';
import type { Instant } from '../../protocol/time.js';
import { generationOf, trailers } from '../../reconciler/generations.js';
import type {
  Explanation,
  FieldMention,
  PartOrigin,
  ResourceOrigin,
  ResourceStatus,
  RunMention,
} from '../../reconciler/explain/explanation.js';
import type { GitCommand } from '../../reconciler/explain/git-commands.js';
import type { CommitRecord } from '../../state/git/log.js';

/** A commit as explanations mention it. */
export interface CommitItem {
  readonly commit: string;
  /** The generation that it made, null for none. */
  readonly generation: number | null;
  readonly time: string;
  readonly author: string;
  /** Why it was made: its `Trigger:` trailers. */
  readonly triggers: readonly string[];
}

export interface PartItem {
  readonly type: 'part';
  readonly part: string;
  readonly observedAt: string;
  readonly expiresAt: string;
  readonly leaseLeftSeconds: number;
  readonly accepted: CommitItem | null;
  readonly changed: CommitItem | null;
  readonly run: RunMention | null;
  readonly renewal: RunMention | null;
}

export interface StartupItem {
  readonly type: 'startup';
  readonly place: Place | null;
  readonly changed: CommitItem | null;
}

/** One resource of `explain`. Lists and single objects have the same fields. */
export interface ExplanationItem {
  readonly resource: ResourceRef;
  readonly status: ResourceStatus;
  readonly origin: StartupItem | PartItem | null;
  readonly field?: {
    readonly path: string;
    /** Null as well where it is not set. */
    readonly value: Value;
    readonly changed: CommitItem | null;
  };
  readonly mask: {
    readonly by: readonly PartItem[];
    readonly until: string;
    readonly leaseLeftSeconds: number;
    readonly reasons: readonly string[];
  } | null;
  readonly setAside: readonly { readonly part: string; readonly findings: readonly Problem[] }[];
  readonly ending: {
    readonly generation: number;
    readonly source: string;
    readonly place: Place | null;
    readonly last: CommitItem;
    readonly ended: CommitItem;
    readonly reason: string;
  } | null;
  readonly git: readonly GitCommand[];
}

export interface ItemFacts {
  readonly now: Instant;
  readonly git: readonly GitCommand[];
  readonly showSecrets: boolean;
}

export function explanationItem(explanation: Explanation, facts: ItemFacts): ExplanationItem {
  const { resource, status, origin, field, mask, setAside, ending } = explanation;
  const { now } = facts;
  return {
    resource,
    status,
    origin: origin === undefined ? null : originItem(origin, now),
    ...(field === undefined
      ? {}
      : {
          field: {
            path: pathText(field.path),
            value: shownValue(explanation, field, facts.showSecrets),
            changed: commitItem(field.changed),
          },
        }),
    mask:
      mask === undefined
        ? null
        : {
            by: mask.by.map(part => partItem(part, now)),
            until: formatTime(mask.until),
            leaseLeftSeconds: secondsLeft(mask.until, now),
            reasons: mask.reasons,
          },
    setAside,
    ending:
      ending === undefined
        ? null
        : {
            generation: ending.generation,
            source: ending.source,
            place: ending.place ?? null,
            last: commitOf(ending.last),
            ended: commitOf(ending.ended),
            reason: ending.reason,
          },
    git: facts.git,
  };
}

/** The value of the field as routerctl may print it: blanked where any key on the way to it is sensitive. */
function shownValue({ resource }: Explanation, { path, value }: FieldMention, showSecrets: boolean): Value {
  if (value === undefined) return null;
  if (showSecrets) return value;
  const shown = valueAt(redactForDisplay(wrapped(resource, path, value)), path);
  return shown === undefined ? blank : shown;
}

/** A resource that holds nothing but the value at its path. */
function wrapped({ apiVersion, kind, name }: ResourceRef, path: Path, value: Value): Resource {
  const nested = path.reduceRight<Value>(
    (inner, step) =>
      typeof step === 'number' ? [...Array<null>(step).fill(null), inner] : { [step]: inner },
    value,
  );
  return { metadata: { name }, ...(nested as object), apiVersion, kind };
}

export function originItem(origin: ResourceOrigin, now: Instant): StartupItem | PartItem {
  if (origin.type === 'part') return partItem(origin, now);
  return { type: 'startup', place: origin.place ?? null, changed: commitItem(origin.changed) };
}

function partItem(origin: PartOrigin, now: Instant): PartItem {
  return {
    type: 'part',
    part: origin.part,
    observedAt: formatTime(origin.observedAt),
    expiresAt: formatTime(origin.expiresAt),
    leaseLeftSeconds: secondsLeft(origin.expiresAt, now),
    accepted: commitItem(origin.accepted),
    changed: commitItem(origin.changed),
    run: origin.run ?? null,
    renewal: origin.renewal ?? null,
  };
}

function secondsLeft(until: Instant, now: Instant): number {
  return Math.max(0, Math.round((until - now) / 1_000));
}

function commitItem(commit: CommitRecord | undefined): CommitItem | null {
  return commit === undefined ? null : commitOf(commit);
}

export function commitOf(commit: CommitRecord): CommitItem {
  return {
    commit: commit.commit,
    generation: generationOf(commit) ?? null,
    time: formatTime(commit.at),
    author: commit.author.name,
    triggers: trailers(commit, 'Trigger'),
  };
}
