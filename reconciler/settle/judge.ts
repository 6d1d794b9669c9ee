import { changePolicyOf } from '../../protocol/change-policy.js';
import type { GuardPolicy } from '../../protocol/change-policy.js';
import { oncePer } from '../../protocol/once-per.js';
import { byCodePoint } from '../../protocol/order.js';
import type { Part } from '../../protocol/part.js';
import type { Router } from '../../protocol/resource.js';
import type { Instant } from '../../protocol/time.js';
import { merge } from '../../render/merge.js';
import type { MergeOutcome } from '../../render/merge.js';
import { judgeGuard, mayBeAnswered } from '../control/guard.js';
import type { HoldReason } from '../control/guard.js';
import { statePaths } from '../head.js';
import type { Head } from '../head.js';
import type { Situation } from '../situation.js';
import { endedParts } from './parts.js';
import { validator } from './validator.js';

/** How changes are judged in one pass. */
export interface Guard {
  /** Of the configuration in force. */
  readonly policy: GuardPolicy | undefined;
  /** Whether whoever asked for the pass has answered what a command asks about: protected interfaces and zones. */
  readonly answered: boolean;
  /** Digest of a candidate that somebody promotes: it is not judged. */
  readonly promoted?: string | undefined;
}

export type GoverningSituation = Situation & { readonly startup: Router };

/** Words without one of which a startup-config guards nothing: looking for them spares reading it. */
const guardingWords = ['ChangePolicy', 'protectedInterfaces', 'protectedZones'];

/** Whether the configuration in force may hold a change; before the first generation nothing is guarded. */
export function mayGuard({ files }: Pick<Head, 'files'>): boolean {
  const bytes = files.get(statePaths.startup);
  return bytes !== undefined && namesGuard(bytes);
}

const namesGuard = oncePer((bytes: Uint8Array): boolean => {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return guardingWords.some(word => text.includes(word));
});

/** How the configuration in force has changes judged; undefined where nothing can hold one. */
export function guardOf(head: Head, how: Omit<Guard, 'policy'>): Guard | undefined {
  if (!mayGuard(head)) return undefined;
  return { policy: changePolicyOf(head.startup()).guard, ...how };
}

/** Judges an edit alone, under the parts that live at this instant; empty where it may be put in force. Pure. */
export function judgeEdit(
  sides: { readonly accepted: GoverningSituation; readonly edited: GoverningSituation },
  { head, guard }: { readonly head: Head; readonly guard: Guard },
  now: Instant,
): HoldReason[] {
  const under = (situation: GoverningSituation) => {
    const ended = new Set(endedParts(head.parts, situation, now).map(({ part }) => part));
    return mergeUnder(
      situation,
      head.parts.filter(part => !ended.has(part)),
      now,
    );
  };
  return judge(guard, under(sides.accepted), under(sides.edited));
}

export interface PartsFacts {
  readonly situation: GoverningSituation;
  /** The parts that are in force without any of the results. */
  readonly standing: readonly Part[];
  /** New contents, at most one a source. */
  readonly accepted: readonly Part[];
  readonly guard: Guard;
}

/** Judges each result by itself on top of those that were admitted before it, in byte order of source; why some are held. Pure. */
export function judgeParts(facts: PartsFacts, now: Instant): Map<string, HoldReason[]> {
  const { situation, guard } = facts;
  const held = new Map<string, HoldReason[]>();
  let standing = facts.standing;
  let before = mergeUnder(situation, standing, now);
  for (const part of [...facts.accepted].sort((a, b) => byCodePoint(a.source, b.source))) {
    const next = [...standing.filter(({ source }) => source !== part.source), part];
    const after = mergeUnder(situation, next, now);
    const reasons = part.digest === guard.promoted ? [] : judge(guard, before, after);
    if (reasons.length > 0) held.set(part.source, reasons);
    else [standing, before] = [next, after];
  }
  return held;
}

function judge({ policy, answered }: Guard, before: MergeOutcome, after: MergeOutcome): HoldReason[] {
  const reasons = judgeGuard({ before, after, guard: policy });
  return answered && mayBeAnswered(reasons) ? [] : reasons;
}

function mergeUnder(situation: GoverningSituation, parts: readonly Part[], now: Instant): MergeOutcome {
  return merge({ startup: situation.startup, parts, validate: validator(situation, situation.startup) }, now);
}
