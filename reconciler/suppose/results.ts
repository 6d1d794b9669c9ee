import { sha256 } from '../../protocol/digest.js';
import type { Attempt } from '../outcomes.js';
import type { PlannedPlugin } from '../plan-runs.js';
import type { ChildOutcome } from '../plugin/child/request.js';
import { judgeRun } from '../run-plugin.js';
import type { JudgeContext, RunOrder } from '../run-plugin.js';
import type { Suppositions } from './suppositions.js';

/**
 * The plan in which every plugin with a supposed result has just run, whatever it was about to do. One that cannot run,
 * or takes no part in passes, stays what it is: a result of it would not be taken in either.
 */
export function withSupposedRuns(
  plan: readonly PlannedPlugin[],
  suppose: Suppositions | undefined,
): readonly PlannedPlugin[] {
  const results = suppose?.results;
  if (results === undefined) return plan;
  return plan.map(planned => {
    const given = results.get(planned.name);
    if (planned.state !== 'ready' || given === undefined) return planned;
    return { ...planned, due: { due: true, cause: 'manual', why: `its result is that of ${given.file}` } };
  });
}

/** The runs that are supposed to have ended: the output is read, judged and accepted as that of a program is. */
export function supposedAttempts(
  orders: readonly RunOrder[],
  suppose: Suppositions | undefined,
  context: JudgeContext,
): Attempt[] {
  return orders.flatMap((order): Attempt[] => {
    const given = suppose?.results?.get(order.name);
    if (given === undefined) return [];
    const run = { order, startedAt: context.clock(), child: endedWell(given.bytes) };
    const output = { name: given.file, bytes: given.bytes };
    return [{ name: order.name, state: 'finished', run: judgeRun(run, output, context) }];
  });
}

/** How a run ended that nobody has seen. */
export function endedWell(stdout: Uint8Array): ChildOutcome {
  return {
    exitCode: 0,
    signal: null,
    durationMs: 0,
    timedOut: false,
    stdoutDigest: sha256(stdout),
    stderr: '',
    error: null,
  };
}
