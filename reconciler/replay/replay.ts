import type { PartContent } from '../../protocol/part.js';
import type { PluginDeclaration, SourceBinding } from '../../protocol/plugin.js';
import { sourceOf } from '../../protocol/plugin.js';
import type { Problem } from '../../protocol/problem.js';
import { isMap } from '../../protocol/resource.js';
import type { Value } from '../../protocol/resource.js';
import type { ResourceChecker } from '../../protocol/startup.js';
import type { ChildOutcome } from '../plugin/child/request.js';
import { runChild } from '../plugin/child/run-child.js';
import { readOutput } from '../plugin/output.js';
import { contentOf, judgeResult } from '../plugin/result.js';
import type { Exchange } from './exchange.js';

/** With what the requests are put again. */
export interface ReplayContext {
  readonly plugin: PluginDeclaration;
  readonly binding?: SourceBinding | undefined;
  readonly executable: { readonly realPath: string };
  readonly checker: ResourceChecker;
  /** PATH for the program. */
  readonly searchPath: string;
  readonly signal?: AbortSignal | undefined;
}

/** What a program answered to a request that was put again. */
export interface Replayed {
  readonly exchange: Exchange;
  /** `rejected`: its answer would not be taken in; `failed`: it gave none; `notStarted`: it could not be started. */
  readonly outcome: 'same' | 'different' | 'rejected' | 'failed' | 'notStarted';
  readonly child: ChildOutcome;
  readonly digest?: string;
  /** What it proposes. */
  readonly content?: PartContent;
  readonly problems: readonly Problem[];
}

/**
 * Puts a kept request to a program, in the environment and within the deadline of the plugin, and judges the answer as
 * one that comes to be accepted, at the time of the request: neither the clock of today nor the lease makes a difference.
 */
export async function replay(exchange: Exchange, context: ReplayContext): Promise<Replayed> {
  const { plugin, binding, executable, checker, searchPath, signal } = context;
  const source = sourceOf(plugin.name);
  const { outcome: child, stdout } = await runChild({
    executable: executable.realPath,
    env: plugin.env,
    input: `${JSON.stringify(exchange.request)}\n`,
    timeoutMs: plugin.timeoutMs,
    path: searchPath,
    signal,
  });
  const run = { exchange, child };
  if (child.error !== null) {
    const { reason, message } = child.error;
    const problems: Problem[] = [{ reason, severity: 'error', message, source }];
    return { ...run, outcome: reason === 'PluginNotStarted' ? 'notStarted' : 'failed', problems };
  }
  const output = readOutput(`${source} stdout`, stdout);
  if (!output.ok)
    return { ...run, outcome: 'rejected', problems: output.failure.map(entry => ({ ...entry, source })) };
  const ttlMs = binding?.ttlMs;
  const judgement = judgeResult(output.value, {
    plugin,
    checker,
    ...(ttlMs === undefined ? {} : { sourceTtlMs: ttlMs }),
    bound: binding !== undefined,
    now: exchange.startedAt,
  });
  const { proposal } = judgement;
  // That an answer of today speaks of a time after the request is what replaying means.
  const problems = judgement.problems
    .filter(({ reason }) => reason !== 'ClockAhead')
    .map(problem => ({ ...problem, source }));
  if (proposal === undefined) return { ...run, outcome: 'rejected', problems };
  const { resources, directives, actionPlans, digest } = proposal;
  return {
    ...run,
    outcome: digest === exchange.resultDigest ? 'same' : 'different',
    digest,
    content: { resources, directives, actionPlans },
    problems,
  };
}

/** What a recorded result proposed; undefined where it was not recorded. */
export function recordedContent({ result }: Exchange): PartContent | undefined {
  const status: Value | undefined = isMap(result) ? result['status'] : undefined;
  return isMap(status) ? contentOf(status) : undefined;
}
