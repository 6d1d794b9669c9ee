import { decodePlan, encodePlan } from '../../protocol/action-plan.js';
import { mapOf, mapsOf, textOf, timeOf } from '../../protocol/pick.js';
import { apiVersions, asValue, isMap } from '../../protocol/resource.js';
import type { Value, ValueMap } from '../../protocol/resource.js';
import { formatTime } from '../../protocol/time.js';
import { actionStates, approvalOf, revisionOf, stateOf } from './action.js';
import type {
  Action,
  ActionState,
  Approval,
  AttemptEnd,
  AttemptStart,
  Cause,
  Direction,
  ExecutorIdentity,
  Revision,
  Transition,
} from './action.js';

/** Where the journal is kept in the state repository, one file an action. */
export const actionsFolder = 'actions/';

export function actionPath(id: string): string {
  return `${actionsFolder}${id}.yaml`;
}

/**
 * An action as it stands in the state repository. `status` is for the reader: it follows from the transitions, and is not
 * read back.
 */
export function encodeAction(action: Action): Value {
  const approval = approvalOf(action);
  return {
    apiVersion: apiVersions.state,
    kind: 'ProviderAction',
    metadata: { name: action.id },
    spec: {
      idempotencyKey: action.idempotencyKey,
      revisions: action.revisions.map(encodeRevision),
    },
    status: {
      state: stateOf(action),
      revision: action.revisions.length,
      planDigest: revisionOf(action).planDigest,
      ...(approval === undefined ? {} : { approvedBy: approval.by, approvedAt: formatTime(approval.at) }),
    },
    transitions: action.transitions.map(encodeTransition),
  };
}

/** Reads what encodeAction wrote; undefined when it is something else. */
export function decodeAction(document: Value): Action | undefined {
  if (!isMap(document) || document['kind'] !== 'ProviderAction') return undefined;
  const spec = mapOf(document['spec']);
  const id = textOf(mapOf(document['metadata'])['name']);
  const idempotencyKey = textOf(spec['idempotencyKey']);
  const revisions = mapsOf(spec['revisions']).map(decodeRevision);
  const transitions = mapsOf(document['transitions']).map(decodeTransition);
  if (id === '' || idempotencyKey === '' || !allThere(revisions) || !allThere(transitions)) return undefined;
  return revisions.length === 0 || transitions.length === 0 || !isChain(transitions)
    ? undefined
    : { id, idempotencyKey, revisions, transitions };
}

/** Every transition starts where the one before ended: one that was taken out, such as a start, leaves a gap. */
function isChain(transitions: readonly Transition[]): boolean {
  return transitions.every(({ from }, index) => from === transitions[index - 1]?.to);
}

function allThere<T>(list: readonly (T | undefined)[]): list is readonly T[] {
  return list.every(entry => entry !== undefined);
}

function encodeRevision({ importedAt, part, partDigest, plan, planDigest }: Revision): Value {
  return { importedAt: formatTime(importedAt), part, partDigest, plan: encodePlan(plan), planDigest };
}

function decodeRevision(value: ValueMap): Revision | undefined {
  const importedAt = timeOf(value['importedAt']);
  const [part, partDigest, planDigest] = [value['part'], value['partDigest'], value['planDigest']].map(
    textOf,
  );
  if (importedAt === undefined || !part || !partDigest || !planDigest) return undefined;
  return { importedAt, part, partDigest, plan: decodePlan(mapOf(value['plan'])), planDigest };
}

export function encodeTransition({ at, from, to, by, message, cause }: Transition): ValueMap {
  const { type, ...facts } = cause;
  return {
    at: formatTime(at),
    ...(from === undefined ? {} : { from }),
    to,
    by,
    cause: type,
    ...(message === '' ? {} : { message }),
    ...(asValue(facts) as ValueMap),
  };
}

function decodeTransition(value: ValueMap): Transition | undefined {
  const at = timeOf(value['at']);
  const to = stateNamed(value['to']);
  const from = value['from'] === undefined ? undefined : stateNamed(value['from']);
  const cause = decodeCause(value);
  if (at === undefined || to === undefined || cause === undefined) return undefined;
  return { at, from, to, by: textOf(value['by']), message: textOf(value['message']), cause };
}

function stateNamed(value: Value | undefined): ActionState | undefined {
  return actionStates.find(state => state === value);
}

function decodeCause(value: ValueMap): Cause | undefined {
  const type = textOf(value['cause']);
  switch (type) {
    case 'imported':
    case 'interrupted':
    case 'rejected':
    case 'withdrawn':
    case 'changed':
    case 'retried':
    case 'resolved':
      return { type };
    case 'approved':
      return { type, approval: decodeApproval(mapOf(value['approval'])) };
    case 'started': {
      const attempt = decodeStart(mapOf(value['attempt']));
      return attempt === undefined ? undefined : { type, attempt };
    }
    case 'ended':
    case 'looked':
      return { type, result: decodeEnd(mapOf(value['result'])) };
    default:
      return undefined;
  }
}

function decodeApproval(value: ValueMap): Approval {
  const executor = decodeExecutor(value['executor']);
  return { planDigest: textOf(value['planDigest']), ...(executor === undefined ? {} : { executor }) };
}

function decodeExecutor(value: Value | undefined): ExecutorIdentity | undefined {
  if (!isMap(value)) return undefined;
  return { plugin: textOf(value['plugin']), digest: textOf(value['digest']) };
}

function decodeDirection(value: Value | undefined): Direction {
  return value === 'undo' ? 'undo' : 'execute';
}

function decodeStart(value: ValueMap): AttemptStart | undefined {
  const executor = decodeExecutor(value['executor']);
  const id = textOf(value['id']);
  if (executor === undefined || id === '') return undefined;
  const { approvedBy } = value;
  return {
    id,
    direction: decodeDirection(value['direction']),
    idempotencyKey: textOf(value['idempotencyKey']),
    executor,
    planDigest: textOf(value['planDigest']),
    policyDigest: textOf(value['policyDigest']),
    ...(typeof approvedBy === 'string' ? { approvedBy } : {}),
  };
}

function decodeEnd(value: ValueMap): AttemptEnd {
  const { undoAvailable, process } = value;
  return {
    direction: decodeDirection(value['direction']),
    message: textOf(value['message']),
    error: textOf(value['error']),
    observed: mapOf(value['observed']),
    ...(typeof undoAvailable === 'boolean' ? { undoAvailable } : {}),
    ...(isMap(process) ? { process: process as unknown as NonNullable<AttemptEnd['process']> } : {}),
  };
}
