import type { BusEvent } from '../protocol/event.js';
import { sourceOf } from '../protocol/plugin.js';
import type { Problem } from '../protocol/problem.js';
import type { Value } from '../protocol/resource.js';
import type { ResourceChecker } from '../protocol/startup.js';
import type { Instant } from '../protocol/time.js';
import type { DueCause } from './due.js';
import type { RunnablePlugin } from './inputs.js';
import type { ChildOutcome } from './plugin/child/request.js';
import { runChild } from './plugin/child/run-child.js';
import { readOutput } from './plugin/output.js';
import { pluginRequest } from './plugin/request.js';
import { judgeResult } from './plugin/result.js';
import type { Proposal } from './plugin/result.js';

export interface RunOrder {
  readonly name: string;
  readonly plugin: RunnablePlugin;
  readonly cause: DueCause;
  readonly inputDigest: string;
  readonly startupConfigHash: string;
  readonly effectiveGeneration: number;
  readonly previousDynamicGeneration: number;
  /** What it carries when events are the cause. */
  readonly events: readonly BusEvent[];
}

export interface RunContext {
  readonly checker: ResourceChecker;
  readonly clock: () => Instant;
  /** PATH for the plugin. */
  readonly searchPath: string;
  readonly signal?: AbortSignal | undefined;
}

/** A run that has ended: how the process went, and what its result comes to. */
export interface FinishedRun {
  readonly order: RunOrder;
  readonly startedAt: Instant;
  readonly child: ChildOutcome;
  readonly proposal?: Proposal;
  readonly problems: readonly Problem[];
  /** What it was sent, as one line of JSON; undefined for a run that is only supposed. */
  readonly request?: string;
  /** What it printed, where that is wanted for a replay. */
  readonly result?: Value;
}

/** Runs a plugin once and judges its answer. Never rejects for anything that the plugin does. */
export async function runPlugin(order: RunOrder, context: RunContext): Promise<FinishedRun> {
  const { declaration, executable } = order.plugin;
  const startedAt = context.clock();
  const request = pluginRequest({
    plugin: order.name,
    cause: order.cause,
    startupConfigHash: order.startupConfigHash,
    effectiveGeneration: order.effectiveGeneration,
    previousDynamicGeneration: order.previousDynamicGeneration,
    now: startedAt,
    context: order.plugin.context,
    events: order.events,
  });
  const { outcome, stdout } = await runChild({
    executable: executable.realPath,
    env: declaration.env,
    input: request,
    timeoutMs: declaration.timeoutMs,
    path: context.searchPath,
    signal: context.signal,
  });
  const run = { order, startedAt, child: outcome, request };
  if (outcome.error !== null) {
    const { reason, message } = outcome.error;
    return { ...run, problems: [{ reason, severity: 'error', message, source: sourceOf(order.name) }] };
  }
  return judgeRun(run, { name: `${sourceOf(order.name)} stdout`, bytes: stdout }, context);
}

export type JudgeContext = Pick<RunContext, 'checker' | 'clock'>;

/** What a program printed, and what that is called in the places of problems. */
export interface RunOutput {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Judges the answer of a run that ended well. */
export function judgeRun(
  run: Omit<FinishedRun, 'proposal' | 'problems' | 'result'>,
  printed: RunOutput,
  { checker, clock }: JudgeContext,
): FinishedRun {
  const { name, plugin } = run.order;
  const source = sourceOf(name);
  const output = readOutput(printed.name, printed.bytes);
  if (!output.ok) return { ...run, problems: output.failure.map(problem => ({ ...problem, source })) };
  const ttlMs = plugin.binding?.source.ttlMs;
  const judgement = judgeResult(output.value, {
    plugin: plugin.declaration,
    checker,
    ...(ttlMs === undefined ? {} : { sourceTtlMs: ttlMs }),
    bound: plugin.binding !== undefined,
    now: clock(),
  });
  const problems = judgement.problems.map(problem => ({ ...problem, source }));
  return judgement.proposal === undefined
    ? { ...run, problems }
    : {
        ...run,
        problems,
        proposal: judgement.proposal,
        ...(plugin.declaration.record === true ? { result: output.value } : {}),
      };
}
