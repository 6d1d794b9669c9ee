import { oncePer } from '../protocol/once-per.js';
import { byCodePoint } from '../protocol/order.js';
import { isExpired, partFileName, partId } from '../protocol/part.js';
import type { Part } from '../protocol/part.js';
import { decodeMaskPermissions, isOperatorOwned, isOverridePolicy } from '../protocol/plugin.js';
import type { MaskPermission } from '../protocol/plugin.js';
import type { Place, Problem } from '../protocol/problem.js';
import { refKey, refOf, refText } from '../protocol/resource.js';
import type { Resource, ResourceRef, Router } from '../protocol/resource.js';
import type { Instant } from '../protocol/time.js';
import { compose } from './compose.js';

export interface MergeInput {
  /** The startup-config. Its own validity is decided before: an invalid one has no candidate. */
  readonly startup: Router;
  /** At most one part a source counts, the newest; the leases are those in force. */
  readonly parts: readonly Part[];
  /** Where a startup resource stands, for findings. */
  readonly placeOf?: (ref: ResourceRef) => Place | undefined;
  /** What is wrong with a candidate to which `added` came, empty when nothing is. */
  readonly validate: (candidate: Candidate) => readonly Problem[];
}

/** A configuration that is being tried: the effective resources so far, and which of them a part has just added. */
export interface Candidate {
  readonly router: () => Router;
  readonly added: readonly Resource[];
}

/** Where a resource in force comes from: `startup-config`, or the part `Plugin/x#12`. */
export interface Origin {
  readonly resource: ResourceRef;
  readonly source: string;
}

/** A startup resource that is masked: by whom, and until when at the latest. */
export interface Suppression {
  readonly resource: ResourceRef;
  readonly maskedBy: readonly string[];
  readonly maskedUntil: Instant;
  readonly reasons: readonly string[];
}

export type PartStatus = 'active' | 'expired' | 'setAside';

export interface PartAccount {
  readonly part: Part;
  readonly status: PartStatus;
}

/** The product of a merge and the account of how it came about. */
export interface MergeOutcome {
  readonly effective: Router;
  readonly origins: readonly Origin[];
  readonly suppressed: readonly Suppression[];
  readonly parts: readonly PartAccount[];
  readonly findings: readonly Problem[];
}

export const startupSource = 'startup-config';

/**
 * effective = startup, less what live parts mask, plus what live parts add. Pure and total: the same input gives the
 * same outcome, whatever the order of `parts`, and nothing that a part holds can make it fail.
 */
export function merge(input: MergeInput, now: Instant): MergeOutcome {
  const rules = rulesOf(input.startup);
  const findings: Problem[] = [];
  const accounts: PartAccount[] = [];
  const admitted: Part[] = [];
  const ownerOf = new Map<string, Part>();

  for (const part of newestOfEachSource(input.parts)) {
    if (isExpired(part, now)) {
      accounts.push({ part, status: 'expired' });
      continue;
    }
    const clashes = conflicts(part, { rules, ownerOf, placeOf: input.placeOf });
    const objections = clashes.length > 0 ? clashes : tryPart(input, rules, [...admitted, part]);
    findings.push(...objections);
    accounts.push({ part, status: objections.length > 0 ? 'setAside' : 'active' });
    if (objections.length > 0) continue;
    admitted.push(part);
    for (const resource of part.resources) ownerOf.set(refKey(refOf(resource)), part);
  }

  const partOf = new Map(admitted.flatMap(part => part.resources.map(resource => [resource, part] as const)));
  const masks = resolveMasks(admitted, rules);
  const effective = compose(input.startup, admitted, masks.suppressed);
  return {
    effective,
    origins: effective.resources.map(resource => {
      const part = partOf.get(resource);
      return part === undefined
        ? startupOrigin(resource)
        : { resource: refOf(resource), source: partId(part) };
    }),
    suppressed: [...masks.suppressed.values()],
    parts: accounts,
    findings: [...findings, ...masks.findings],
  };
}

/** What the startup-config decides about parts: which identities it holds, and who may mask what. */
interface StartupRules {
  readonly identities: ReadonlySet<string>;
  readonly permissions: readonly MaskPermission[];
}

const rulesOf = oncePer((startup: Router): StartupRules => ({
  identities: new Set(startup.resources.map(resource => refKey(refOf(resource)))),
  permissions: startup.resources.filter(isOverridePolicy).flatMap(decodeMaskPermissions),
}));

/** In byte order of source, which is also the order of admission. */
function newestOfEachSource(parts: readonly Part[]): Part[] {
  const newest = new Map<string, Part>();
  for (const part of parts) {
    const other = newest.get(part.source);
    if (other === undefined || other.generation < part.generation) newest.set(part.source, part);
  }
  return [...newest.values()].sort((a, b) => byCodePoint(a.source, b.source));
}

interface ConflictFacts {
  readonly rules: StartupRules;
  /** By identity, the part that has admitted a resource. */
  readonly ownerOf: ReadonlyMap<string, Part>;
  readonly placeOf: MergeInput['placeOf'];
}

function conflicts(part: Part, { rules, ownerOf, placeOf }: ConflictFacts): Problem[] {
  const found: Problem[] = [];
  for (const resource of part.resources) {
    const ref = refOf(resource);
    const key = refKey(ref);
    const other = ownerOf.get(key);
    const inStartup = rules.identities.has(key);
    if (!inStartup && other === undefined) continue;
    const owner = other === undefined ? 'the startup-config' : partId(other);
    const place = other === undefined ? placeOf?.(ref) : partPlace(other);
    found.push({
      reason: 'ResourceConflict',
      severity: 'warning',
      message: `the part is set aside: its ${refText(ref)} is already there from ${owner}`,
      hint: inStartup
        ? 'remove it from the startup-config, or let the plugin use another name'
        : 'let one of the two plugins use another name',
      place: partPlace(part),
      ...(place === undefined ? {} : { related: [{ message: `in ${owner}`, place }] }),
      source: partId(part),
      resource: ref,
    });
  }
  return found;
}

/** The file of a part in the state repository. */
function partPlace(part: Part): Place {
  return { file: `parts/${partFileName(part.source)}` };
}

/** What would be wrong if the last of `parts` were admitted too. */
function tryPart(input: MergeInput, rules: StartupRules, parts: readonly Part[]): Problem[] {
  const part = parts.at(-1);
  if (part === undefined) return [];
  const router = () => compose(input.startup, parts, resolveMasks(parts, rules).suppressed);
  return input.validate({ router, added: part.resources }).map(problem => ({
    ...problem,
    reason: 'PartInvalid',
    severity: 'warning',
    message: `the part is set aside: ${problem.message}`,
    source: partId(part),
  }));
}

interface Masks {
  readonly suppressed: ReadonlyMap<string, Suppression>;
  readonly findings: readonly Problem[];
}

function resolveMasks(parts: readonly Part[], rules: StartupRules): Masks {
  const suppressed = new Map<string, Suppression>();
  const findings: Problem[] = [];
  for (const part of parts) {
    for (const { target, reason } of part.directives) {
      const key = refKey(target);
      const refusal = refuseMask(part, target, rules);
      if (refusal !== undefined) {
        findings.push(refusal);
        continue;
      }
      const before = suppressed.get(key);
      suppressed.set(key, {
        resource: target,
        maskedBy: [...(before?.maskedBy ?? []), partId(part)],
        maskedUntil: Math.max(before?.maskedUntil ?? part.expiresAt, part.expiresAt),
        reasons: [...(before?.reasons ?? []), ...(reason === undefined || reason === '' ? [] : [reason])],
      });
    }
  }
  return { suppressed, findings };
}

function refuseMask(part: Part, target: ResourceRef, rules: StartupRules): Problem | undefined {
  const finding = { severity: 'warning', source: partId(part), resource: target } as const;
  if (isOperatorOwned(target)) {
    return {
      ...finding,
      reason: 'MaskNotAllowed',
      message: `the mask of ${refText(target)} is ignored: no plugin may mask a ${target.kind}`,
    };
  }
  const allowed = rules.permissions.some(
    ({ source, targets }) =>
      source === part.source && targets.some(permitted => refKey(permitted) === refKey(target)),
  );
  if (!allowed) {
    return {
      ...finding,
      reason: 'MaskNotAllowed',
      message: `the mask of ${refText(target)} is ignored: no DynamicOverridePolicy allows it`,
      hint: `allow source ${part.source} to mask that target in a DynamicOverridePolicy`,
    };
  }
  if (rules.identities.has(refKey(target))) return undefined;
  return {
    ...finding,
    reason: 'MaskTargetMissing',
    message: `the mask of ${refText(target)} is ignored: the startup-config does not hold it`,
  };
}

const startupOrigin = oncePer((resource: Resource): Origin => ({
  resource: refOf(resource),
  source: startupSource,
}));
