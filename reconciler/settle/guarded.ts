import { sourceOf } from '../../protocol/plugin.js';
import type { Problem } from '../../protocol/problem.js';
import type { Instant } from '../../protocol/time.js';
import { heldMessage } from '../../render/held-message.js';
import { startupSource } from '../../render/merge.js';
import { controlOf } from '../control/control.js';
import type { HoldReason } from '../control/guard.js';
import { heldRef, reasonsText } from '../control/held.js';
import type { Held } from '../control/held.js';
import { endedParts, nextParts, takeProposals } from './parts.js';
import type { ProposalOutcome, RunProposal } from './parts.js';
import { judgeParts } from './judge.js';
import type { Guard, GoverningSituation } from './judge.js';
import { settle } from './settle.js';
import type { CommitPlan, SettleInput, Settlement } from './settle.js';

export interface GuardedInput extends Omit<SettleInput, 'held' | 'lost'> {
  /** Undefined where nothing can be held. */
  readonly guard?: Guard | undefined;
  /** The edit that is held in this pass, already or from now on; `situation` is the accepted one then. */
  readonly edit?: HeldEdit | undefined;
  /** Sources whose candidate has lost its ref. */
  readonly lost?: ReadonlySet<string> | undefined;
}

export interface HeldEdit {
  readonly situation: GoverningSituation;
  readonly digest: string;
  readonly reasons: readonly HoldReason[];
}

/** A candidate that is to be committed to a ref of its own. */
export interface Hold {
  readonly held: Held;
  readonly plan: CommitPlan;
}

export interface GuardedSettlement extends Settlement {
  /** What is held from this pass on. */
  readonly holds: readonly Hold[];
}

/** Decides a whole pass under the guard: what goes beyond it is left out, and is a candidate to be held. Pure. */
export function settleGuarded(input: GuardedInput, now: Instant): GuardedSettlement {
  const { guard, edit, lost = new Set<string>(), ...given } = input;
  const known = controlOf(input.head).held;
  const reasons = guard === undefined ? new Map<string, HoldReason[]>() : judgeResults(given, guard, now);
  const isHeld = ({ plugin }: RunProposal): boolean => reasons.has(sourceOf(plugin));
  const results = given.proposals.filter(isHeld).map(proposal => resultToHold(proposal, reasons, now));
  const found: Held[] = [
    ...(edit === undefined
      ? []
      : [
          {
            source: startupSource,
            digest: edit.digest,
            since: now,
            by: given.operator,
            reasons: edit.reasons,
          },
        ]),
    ...results.map(({ held }) => held),
  ];
  const settlement = settle(
    { ...given, proposals: given.proposals.filter(proposal => !isHeld(proposal)), held: found, lost },
    now,
  );
  const outcomes = new Map<string, ProposalOutcome>(settlement.outcomes);
  for (const { held, proposal } of results)
    outcomes.set(proposal.plugin, { outcome: 'held', problem: heldProblem(held) });
  return {
    ...settlement,
    outcomes,
    holds: found
      .filter(held => lost.has(held.source) || !known.some(entry => isSame(entry, held)))
      .flatMap((held): Hold[] => {
        const plan = planOf(held);
        return plan === undefined ? [] : [{ held, plan }];
      }),
  };

  /** What would be committed if the candidate alone were put in force. */
  function planOf(held: Held): CommitPlan | undefined {
    const alone = { ...given, order: undefined, confirm: undefined, promotion: undefined };
    const result = results.find(entry => entry.held === held);
    const settled =
      result === undefined
        ? settle({ ...alone, situation: edit?.situation ?? given.situation, proposals: [] }, now)
        : settle({ ...alone, proposals: [result.proposal] }, now);
    if (settled.commit === undefined) return undefined;
    const message = heldMessage({
      ...held,
      reasons: held.reasons.map(reason => reason.message),
      changes: settled.changes,
      startupConfigHash: settled.startupConfigHash,
      effectiveConfigHash: settled.effectiveConfigHash.next,
    });
    return { ...settled.commit, message, author: held.by };
  }
}

function judgeResults(
  given: Omit<GuardedInput, 'guard' | 'edit' | 'lost'>,
  guard: Guard,
  now: Instant,
): Map<string, HoldReason[]> {
  const taken = takeProposals(given, now);
  if (taken.accepted.length === 0) return new Map();
  const accepted = new Set(taken.accepted.map(({ part }) => part));
  const renewed = new Map([...taken.parts].filter(([, part]) => !accepted.has(part)));
  const { head, situation } = given;
  const standing = nextParts(head.parts, endedParts(head.parts, situation, now), renewed);
  return judgeParts({ situation, standing, accepted: [...accepted], guard }, now);
}

function resultToHold(
  proposal: RunProposal,
  reasons: ReadonlyMap<string, readonly HoldReason[]>,
  now: Instant,
): { readonly held: Held; readonly proposal: RunProposal } {
  const source = sourceOf(proposal.plugin);
  const { digest } = proposal.proposal;
  return {
    held: { source, digest, since: now, by: source, reasons: reasons.get(source) ?? [] },
    proposal,
  };
}

function isSame(a: Held, b: Held): boolean {
  return a.source === b.source && a.digest === b.digest;
}

function heldProblem(held: Held): Problem {
  return {
    reason: 'ChangeHeld',
    severity: 'warning',
    message: `the result is held: ${reasonsText(held.reasons)}`,
    hint: `to look at it: git diff main ${heldRef(held.source)}; to put it in force: routerctl promote ${shortDigest(held.digest)} -m WHY`,
    source: held.source,
  };
}

function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12);
}
