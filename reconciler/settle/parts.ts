import { isExpired, partId } from '../../protocol/part.js';
import type { Part } from '../../protocol/part.js';
import { sourceOf } from '../../protocol/plugin.js';
import type { Problem } from '../../protocol/problem.js';
import type { Instant } from '../../protocol/time.js';
import type { DueCause } from '../due.js';
import { numbersOf } from '../head.js';
import type { Head } from '../head.js';
import type { Proposal } from '../plugin/result.js';
import { unboundReason } from '../situation.js';
import type { Situation } from '../situation.js';
import { takeIn } from './take-in.js';

/** The proposal of a run that ended well, with what made it run. */
export interface RunProposal {
  readonly plugin: string;
  readonly cause: DueCause;
  readonly proposal: Proposal;
}

/** What became of a plugin's proposal. */
export interface ProposalOutcome {
  readonly outcome: 'accepted' | 'renewed' | 'rejected' | 'notBound' | 'held';
  readonly part?: Part;
  readonly problem?: Problem;
}

/** A part of HEAD that no longer counts. */
export interface EndedPart {
  readonly part: Part;
  readonly cause: 'expiry' | 'unbound';
  readonly why: string;
}

export function endedParts(parts: readonly Part[], situation: Situation, now: Instant): EndedPart[] {
  return parts.flatMap((part): EndedPart[] => {
    if (isExpired(part, now)) return [{ part, cause: 'expiry', why: 'its lease ended' }];
    const why = unboundReason(part.source, situation);
    return why === undefined ? [] : [{ part, cause: 'unbound', why }];
  });
}

export function endingNote({ part, cause, why }: EndedPart): Problem {
  return {
    reason: cause === 'expiry' ? 'PartExpired' : 'PartUnbound',
    severity: 'note',
    message: `the part is no longer in force: ${why}`,
    source: partId(part),
  };
}

function notKept(source: string, why: string): Problem {
  return {
    reason: 'NotBound',
    severity: 'note',
    message: `the result is not kept: ${why}`,
    hint: 'add propose.dynamicConfig to its capabilities, or remove the DynamicConfigSource that names it',
    source,
  };
}

/** New content of a source, and what made its plugin run. */
export interface AcceptedPart {
  readonly part: Part;
  readonly cause: DueCause;
  readonly plugin: string;
}

export interface ProposalInput {
  readonly situation: Situation;
  readonly head: Head;
  readonly proposals: readonly RunProposal[];
}

export interface TakenProposals {
  readonly outcomes: ReadonlyMap<string, ProposalOutcome>;
  /** Accepted and renewed ones by source. */
  readonly parts: ReadonlyMap<string, Part>;
  readonly accepted: readonly AcceptedPart[];
}

/** Numbers every proposal against HEAD. */
export function takeProposals({ situation, head, proposals }: ProposalInput, now: Instant): TakenProposals {
  const outcomes = new Map<string, ProposalOutcome>();
  const parts = new Map<string, Part>();
  const accepted: AcceptedPart[] = [];
  const numbers = numbersOf(head);
  for (const { plugin, cause, proposal } of proposals) {
    const source = sourceOf(plugin);
    if (!situation.bindings.has(plugin)) {
      outcomes.set(plugin, { outcome: 'notBound' });
      continue;
    }
    // A part would end at the next pass and come back with the next result, for ever.
    const why = unboundReason(source, situation);
    if (why !== undefined) {
      outcomes.set(plugin, { outcome: 'notBound', problem: notKept(source, why) });
      continue;
    }
    const current = head.parts.find(part => part.source === source);
    const lastNumber = numbers.parts[source] ?? 0;
    const taken = takeIn(
      proposal,
      { source, lastNumber, ...(current === undefined ? {} : { current }) },
      now,
    );
    outcomes.set(plugin, taken);
    if (taken.outcome === 'rejected') continue;
    parts.set(source, taken.part);
    if (taken.outcome === 'accepted') accepted.push({ part: taken.part, cause, plugin });
  }
  return { outcomes, parts, accepted };
}

/** The parts after this pass: those of HEAD that go on, and what was taken in. */
export function nextParts(
  current: readonly Part[],
  ended: readonly EndedPart[],
  taken: ReadonlyMap<string, Part>,
): Part[] {
  const gone = new Set(ended.map(({ part }) => part));
  const kept = current.filter(part => !gone.has(part) && !taken.has(part.source));
  return [...kept, ...taken.values()];
}
