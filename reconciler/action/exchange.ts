import { mapOf, textOf } from '../../protocol/pick.js';
import { redactForPlugin } from '../../protocol/redact.js';
import { apiVersions, isMap } from '../../protocol/resource.js';
import type { Value, ValueMap } from '../../protocol/resource.js';
import { checkEnvelope } from '../../protocol/schema/envelope.js';
import { oneLine } from '../../protocol/text.js';
import { resultOf, revisionOf } from './action.js';
import type { Action, ActionState, AttemptEnd, Direction } from './action.js';
import { effectOf } from './gates.js';

export interface RequestFacts {
  readonly direction: Direction;
  readonly mode: 'dry-run' | 'execute';
  readonly idempotencyKey: string;
  /** What the executor may read of the configuration, redacted. */
  readonly context: readonly Value[];
}

/** The ExecuteActionRequest, as one line of JSON: what the executor finds on stdin. */
export function executeRequest(
  action: Action,
  { direction, mode, idempotencyKey, context }: RequestFacts,
): string {
  const { provider, providerRef, action: verb, target } = effectOf(action, direction);
  const parameters = parametersOf(action, direction);
  const request: Value = {
    apiVersion: apiVersions.providerAction,
    kind: 'ExecuteActionRequest',
    spec: {
      action: verb,
      provider,
      ...(providerRef === '' ? {} : { providerRef }),
      ...(isEmpty(target) ? {} : { target }),
      ...(isEmpty(parameters) ? {} : { parameters }),
      mode,
      idempotencyKey,
      ...(context.length > 0 ? { context: { resources: context } } : {}),
    },
  };
  return `${JSON.stringify(request)}\n`;
}

/** An undo gets the facts that were observed, under the parameters that the plan gives it. */
function parametersOf(action: Action, direction: Direction): ValueMap {
  const { plan } = revisionOf(action);
  if (direction === 'execute') return plan.parameters;
  return { ...resultOf(action, 'execute', 'succeeded')?.observed, ...plan.undo?.parameters };
}

function isEmpty(map: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(map).length === 0;
}

/** What an executor says. `outcome` is undefined where that cannot be told, and `error` says why. */
export interface Answer extends Omit<AttemptEnd, 'direction' | 'process'> {
  readonly outcome: 'succeeded' | 'failed' | 'skipped' | undefined;
}

/** Characters of a message or an error that the journal keeps. */
const textLimit = 2_000;

/** Reads an ExecuteActionResult. Doubt about any of it leaves the outcome unknown. */
export function readAnswer(result: Value, idempotencyKey: string): Answer {
  const wrong = envelopeError(result) ?? keyError(result, idempotencyKey);
  if (wrong !== undefined) return noAnswer(wrong);
  const status = isMap(result) ? mapOf(result['status']) : {};
  const { undoAvailable } = status;
  return {
    outcome: (['succeeded', 'failed', 'skipped'] as const).find(word => word === status['status']),
    message: oneLine(textOf(status['message']), textLimit),
    error: oneLine(textOf(status['error']), textLimit),
    observed: redactForPlugin(status['observed']) ?? {},
    ...(typeof undoAvailable === 'boolean' ? { undoAvailable } : {}),
  };
}

export function noAnswer(error: string): Answer {
  return { outcome: undefined, message: '', error: oneLine(error, textLimit), observed: {} };
}

function envelopeError(result: Value): string | undefined {
  const errors = checkEnvelope('ExecuteActionResult', result).filter(({ severity }) => severity === 'error');
  return errors.length === 0
    ? undefined
    : `the answer is not well formed: ${errors.map(({ message }) => message).join('; ')}`;
}

/** A key that is not repeated is fine; another one means that the answer is about something else. */
function keyError(result: Value, idempotencyKey: string): string | undefined {
  const echoed = isMap(result) ? mapOf(result['status'])['idempotencyKey'] : undefined;
  return echoed === undefined || echoed === idempotencyKey
    ? undefined
    : 'the answer carries the idempotencyKey of another request';
}

/** The state to which an answer leads. A failed or skipped undo leaves the action done. */
export function stateAfter(direction: Direction, outcome: Answer['outcome']): ActionState {
  if (outcome === undefined) return 'unknown';
  if (direction === 'execute') return outcome;
  return outcome === 'succeeded' ? 'rolledBack' : 'succeeded';
}
