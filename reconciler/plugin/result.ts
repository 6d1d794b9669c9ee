import { listOf } from '../../protocol/pick.js';
import { parseDuration, durationText } from '../../protocol/duration.js';
import { normalize, partDigest } from '../../protocol/part.js';
import type { Lease, MaskDirective, PartContent, PluginEvent } from '../../protocol/part.js';
import { isOperatorOwned } from '../../protocol/plugin.js';
import type { PluginDeclaration } from '../../protocol/plugin.js';
import { isError, pathText, problemOf } from '../../protocol/problem.js';
import type { Issue, Path, Problem, Reason } from '../../protocol/problem.js';
import { apiVersions, isMap, refKey, refOf, refText } from '../../protocol/resource.js';
import type { Resource, Value, ValueMap } from '../../protocol/resource.js';
import { checkActionPlan } from '../../protocol/rules/action-plan.js';
import { checkEnvelope } from '../../protocol/schema/envelope.js';
import { isResource } from '../../protocol/startup.js';
import type { ResourceChecker } from '../../protocol/startup.js';
import { formatTime, parseTime } from '../../protocol/time.js';
import type { Instant } from '../../protocol/time.js';

export interface ResultFacts {
  readonly plugin: PluginDeclaration;
  readonly checker: ResourceChecker;
  /** The ttl of the DynamicConfigSource that binds the plugin, where there is one. */
  readonly sourceTtlMs?: number;
  /** False where no DynamicConfigSource names the plugin: its result is not kept and needs no lease. Default true. */
  readonly bound?: boolean;
  readonly now: Instant;
}

/** What a plugin proposes, checked by itself; whether it comes into force is decided elsewhere. */
export interface Proposal extends PartContent, Lease {
  readonly events: readonly PluginEvent[];
  readonly digest: string;
}

export interface Judgement {
  /** Undefined where an error rejects the result. */
  readonly proposal?: Proposal;
  readonly problems: readonly Problem[];
}

/** Judges a PluginResult by every rule that needs no state. Pure; reports all problems at once. */
export function judgeResult(result: Value, facts: ResultFacts): Judgement {
  const wrong = wrongEnvelope(result, facts.plugin.name);
  if (wrong !== undefined) return { problems: [wrong] };
  const problems: Problem[] = checkEnvelope('PluginResult', result).map(issue => envelopeProblem(issue));
  const status = isMap(result) ? result['status'] : undefined;
  if (!isMap(status)) return { problems };

  const content = contentOf(status);
  const lease = leaseOf(status, facts);
  problems.push(
    ...listOf(status['resources']).flatMap((resource, i) => resourceProblems(resource, i, facts.checker)),
    ...listOf(status['actionPlans']).flatMap(planProblems),
    ...duplicateProblems(content),
    ...capabilityProblems(content, facts.plugin),
    ...lease.problems,
  );
  if (problems.some(isError) || lease.lease === undefined) return { problems };
  const events = listOf(status['events']) as unknown as readonly PluginEvent[];
  return { proposal: { ...content, ...lease.lease, events, digest: partDigest(content) }, problems };
}

/** What the status of a PluginResult proposes, as far as it has the shape to be read. */
export function contentOf(status: ValueMap): PartContent {
  return normalize({
    resources: listOf(status['resources']).filter(isResource),
    directives: listOf(status['directives']).filter(isDirective) as unknown as readonly MaskDirective[],
    actionPlans: listOf(status['actionPlans']).filter(isMap),
  });
}

/** Whether a directive names a target; the envelope check reports those that do not. */
function isDirective(value: Value): boolean {
  const target = isMap(value) ? value['target'] : undefined;
  return isMap(target) && ['apiVersion', 'kind', 'name'].every(key => typeof target[key] === 'string');
}

function wrongEnvelope(result: Value, plugin: string): Problem | undefined {
  const error = (reason: Reason, message: string, hint: string): Problem => ({
    reason,
    severity: 'error',
    message,
    hint,
  });
  if (!isMap(result)) {
    return error('OutputInvalid', 'the output is not a mapping', 'print one PluginResult');
  }
  if (result['apiVersion'] !== apiVersions.plugin || result['kind'] !== 'PluginResult') {
    const hint = `set apiVersion: ${apiVersions.plugin} and kind: PluginResult`;
    return error('WrongKind', 'the output is not a PluginResult of this version', hint);
  }
  const metadata = result['metadata'];
  if (!isMap(metadata) || metadata['name'] !== plugin) {
    const hint = `set metadata.name to ${plugin}, as in the request`;
    return error('WrongPlugin', 'the result carries the name of another plugin, or none', hint);
  }
  if (result['status'] === undefined) {
    return error('StatusMissing', 'the result has no status', 'put the answer under status');
  }
  return undefined;
}

function envelopeProblem(issue: Issue): Problem {
  const reason = issue.reason === 'UnknownResultField' ? issue.reason : 'ResultInvalid';
  return { ...problemOf(issue), reason, field: pathText(issue.path) };
}

function resourceProblems(resource: Value, index: number, checker: ResourceChecker): Problem[] {
  const base: Path = ['status', 'resources', index];
  const ref = isResource(resource) ? { resource: refOf(resource) } : {};
  if (isResource(resource) && isOperatorOwned(refOf(resource))) {
    return [
      {
        reason: 'ForbiddenKind',
        severity: 'error',
        message: `a plugin cannot propose a ${resource.kind}: only the operator grants rights`,
        ...ref,
        field: pathText(base),
      },
    ];
  }
  return checker.checkResource(resource).map(issue => ({
    ...problemOf(issue),
    ...(issue.severity === 'error' ? { reason: 'InvalidResource' as const } : {}),
    message: isResource(resource) ? `${refText(refOf(resource))}: ${issue.message}` : issue.message,
    ...ref,
    field: pathText([...base, ...issue.path]),
  }));
}

function planProblems(plan: Value, index: number): Problem[] {
  return checkActionPlan(plan).map(issue => ({
    ...problemOf(issue),
    reason: issue.reason === 'ExecuteModeForbidden' ? issue.reason : 'InvalidActionPlan',
    field: pathText(['status', 'actionPlans', index, ...issue.path]),
  }));
}

function duplicateProblems(content: PartContent): Problem[] {
  const names = content.actionPlans.map(plan => plan['name']).filter(name => typeof name === 'string');
  return [
    ...repeated(content.resources.map((resource: Resource) => refKey(refOf(resource)))).map(
      key => `the resource ${key}`,
    ),
    ...repeated(content.directives.map(({ target }) => refKey(target))).map(key => `the mask of ${key}`),
    ...repeated(names).map(name => `the action plan ${JSON.stringify(name)}`),
  ].map(what => ({
    reason: 'DuplicateInResult',
    severity: 'error',
    message: `${what} stands twice in the result`,
    hint: 'print it once',
  }));
}

function repeated(keys: readonly string[]): string[] {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const key of keys) (seen.has(key) ? twice : seen).add(key);
  return [...twice];
}

function capabilityProblems(content: PartContent, plugin: PluginDeclaration): Problem[] {
  const problems: Problem[] = [];
  const proposes = content.resources.length > 0 || content.directives.length > 0;
  if (proposes && !plugin.capabilities.includes('propose.dynamicConfig')) {
    problems.push({
      reason: 'CapabilityMissing',
      severity: 'error',
      message:
        'the result holds resources or directives, but the plugin does not declare propose.dynamicConfig',
      hint: 'add the capability to its manifest',
    });
  }
  if (content.actionPlans.length > 0 && !plugin.capabilities.includes('propose.providerAction')) {
    problems.push({
      reason: 'PlanNotImportable',
      severity: 'warning',
      message:
        'the action plans are kept but cannot be imported: the plugin does not declare propose.providerAction',
      hint: 'add the capability to its manifest if the plans are wanted',
    });
  }
  return problems;
}

/** Decision P4: which ttl counts, and what a wrong clock does. The shapes of both fields are the envelope's business. */
function leaseOf(status: ValueMap, facts: ResultFacts): { lease?: Lease; problems: Problem[] } {
  const { now, sourceTtlMs } = facts;
  const { ttl, observedAt: text } = status;
  const asked = typeof ttl === 'string' ? parseDuration(ttl) : undefined;
  let observedAt = text === undefined ? now : typeof text === 'string' ? parseTime(text) : undefined;
  if (observedAt === undefined) return { problems: [] };
  if (ttl !== undefined && (asked === undefined || asked <= 0)) return { problems: [] };
  if (facts.bound === false) return { lease: { observedAt, expiresAt: observedAt }, problems: [] };
  const problems: Problem[] = [];
  const ttlMs = asked ?? sourceTtlMs;
  if (ttlMs === undefined) {
    problems.push({
      reason: 'TtlMissing',
      severity: 'error',
      message: 'neither the result nor a DynamicConfigSource sets a ttl',
      hint: 'set status.ttl',
    });
    return { problems };
  }

  if (observedAt > now) {
    problems.push({
      reason: 'ClockAhead',
      severity: 'warning',
      message: `observedAt is ${durationText(observedAt - now)} ahead of this clock: the present is taken`,
    });
    observedAt = now;
  }
  const capped = Math.round(Math.min(ttlMs, sourceTtlMs ?? ttlMs));
  if (capped < Math.round(ttlMs)) {
    problems.push({
      reason: 'TtlCapped',
      severity: 'warning',
      message: `the ttl of ${durationText(ttlMs)} is longer than its source allows: ${durationText(capped)} is taken`,
    });
  }
  const expiresAt = observedAt + capped;
  if (expiresAt <= now) {
    const message = `the result was observed at ${formatTime(observedAt)}; its lease of ${durationText(capped)} is over`;
    const hint = 'observe again, and check the clock of the plugin';
    problems.push({ reason: 'BornExpired', severity: 'error', message, hint });
    return { problems };
  }
  return { lease: { observedAt, expiresAt }, problems };
}
