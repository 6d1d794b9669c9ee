import { partId } from '../../protocol/part.js';
import type { Part } from '../../protocol/part.js';
import type { Problem } from '../../protocol/problem.js';
import type { Router } from '../../protocol/resource.js';
import type { GenerationRecord } from '../../render/generation-record.js';
import { merge } from '../../render/merge.js';
import type { MergeOutcome } from '../../render/merge.js';

export interface ReplayInput {
  readonly startup: Router;
  /** The parts of the commit's files. */
  readonly parts: readonly Part[];
  /** What the commit's generation.yaml says. */
  readonly record: GenerationRecord;
}

/**
 * Merges a commit's own files again, at its own time and under the leases that it used. Whether a part validates may
 * have hung on a schema of the config directory, which is in no commit: that verdict is taken from the findings of
 * the account (`PartInvalid`). Conflicts, masks, leases and order are decided anew. Pure.
 */
export function replay({ startup, parts, record }: ReplayInput): MergeOutcome {
  const leases = new Map(record.parts.map(part => [partId(part), part]));
  const under = parts.map((part): Part => {
    const { observedAt, expiresAt } = leases.get(partId(part)) ?? part;
    return { ...part, observedAt, expiresAt };
  });
  const verdicts = new Map<Part['resources'], readonly Problem[]>(
    under.map(part => [part.resources, record.findings.filter(finding => refuses(finding, part))]),
  );
  const placeOf = new Map(record.places.map(({ resource, place }) => [JSON.stringify(resource), place]));
  return merge(
    {
      startup,
      parts: under,
      placeOf: ref => placeOf.get(JSON.stringify(ref)),
      validate: ({ added }) => verdicts.get(added) ?? [],
    },
    record.mergedAt,
  );
}

function refuses({ reason, source }: Problem, part: Part): boolean {
  return reason === 'PartInvalid' && source === partId(part);
}
