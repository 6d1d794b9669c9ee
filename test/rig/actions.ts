import { decodePlan, planDigest } from '../../protocol/action-plan.js';
import type { ActionPlan } from '../../protocol/action-plan.js';
import { decodeActionPolicy } from '../../protocol/action-policy.js';
import type { ActionPolicy } from '../../protocol/action-policy.js';
import { apiVersions } from '../../protocol/resource.js';
import type { Resource, Value, ValueMap } from '../../protocol/resource.js';
import { ok } from '../../protocol/result.js';
import type { Instant } from '../../protocol/time.js';
import { actionStates, keyFor, revisionOf } from '../../reconciler/action/action.js';
import type {
  Action,
  ActionState,
  AttemptEnd,
  Cause,
  Direction,
  ExecutorIdentity,
  Revision,
} from '../../reconciler/action/action.js';
import type { GateFacts } from '../../reconciler/action/gates.js';
import { importRevision, move } from '../../reconciler/action/move.js';

/** Builders for the pure part of provider actions: everything is permitted and approved, and a test takes something away. */

/** A Friday. */
export const noon: Instant = Date.parse('2026-05-29T12:00:00Z');
/** When the actions of `imported` came in: two minutes before noon; they are approved a minute later. */
export const importedAt = noon - 120_000;
export const approvedAt = noon - 60_000;

export const verbs = [
  'assign-secondary-ip',
  'unassign-secondary-ip',
  'assign-route-table-route',
  'unassign-route-table-route',
  'ensure-forwarding-enabled',
  'ensure-forwarding-disabled',
] as const;
export const providers = ['aws', 'azure', 'oci', 'gcp'] as const;

export const ociExecutor: ExecutorIdentity = { plugin: 'oci-executor', digest: 'sha256:e1' };

/** Fields to set; undefined takes one away. */
export type Changes = Readonly<Record<string, Value | undefined>>;

function changedBy(base: ValueMap, changes: Changes): ValueMap {
  const entries = Object.entries({ ...base, ...changes });
  return Object.fromEntries(entries.filter((entry): entry is [string, Value] => entry[1] !== undefined));
}

/** A plan as a plugin writes it. */
export function planValue(changes: Changes = {}): ValueMap {
  return changedBy(
    {
      name: 'capture',
      provider: 'oci',
      providerRef: 'oci-prod',
      action: 'assign-secondary-ip',
      target: { nicRef: 'vnic-1', address: '10.0.1.5' },
      undo: { action: 'unassign-secondary-ip' },
    },
    changes,
  );
}

export function planFor(changes: Changes = {}): ActionPlan {
  return decodePlan(planValue(changes));
}

/** The spec of a policy under which the plan above may be executed once it is approved, and undone. */
export function policySpec(changes: Changes = {}): ValueMap {
  return changedBy(
    {
      enabled: true,
      dryRunOnly: false,
      requireApproval: true,
      allowedProviders: ['oci'],
      allowedActions: [...verbs],
      allowedProviderRefs: ['oci-prod'],
      allowedCIDRs: ['10.0.0.0/8', '2001:db8::/32'],
      maxActionsPerRun: 5,
      allowUndo: true,
    },
    changes,
  );
}

export function policyResource(spec: Value): Resource {
  return {
    apiVersion: apiVersions.hybrid,
    kind: 'ProviderActionPolicy',
    metadata: { name: 'actions' },
    spec,
  };
}

export function policyWith(changes: Changes = {}): ActionPolicy {
  return decodeActionPolicy(policyResource(policySpec(changes)));
}

/** A plan that has come into the journal, and is pending. */
export function imported(plan: ActionPlan = planFor(), more: Partial<Revision> = {}): Action {
  const revision = {
    importedAt,
    part: 'Plugin/planner#1',
    partDigest: 'sha256:part',
    plan,
    planDigest: planDigest(plan),
    ...more,
  };
  const fresh = { id: 'capture-1', idempotencyKey: 'key-1', revisions: [], transitions: [] };
  return importRevision(fresh, revision, { by: 'alice', message: '' });
}

export interface ApprovalFacts {
  readonly by?: string;
  readonly at?: Instant;
  readonly planDigest?: string;
  /** null where there was none. */
  readonly executor?: ExecutorIdentity | null;
}

export function approved(action: Action, facts: ApprovalFacts = {}): Action {
  const { by = 'alice', at = approvedAt, executor = ociExecutor } = facts;
  const approval = {
    planDigest: facts.planDigest ?? revisionOf(action).planDigest,
    ...(executor === null ? {} : { executor }),
  };
  const moved = move(action, { at, to: 'approved', by, message: '', cause: { type: 'approved', approval } });
  // A move never goes back in time; a journal that somebody edited may.
  return {
    ...moved,
    transitions: moved.transitions.map((step, i, all) => (i < all.length - 1 ? step : { ...step, at })),
  };
}

/** A step that nothing but its cause is known of. */
export function stepped(
  action: Action,
  to: ActionState,
  type: Exclude<Cause['type'], 'approved' | 'started' | 'ended' | 'looked'>,
): Action {
  return move(action, { at: approvedAt, to, by: 'alice', message: '', cause: { type } });
}

export function started(action: Action, direction: Direction = 'execute'): Action {
  const attempt = {
    id: `start ${action.transitions.length}`,
    direction,
    idempotencyKey: keyFor(action, direction),
    executor: ociExecutor,
    planDigest: revisionOf(action).planDigest,
    policyDigest: 'sha256:policy',
  };
  const to = direction === 'execute' ? 'executing' : 'rollingBack';
  return move(action, {
    at: approvedAt,
    to,
    by: 'alice',
    message: '',
    cause: { type: 'started', attempt },
  });
}

export function ended(action: Action, to: ActionState, result: Partial<AttemptEnd> = {}): Action {
  const full: AttemptEnd = { direction: 'execute', message: '', error: '', observed: {}, ...result };
  const cause: Cause = { type: 'ended', result: full };
  return move(action, { at: approvedAt, to, by: 'Plugin/oci-executor', message: '', cause });
}

/** An action in each state, by the shortest way there. */
export function actionIn(state: ActionState, plan: ActionPlan = planFor()): Action {
  const pending = imported(plan);
  const executing = started(approved(pending));
  const rollingBack = () => started(ended(executing, 'succeeded'), 'undo');
  switch (state) {
    case 'pending':
      return pending;
    case 'approved':
      return approved(pending);
    case 'executing':
      return executing;
    case 'succeeded':
    case 'failed':
    case 'skipped':
    case 'unknown':
      return ended(executing, state);
    case 'rollingBack':
      return rollingBack();
    case 'rolledBack':
      return ended(rollingBack(), state, { direction: 'undo' });
    case 'void':
      return stepped(pending, state, 'rejected');
  }
}

export const everyState: readonly (readonly [ActionState, Action])[] = actionStates.map(
  state => [state, actionIn(state)] as const,
);

/** The situation in which nothing stands in the way. */
export function gateFactsWith(changes: Partial<GateFacts> = {}): GateFacts {
  return {
    direction: 'execute',
    asked: 'operator',
    policy: ok(policyWith()),
    planGone: undefined,
    executor: ok(ociExecutor),
    ledgerStarts: [],
    takenBack: false,
    startedInRun: 0,
    now: noon,
    ...changes,
  };
}
