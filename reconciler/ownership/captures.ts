import { hostOf } from '../../protocol/address.js';
import { decodePlan } from '../../protocol/action-plan.js';
import type { ActionPlan } from '../../protocol/action-plan.js';
import type { Part } from '../../protocol/part.js';
import type { Instant } from '../../protocol/time.js';
import { attemptsOf, revisionOf, stateOf } from '../action/action.js';
import type { Action } from '../action/action.js';

/** What the journal and the live plans say about putting an address on this router. */
export interface CaptureRecord {
  /** The action, or the plan where there is none yet. */
  readonly source: string;
  /** `assigned`: the last thing that happened is an assign that succeeded. `open`: planned or tried, and not known to have worked. */
  readonly state: 'assigned' | 'open' | 'released';
  /** When that happened; undefined for a plan. */
  readonly at: Instant | undefined;
  /** Whether the provider may have put the address on this router on account of it. */
  readonly active: boolean;
  readonly targetRef: string;
}

const assigns = ['assign-secondary-ip', 'assign-route-table-route'];
const releases = ['unassign-secondary-ip', 'unassign-route-table-route'];

/**
 * The latest word on every address that an action of this router, or a plan for it, is about. What has only been planned
 * so far has changed nothing: it counts where nothing else does, or where the address was released. Pure; the order of
 * actions and parts does not matter.
 */
export function capturesOf(
  actions: Iterable<Action>,
  parts: readonly Part[],
  captureNic: string,
): Map<string, CaptureRecord> {
  const captures = new Map<string, CaptureRecord>();
  const planned = new Map<string, CaptureRecord>();
  const note = (records: Map<string, CaptureRecord>, { target }: ActionPlan, record: CaptureRecord) => {
    const address = hostOf(target['address'] ?? '');
    if (address === undefined || (captureNic !== '' && target['nicRef'] !== captureNic)) return;
    const before = records.get(address);
    if (before === undefined || isLater(record, before)) records.set(address, record);
  };
  for (const action of actions) {
    const { plan } = revisionOf(action);
    const record = recordOf(action, plan);
    if (record !== undefined) note(isOnlyPlanned(action) ? planned : captures, plan, record);
  }
  for (const plan of parts.flatMap(({ actionPlans }) => actionPlans.map(decodePlan))) {
    if (assigns.includes(plan.action)) note(planned, plan, recordOfPlan(plan));
  }
  for (const [address, record] of planned) {
    if ((captures.get(address)?.state ?? 'released') === 'released') captures.set(address, record);
  }
  return captures;
}

function isOnlyPlanned(action: Action): boolean {
  return ['pending', 'approved'].includes(stateOf(action)) && attemptsOf(action, 'execute').length === 0;
}

function recordOfPlan({ name, target }: ActionPlan): CaptureRecord {
  return {
    source: `plan ${name}`,
    state: 'open',
    at: undefined,
    active: false,
    targetRef: target['nicRef'] ?? '',
  };
}

function recordOf(action: Action, plan: ActionPlan): CaptureRecord | undefined {
  const state = stateOf(action);
  const facts = {
    source: `action ${action.id}`,
    at: action.transitions.at(-1)?.at,
    targetRef: plan.target['nicRef'] ?? '',
  };
  if (releases.includes(plan.action)) {
    return state === 'succeeded' ? { ...facts, state: 'released', active: false } : undefined;
  }
  if (!assigns.includes(plan.action) || state === 'void') return undefined;
  if (state === 'succeeded') return { ...facts, state: 'assigned', active: true };
  if (state === 'rolledBack') return { ...facts, state: 'released', active: false };
  return { ...facts, state: 'open', active: ['executing', 'unknown', 'rollingBack'].includes(state) };
}

/** Of two at one moment the one that leaves more in doubt counts, and then the one with the smaller name. */
function isLater(a: CaptureRecord, b: CaptureRecord): boolean {
  const [left, right] = [a.at ?? 0, b.at ?? 0];
  if (left !== right) return left > right;
  const doubt = ['released', 'assigned', 'open'];
  const difference = doubt.indexOf(a.state) - doubt.indexOf(b.state);
  return difference === 0 ? a.source < b.source : difference > 0;
}
