import type { Path, Place, Problem } from '../../protocol/problem.js';
import type { ResourceRef, Value } from '../../protocol/resource.js';
import type { Instant } from '../../protocol/time.js';
import type { CommitRecord } from '../../state/git/log.js';

/** A part that a resource comes from, or is masked or kept out by, with how it came about. */
export interface PartOrigin {
  readonly type: 'part';
  /** `Plugin/x#12` */
  readonly part: string;
  readonly observedAt: Instant;
  /** End of the lease in force. */
  readonly expiresAt: Instant;
  /** The commit that took the part in; undefined where the history does not hold it. */
  readonly accepted: CommitRecord | undefined;
  /** The commit that gave the resource, or the field, the content that it has; undefined for a mask. */
  readonly changed: CommitRecord | undefined;
  /** The run that gave the part, and the last one that renewed it; undefined where the log does not hold them. */
  readonly run: RunMention | undefined;
  readonly renewal: RunMention | undefined;
}

export interface StartupOrigin {
  readonly type: 'startup';
  /** Where it stood when it was merged last. */
  readonly place: Place | undefined;
  readonly changed: CommitRecord | undefined;
}

export type ResourceOrigin = StartupOrigin | PartOrigin;

/** What the run log keeps of a run. */
export interface RunMention {
  readonly time: string;
  readonly why: string;
  readonly outcome: string;
  readonly exitCode: number | null;
  readonly durationMs: number | null;
}

export interface MaskMention {
  readonly by: readonly PartOrigin[];
  readonly until: Instant;
  readonly reasons: readonly string[];
}

/** How a resource that is in force no more went. */
export interface Ending {
  /** The last generation that held it, and the commit of that. */
  readonly generation: number;
  readonly last: CommitRecord;
  /** `startup-config`, or the part. */
  readonly source: string;
  readonly place: Place | undefined;
  /** The commit that no longer holds it. */
  readonly ended: CommitRecord;
  readonly reason: string;
}

/** A field of the resource. */
export interface FieldMention {
  readonly path: Path;
  /** Undefined where it is not set. */
  readonly value: Value | undefined;
  readonly changed: CommitRecord | undefined;
}

export type ResourceStatus = 'inForce' | 'masked' | 'setAside' | 'gone';

/** Why a resource is in force, or why it is not. */
export interface Explanation {
  readonly resource: ResourceRef;
  readonly status: ResourceStatus;
  /** Undefined for what is gone. */
  readonly origin: ResourceOrigin | undefined;
  readonly field: FieldMention | undefined;
  readonly mask: MaskMention | undefined;
  /** Parts that propose it and were set aside, with what is wrong. */
  readonly setAside: readonly { readonly part: string; readonly findings: readonly Problem[] }[];
  readonly ending: Ending | undefined;
}
