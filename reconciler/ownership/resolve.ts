import type { Instant } from '../../protocol/time.js';
import { conflictOf } from './conflicts.js';
import { ownershipRules } from './decision.js';
import type { Decision, Ownership, OwnershipInput, OwnershipRule, Verdict } from './decision.js';
import { gatherEvidence, universe } from './evidence.js';
import { captureNotDesired, confirmedCapture } from './rules/capture.js';
import { staticHandover, staticOwned } from './rules/declared.js';
import { localHome, localRouterSelf, nobodyKnown } from './rules/local.js';
import { freshHomeOwner } from './rules/remote-home.js';
import type { Question, Rule } from './rules/rule.js';

export { ownershipRules } from './decision.js';
export type {
  Conflict,
  Decision,
  Ownership,
  OwnershipClass,
  OwnershipInput,
  OwnershipRule,
  Verdict,
} from './decision.js';

const rules: Readonly<Record<OwnershipRule, Rule>> = {
  'static-owned': staticOwned,
  'static-handover': staticHandover,
  'fresh-home-owner': freshHomeOwner,
  'confirmed-capture': confirmedCapture,
  'capture-not-desired': captureNotDesired,
  'local-router-self': localRouterSelf,
  'local-home-inventory': localHome,
  'nobody-known': nobodyKnown,
};

/** Decides who owns every address of a pool that any of the inputs names. Pure; the order of the inputs does not matter. */
export function resolveOwnership(input: OwnershipInput, now: Instant): Ownership {
  const evidence = gatherEvidence(input, now);
  const addresses = universe(input, evidence);
  return {
    decisions: addresses.map(address => decide({ address, input, evidence })),
    conflicts: addresses.flatMap(address => conflictOf(address, input, evidence)),
  };
}

/** A rule, whether it applies to an address, and why or why not. */
export interface RuleAnswer {
  readonly rule: OwnershipRule;
  readonly applies: boolean;
  readonly reason: string;
}

/** What is decided about one address, and what each rule that applies says by itself, in the order of the rules. */
export interface Judgement {
  readonly decision: Decision;
  /** Without that of `nobody-known`, which applies where no other does. */
  readonly verdicts: readonly Verdict[];
  /** Every rule in its order; the first that applies decided. */
  readonly answers: readonly RuleAnswer[];
}

/** Judges single addresses of the prefix, whether anything names them or not. The inputs are read once. */
export function addressJudge(input: OwnershipInput, now: Instant): (address: string) => Judgement {
  const evidence = gatherEvidence(input, now);
  return address => {
    const question = { address, input, evidence };
    const verdicts = ownershipRules
      .filter(rule => rule !== 'nobody-known')
      .map(rule => answer(rule, question))
      .filter(said => typeof said !== 'string');
    return { decision: decide(question), verdicts, answers: answersOf(question, verdicts.length > 0) };
  };
}

/** For one address every rule in order, whether it applies, and why or why not; the first that applies decides. */
export function explainAddress(address: string, input: OwnershipInput, now: Instant): readonly RuleAnswer[] {
  return addressJudge(input, now)(address).answers;
}

function answersOf(question: Question, isDecided: boolean): RuleAnswer[] {
  return ownershipRules.map(rule => {
    const said = rule === 'nobody-known' && isDecided ? 'an earlier rule applies' : answer(rule, question);
    return typeof said === 'string'
      ? { rule, applies: false, reason: said }
      : { rule, applies: true, reason: said.reason };
  });
}

function answer(rule: OwnershipRule, question: Question): Verdict | string {
  const said = rules[rule](question);
  return typeof said === 'string' ? said : { rule, ...said };
}

function decide(question: Question): Decision {
  for (const rule of ownershipRules) {
    const said = answer(rule, question);
    if (typeof said !== 'string') return decisionOf(said, question);
  }
  throw new Error('no rule says anything of an address');
}

function decisionOf(verdict: Verdict, { address, input: { self } }: Question): Decision {
  return {
    address,
    homeOwnerNode: '',
    homeProviderRef: '',
    homeSubnetRef: '',
    homeNICRef: '',
    captureState: 'None',
    captureHolderNode: '',
    captureTargetRef: '',
    captureStrategy: '',
    advertiseOwnerNode: '',
    advertiseReason: '',
    suppressionReason: verdict.advertiseOwnerNode === self.nodeRef ? '' : 'not-owner',
    fresh: true,
    ...verdict,
  };
}
