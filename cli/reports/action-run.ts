import type { Value } from '../../protocol/resource.js';
import { unreachable } from '../../protocol/result.js';
import { stateOf } from '../../reconciler/action/action.js';
import type { Action, ActionState, Direction } from '../../reconciler/action/action.js';
import type { Answer } from '../../reconciler/action/exchange.js';
import type { ExecuteOutcome } from '../../reconciler/action/execute.js';
import type { Gate } from '../../reconciler/action/gates.js';
import type { DryRun } from '../../reconciler/action/look.js';

/**
 * What became of one action in `execute` or `rollback`. `ready`: of a dry-run, it would be started. `done`: it had succeeded
 * before, nothing was started. `refused`: a gate is closed. `running`: another process is at it. The others are what its
 * executor said; `unknown` where that cannot be told.
 */
export type RunOutcome =
  'ready' | 'done' | 'succeeded' | 'failed' | 'skipped' | 'unknown' | 'refused' | 'running' | 'missing';

export interface RunItem {
  readonly id: string;
  readonly outcome: RunOutcome;
  /** State of the action now; null where there is none. */
  readonly status: ActionState | null;
  readonly message: string;
  /** Of a dry-run, and of a refusal. */
  readonly gates?: readonly Gate[];
  /** Of an executor that was asked; `outcome` is null where it cannot be told. */
  readonly answer?: AnswerItem;
}

export interface AnswerItem {
  readonly outcome: 'succeeded' | 'failed' | 'skipped' | null;
  readonly message: string;
  readonly error: string;
  readonly observed: Value;
}

export function executedItem(id: string, outcome: ExecuteOutcome): RunItem {
  switch (outcome.kind) {
    case 'noSuchAction':
      return { id, outcome: 'missing', status: null, message: outcome.message };
    case 'running':
      return { id, outcome: 'running', status: null, message: outcome.message };
    case 'done':
      return doneItem(outcome.action);
    case 'refused':
      return refusedItem(outcome.action, outcome.gates);
    case 'ended': {
      const { action, answer } = outcome;
      return {
        id,
        outcome: answer.outcome ?? 'unknown',
        status: stateOf(action),
        message: answer.error === '' ? answer.message : answer.error,
        answer: answerItem(answer),
      };
    }
    default:
      return unreachable(outcome);
  }
}

export function doneItem(action: Action): RunItem {
  const status = stateOf(action);
  const message = status === 'rolledBack' ? 'it was rolled back already' : 'it has succeeded already';
  return { id: action.id, outcome: 'done', status, message };
}

/** A dry-run is good where every gate is open and the executor says that it would succeed, or that it skips for now. */
export function dryRunItem({ action, gates, answer }: DryRun): RunItem {
  const item = {
    ...refusedItem(action, gates),
    ...(answer === undefined ? {} : { answer: answerItem(answer) }),
  };
  if (answer !== undefined && (answer.outcome === undefined || answer.outcome === 'failed')) {
    const message = answer.error === '' ? answer.message : answer.error;
    return { ...item, outcome: answer.outcome ?? 'unknown', message };
  }
  if (gates.some(({ open }) => !open)) return item;
  return { ...item, outcome: 'ready', message: answer?.message ?? '' };
}

function refusedItem(action: Action, gates: readonly Gate[]): RunItem {
  const closed = gates.filter(({ open }) => !open);
  const message = closed.map(gate => gate.message).join('; ');
  return { id: action.id, outcome: 'refused', status: stateOf(action), message, gates };
}

function answerItem({ outcome, message, error, observed }: Answer): AnswerItem {
  return { outcome: outcome ?? null, message, error, observed };
}

export interface RunDocument {
  readonly kind: 'ActionRun';
  readonly direction: Direction;
  readonly dryRun: boolean;
  readonly items: readonly RunItem[];
  readonly [field: string]: unknown;
}

const exitCodes: Readonly<Record<RunOutcome, 0 | 1 | 2>> = {
  ready: 0,
  done: 0,
  succeeded: 0,
  refused: 2,
  skipped: 2,
  running: 2,
  failed: 1,
  unknown: 1,
  missing: 1,
};

/** 1 where one failed, is unknown or is not there, else 2 where one was refused, skipped or is running, else 0. */
export function runExitCode(items: readonly RunItem[]): number {
  const codes = items.map(({ outcome }) => exitCodes[outcome]);
  return [1, 2].find(code => codes.some(found => found === code)) ?? 0;
}
