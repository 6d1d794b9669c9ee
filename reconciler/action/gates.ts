import { contains, networkOf } from '../../protocol/address.js';
import type { Network } from '../../protocol/address.js';
import { planDigest } from '../../protocol/action-plan.js';
import type { ActionPolicy } from '../../protocol/action-policy.js';
import { isOpen } from '../../protocol/execution-window.js';
import type { Result } from '../../protocol/result.js';
import { formatTime } from '../../protocol/time.js';
import type { Instant } from '../../protocol/time.js';
import { approvalOf, attemptsOf, resultOf, revisionOf, stateOf } from './action.js';
import type { Action, Direction, ExecutorIdentity } from './action.js';

/** The gates in the order in which they are told. */
export const gateNames = [
  'policy',
  'enabled',
  'mode',
  'provider',
  'providerRef',
  'action',
  'cidr',
  'window',
  'state',
  'plan',
  'approval',
  'undo',
  'executor',
  'key',
  'limit',
] as const;

export type GateName = (typeof gateNames)[number];

/** One gate's verdict. `message` says what was found, and where it is closed what would open it. */
export interface Gate {
  readonly gate: GateName;
  readonly open: boolean;
  readonly message: string;
}

/** What a request would do, in the words that a policy speaks about. */
export interface Effect {
  readonly provider: string;
  readonly providerRef: string;
  readonly action: string;
  readonly target: Readonly<Record<string, string>>;
}

export interface GateFacts {
  readonly direction: Direction;
  /** Who asks: an operator by name, with a word of approval or none, or the daemon by itself. */
  readonly asked: 'operator' | 'daemon';
  /** The policy of the config directory as it is now, or why there is none that could be relied on. */
  readonly policy: Result<ActionPolicy, string>;
  /** Why the plan no longer stands in a live part; undefined while it does. */
  readonly planGone: string | undefined;
  readonly executor: Result<ExecutorIdentity, string>;
  /** The ids of the starts under this key that the ledger holds. */
  readonly ledgerStarts: readonly string[];
  /** Whether the effect was executed and taken back before, under a key that has been used up. */
  readonly takenBack: boolean;
  /** Executors started so far in this run. */
  readonly startedInRun: number;
  readonly now: Instant;
}

/** The gates that depend on the policy and the effect alone: where they are open, an executor may be asked for a dry-run. */
export const dryRunGates: ReadonlySet<GateName> = new Set([
  'policy',
  'enabled',
  'provider',
  'providerRef',
  'action',
  'cidr',
  'executor',
]);

/**
 * Every gate between an action and its executor, open or not, with the reason. An action may be started only where all
 * are open. Pure; to be asked again right before the start, under the lock.
 */
export function judgeGates(action: Action, facts: GateFacts): Gate[] {
  const effect = effectOf(action, facts.direction);
  return [
    ...(facts.policy.ok
      ? [
          gate('policy', `ProviderActionPolicy ${facts.policy.value.name}`, undefined),
          ...policyGates(facts.policy.value, effect, facts),
        ]
      : [gate('policy', '', facts.policy.failure)]),
    stateGate(action, facts.direction),
    planGate(action, facts),
    approvalGate(action, facts),
    ...(facts.direction === 'undo' ? [undoGate(action, facts)] : []),
    facts.executor.ok
      ? gate('executor', `${facts.executor.value.plugin} ${facts.executor.value.digest}`, undefined)
      : gate('executor', '', facts.executor.failure),
    keyGate(action, facts),
    ...(facts.policy.ok ? [limitGate(facts.policy.value, facts)] : []),
  ];
}

export function effectOf(action: Action, direction: Direction): Effect {
  const { plan } = revisionOf(action);
  return direction === 'undo' ? { ...plan, action: plan.undo?.action ?? '' } : plan;
}

/** `closed` says why the gate is closed; undefined opens it. */
function gate(name: GateName, found: string, closed: string | undefined): Gate {
  return { gate: name, open: closed === undefined, message: closed ?? found };
}

function policyGates(policy: ActionPolicy, effect: Effect, { now }: GateFacts): Gate[] {
  return [
    gate(
      'enabled',
      'the policy is enabled',
      policy.enabled ? undefined : 'the policy is not enabled: set enabled: true',
    ),
    gate(
      'mode',
      'the policy permits execution',
      policy.dryRunOnly ? 'the policy permits dry-runs alone: set dryRunOnly: false' : undefined,
    ),
    listGate('provider', effect.provider, policy),
    policy.allowedProviderRefs?.length === 0
      ? gate('providerRef', 'the policy restricts no providerRef', undefined)
      : listGate('providerRef', effect.providerRef, policy),
    listGate('action', effect.action, policy),
    cidrGate(policy, effect),
    windowGate(policy, now),
  ];
}

const listFields = {
  provider: 'allowedProviders',
  providerRef: 'allowedProviderRefs',
  action: 'allowedActions',
} as const;

function listGate(name: keyof typeof listFields, value: string, policy: ActionPolicy): Gate {
  const field = listFields[name];
  const shown = value === '' ? 'none' : value;
  const listed = value !== '' && policy[field]?.includes(value) === true;
  return gate(name, shown, listed ? undefined : `${shown} is not among the policy's ${field}`);
}

function cidrGate({ allowedNetworks }: ActionPolicy, { target }: Effect): Gate {
  const address = target['address'] ?? '';
  if (allowedNetworks === undefined)
    return gate('cidr', '', "one of the policy's allowedCIDRs cannot be read");
  const network = address === '' ? undefined : networkOf(address);
  if (address !== '' && network === undefined) {
    return gate('cidr', '', `${address} is neither an address nor the CIDR of a whole network`);
  }
  if (network !== undefined && isWiderThanMapped(network))
    return gate('cidr', '', `${address} holds all of IPv4 as v4-mapped addresses`);
  if (allowedNetworks.length === 0) return gate('cidr', 'the policy restricts no address', undefined);
  if (network === undefined)
    return gate('cidr', '', 'the target has no address, and the policy restricts addresses');
  const inside = allowedNetworks.some(allowed => contains(allowed, network));
  return gate(
    'cidr',
    address,
    inside ? undefined : `${address} does not lie whole in one of the policy's allowedCIDRs`,
  );
}

/** An IPv6 network with `::ffff:0:0/96` inside: to whom it is also all of IPv4, no IPv6 rule can speak. */
function isWiderThanMapped(network: Network): boolean {
  const mapped: Network = { family: 6, bits: 96, first: 0xffffn << 32n };
  return contains(network, mapped);
}

function windowGate({ windows }: ActionPolicy, now: Instant): Gate {
  if (windows === 'always') return gate('window', 'the policy has no execution window', undefined);
  if (windows === undefined) return gate('window', '', "the policy's executionWindow cannot be read");
  return gate(
    'window',
    'the execution window is open',
    isOpen(windows, now) ? undefined : `the execution window is closed at ${formatTime(now)}`,
  );
}

function stateGate(action: Action, direction: Direction): Gate {
  const state = stateOf(action);
  const fits = direction === 'undo' ? ['succeeded'] : ['pending', 'approved'];
  const needed = direction === 'undo' ? 'succeeded' : 'pending or approved';
  return gate('state', state, fits.includes(state) ? undefined : `the action is ${state}, not ${needed}`);
}

function planGate(action: Action, { direction, planGone }: GateFacts): Gate {
  const { plan, planDigest: digest } = revisionOf(action);
  if (planDigest(plan) !== digest)
    return gate('plan', '', 'the plan in the journal is not the one of its digest: was the file edited?');
  if (direction === 'undo') return gate('plan', 'an undo needs no live plan', undefined);
  return gate('plan', 'the plan stands in a live part', planGone);
}

function approvalGate(action: Action, facts: GateFacts): Gate {
  // Whoever asks for a rollback approves it by that; the daemon never asks for one.
  if (facts.direction === 'undo') {
    return gate(
      'approval',
      'the rollback was asked for',
      facts.asked === 'operator' ? undefined : 'only an operator takes an action back',
    );
  }
  const approval = approvalOf(action);
  const required = !facts.policy.ok || facts.policy.value.requireApproval;
  // What somebody approved waits for somebody to start it, for as long as the policy asks for approvals.
  if (required && facts.asked === 'daemon')
    return gate('approval', '', 'the policy requires approvals: only an operator starts an action');
  if (approval === undefined) {
    if (required) return gate('approval', '', 'nobody has approved it: see routerctl action approve');
    if (facts.takenBack)
      return gate('approval', '', 'this effect was taken back before: doing it again needs an approval');
    if (action.transitions.some(({ cause }) => cause.type === 'rejected'))
      return gate('approval', '', 'it was rejected before: doing it all the same needs an approval');
    return gate('approval', 'the policy requires none', undefined);
  }
  return gate('approval', `${approval.by}, ${formatTime(approval.at)}`, unfitApproval(action, facts));
}

/** Why a standing approval does not count; undefined where it does. */
export function unfitApproval(action: Action, { executor }: Pick<GateFacts, 'executor'>): string | undefined {
  const approval = approvalOf(action);
  const revision = revisionOf(action);
  if (approval === undefined) return 'there is none';
  if (approval.by.trim() === '') return 'the approval names nobody';
  if (approval.planDigest !== revision.planDigest) return 'the approval is for another plan';
  if (approval.at < revision.importedAt) return 'the approval is older than the plan';
  if (approval.executor === undefined) return 'there was no executor when it was approved: approve it again';
  const same =
    executor.ok &&
    executor.value.plugin === approval.executor.plugin &&
    executor.value.digest === approval.executor.digest;
  return same
    ? undefined
    : `the executor is not the one that it was approved for (${approval.executor.plugin} ${approval.executor.digest}): approve it again`;
}

function undoGate(action: Action, { policy }: GateFacts): Gate {
  if (!policy.ok || !policy.value.allowUndo)
    return gate('undo', '', 'the policy permits no undo: set allowUndo: true');
  if (revisionOf(action).plan.undo === undefined) return gate('undo', '', 'the plan has no undo');
  const refused = resultOf(action, 'execute', 'succeeded')?.undoAvailable === false;
  return gate(
    'undo',
    'the action can be taken back',
    refused ? 'the executor said that it cannot be taken back' : undefined,
  );
}

/** Every start in the ledger has to stand in the journal: one that does not means that the journal was set back. */
function keyGate(action: Action, { direction, ledgerStarts }: GateFacts): Gate {
  const known = new Set(attemptsOf(action, direction).map(({ id }) => id));
  const missing = ledgerStarts.filter(id => !known.has(id)).length;
  return gate(
    'key',
    known.size === 0 ? 'never used' : `used ${known.size} times without effect`,
    missing === 0
      ? undefined
      : `the key was used ${ledgerStarts.length} times, and ${missing} of that the journal does not know: was the history set back?`,
  );
}

function limitGate({ maxActionsPerRun }: ActionPolicy, { startedInRun }: GateFacts): Gate {
  return gate(
    'limit',
    `${startedInRun} of ${maxActionsPerRun} in this run`,
    startedInRun < maxActionsPerRun
      ? undefined
      : `${startedInRun} were started in this run, and the policy's maxActionsPerRun is ${maxActionsPerRun}`,
  );
}
