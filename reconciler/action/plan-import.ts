import { createHash } from 'node:crypto';
import { decodePlan, derivedKey, effectDigest, keyIdentity, planDigest } from '../../protocol/action-plan.js';
import type { ActionPlan } from '../../protocol/action-plan.js';
import { byCodePoint } from '../../protocol/order.js';
import { partId } from '../../protocol/part.js';
import type { Part } from '../../protocol/part.js';
import { isError, pathText, problemOf } from '../../protocol/problem.js';
import type { Problem, Reason } from '../../protocol/problem.js';
import { checkActionPlan } from '../../protocol/rules/action-plan.js';
import type { Instant } from '../../protocol/time.js';
import { revisionOf, stateOf } from './action.js';
import type { Action, Revision } from './action.js';
import type { Ledger } from './ledger.js';
import { importRevision, move } from './move.js';

export interface ImportFacts {
  /** The parts that count now. Their order means nothing, nor does that of their plans. */
  readonly parts: readonly Part[];
  /** Whether the plugin of a source may propose provider actions. */
  readonly mayPropose: (source: string) => boolean;
  readonly actions: readonly Action[];
  readonly ledger: Ledger;
  readonly by: string;
  /** Whether an operator asks: then a plan that was rejected comes back as well. */
  readonly asked: boolean;
}

export interface ImportPlan {
  /** The actions as they become, one entry a transition, in this order. */
  readonly steps: readonly Action[];
  readonly problems: readonly Problem[];
  /** Live plans that are in the journal already. */
  readonly known: number;
}

/** A plan that stands in a live part, under the key that it would be executed with. */
export interface LivePlan {
  readonly part: Part;
  readonly plan: ActionPlan;
  readonly planDigest: string;
  readonly effectDigest: string;
  readonly key: string;
}

/**
 * What the journal has to take in from the live parts, and what it has to void because its plan is gone. Pure. A plan that
 * cannot be read, or that contradicts another, is a problem and stops nobody else's.
 */
export function planImport(facts: ImportFacts, now: Instant): ImportPlan {
  const problems: Problem[] = [];
  const steps: Action[] = [];
  const offered = new Map<string, LivePlan[]>();
  for (const live of livePlans(facts, problems)) {
    const identity = keyIdentity(live.key);
    offered.set(identity, [...(offered.get(identity) ?? []), live]);
  }
  const journal = new Map(facts.actions.map(action => [keyIdentity(action.idempotencyKey), action]));
  let known = 0;

  for (const [identity, action] of journal) {
    if (!isOpenToChange(action)) continue;
    const chosen = chooseOffer(offered.get(identity) ?? [], action);
    const revision = revisionOf(action);
    if (chosen === undefined) {
      const message = `the plan ${revision.plan.name} of ${revision.part} is no longer live`;
      steps.push(move(action, { at: now, to: 'void', by: facts.by, message, cause: { type: 'withdrawn' } }));
    } else if (!isSame(chosen, revision)) {
      const message = `the plan is now another one: ${chosen.plan.name} of ${partId(chosen.part)}`;
      const voided = move(action, { at: now, to: 'void', by: facts.by, message, cause: { type: 'changed' } });
      steps.push(voided, bringIn(voided, chosen));
    }
  }
  for (const [identity, offers] of offered) {
    const action = journal.get(identity);
    const chosen = chooseOffer(offers, action);
    if (chosen === undefined) continue;
    for (const other of offers)
      if (other !== chosen && other.effectDigest !== chosen.effectDigest)
        problems.push(conflict(other, `${chosen.plan.name} of ${partId(chosen.part)}`));
    if (action === undefined) {
      if (facts.ledger.has(identity)) problems.push(usedKey(chosen));
      else steps.push(bringIn(newAction(chosen.key, chosen.plan, facts.actions.concat(steps)), chosen));
    } else if (stateOf(action) === 'void') {
      if (facts.asked || !wasRejected(action, chosen)) steps.push(bringIn(action, chosen));
    } else {
      known++;
      const same = effectDigest(revisionOf(action).plan) === chosen.effectDigest;
      if (!same && !isOpenToChange(action))
        problems.push(conflict(chosen, `the action ${action.id}, which is ${stateOf(action)}`));
    }
  }
  return { steps, problems, known };

  function bringIn(action: Action, { part, plan, planDigest: digest }: LivePlan): Action {
    const revision: Revision = {
      importedAt: now,
      part: partId(part),
      partDigest: part.digest,
      plan,
      planDigest: digest,
    };
    return importRevision(action, revision, { by: facts.by, message: '' });
  }
}

/** Why the plan of an action does not stand in a live part any more; undefined while it does. */
export function planGone(
  action: Action,
  facts: Pick<ImportFacts, 'parts' | 'mayPropose' | 'actions'>,
): string | undefined {
  const identity = keyIdentity(action.idempotencyKey);
  const offers = livePlans(facts, []).filter(({ key }) => keyIdentity(key) === identity);
  const chosen = chooseOffer(offers, action);
  if (chosen === undefined)
    return `the plan ${revisionOf(action).plan.name} of ${revisionOf(action).part} is no longer live`;
  return isSame(chosen, revisionOf(action)) ? undefined : 'the plan has changed since it was imported';
}

/** Every well-formed plan of the live parts, whose plugin may propose actions, by source and name. */
function livePlans(
  { parts, mayPropose, actions }: Pick<ImportFacts, 'parts' | 'mayPropose' | 'actions'>,
  problems: Problem[],
): LivePlan[] {
  const rolledBack = countRolledBack(actions);
  const plans = parts.flatMap((part): LivePlan[] => {
    if (part.actionPlans.length === 0) return [];
    if (!mayPropose(part.source)) {
      problems.push({
        ...about(part, 'PlanNotImportable'),
        message: `the action plans of ${partId(part)} cannot be imported: its plugin does not declare propose.providerAction`,
        hint: 'add the capability to its manifest if the plans are wanted',
      });
      return [];
    }
    return part.actionPlans.flatMap((raw, index): LivePlan[] => {
      const issues = checkActionPlan(raw).filter(isError);
      problems.push(
        ...issues.map(issue => ({
          ...problemOf(issue),
          source: partId(part),
          field: pathText(['spec', 'actionPlans', index, ...issue.path]),
        })),
      );
      if (issues.length > 0) return [];
      const plan = decodePlan(raw);
      if (keyIdentity(plan.idempotencyKey).endsWith(undoSuffix)) {
        problems.push(undoKey(part, plan));
        return [];
      }
      const effect = effectDigest(plan);
      const given = keyIdentity(plan.idempotencyKey) !== '';
      const key = given ? plan.idempotencyKey : derivedKey(plan, rolledBack.get(effect) ?? 0);
      return [{ part, plan, planDigest: planDigest(plan), effectDigest: effect, key }];
    });
  });
  return plans.sort(
    (a, b) => byCodePoint(a.part.source, b.part.source) || byCodePoint(a.plan.name, b.plan.name),
  );
}

/** `KEY:undo` is the key under which the action with `KEY` is taken back (PROTOCOL.md, executor exchange). */
const undoSuffix = ':undo';

function undoKey(part: Part, plan: ActionPlan): Problem {
  return {
    ...about(part, 'PlanConflict'),
    message: `the idempotencyKey of the plan ${plan.name} ends in ${undoSuffix}, which is how undos are called: it is not imported`,
    hint: 'give it another key',
  };
}

/** How often each effect was executed and taken back (decision P5). */
export function countRolledBack(actions: readonly Action[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const action of actions) {
    if (stateOf(action) !== 'rolledBack') continue;
    const effect = effectDigest(revisionOf(action).plan);
    counts.set(effect, (counts.get(effect) ?? 0) + 1);
  }
  return counts;
}

/**
 * Of several plans under one key the very one that was imported, so that no other one can push it out while it lives; or
 * else one of the source that it was imported from, or else the first.
 */
function chooseOffer(offers: readonly LivePlan[], action: Action | undefined): LivePlan | undefined {
  if (action === undefined) return offers[0];
  const revision = revisionOf(action);
  const source = sourceOfPart(revision.part);
  return (
    offers.find(offer => isSame(offer, revision)) ??
    offers.find(({ part }) => part.source === source) ??
    offers[0]
  );
}

/** A later number of the part that says the same about the plan changes nothing. */
function isSame(live: LivePlan, revision: Revision): boolean {
  return live.planDigest === revision.planDigest && live.part.source === sourceOfPart(revision.part);
}

function sourceOfPart(part: string): string {
  return part.slice(0, part.lastIndexOf('#'));
}

function isOpenToChange(action: Action): boolean {
  const state = stateOf(action);
  return state === 'pending' || state === 'approved';
}

/** A rejection is of the effect: the same in other words does not come back by itself. */
function wasRejected(action: Action, live: LivePlan): boolean {
  const last = action.transitions.at(-1);
  return last?.cause.type === 'rejected' && effectDigest(revisionOf(action).plan) === live.effectDigest;
}

/** The id follows from the key, so that the same key has the same id everywhere; a clash takes more of the digest. */
function newAction(key: string, plan: ActionPlan, others: readonly Action[]): Action {
  const hex = createHash('sha256').update(keyIdentity(key)).digest('hex');
  const taken = new Set(others.map(({ id }) => id));
  const id = [10, 20, 30]
    .map(length => `${plan.action}-${hex.slice(0, length)}`)
    .find(name => !taken.has(name));
  if (id === undefined) throw new Error('three parts of a digest clash');
  return { id, idempotencyKey: key, revisions: [], transitions: [] };
}

function about(part: Part, reason: Reason): Pick<Problem, 'reason' | 'severity' | 'source'> {
  return { reason, severity: 'warning', source: partId(part) };
}

function conflict({ part, plan }: LivePlan, other: string): Problem {
  return {
    ...about(part, 'PlanConflict'),
    message: `the plan ${plan.name} has the idempotencyKey of ${other}, but does something else: it is not imported`,
    hint: 'give it a key of its own',
  };
}

function usedKey({ part, plan }: LivePlan): Problem {
  return {
    ...about(part, 'ActionKeyUsed'),
    message: `an executor was started for the plan ${plan.name} before, but the journal does not know of it: it is not imported`,
    hint: 'the history seems to have been set back; see what the provider holds, and then give the plan another idempotencyKey',
  };
}
