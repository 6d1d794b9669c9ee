import { oncePer } from '../../protocol/once-per.js';
import { encodePart, partId } from '../../protocol/part.js';
import type { Part } from '../../protocol/part.js';
import type { Problem } from '../../protocol/problem.js';
import { refKey } from '../../protocol/resource.js';
import type { ResourceRef, Router, Value } from '../../protocol/resource.js';
import { routerValue } from '../../protocol/startup.js';
import type { Instant } from '../../protocol/time.js';
import { printYaml } from '../../render/canonical-yaml.js';
import { changesBetween } from '../../render/changes.js';
import type { Change, Snapshot } from '../../render/changes.js';
import { commitMessage } from '../../render/commit-message.js';
import type { Cause } from '../../render/commit-message.js';
import { encodeGeneration } from '../../render/generation-record.js';
import { merge } from '../../render/merge.js';
import type { MergeOutcome } from '../../render/merge.js';
import { hashOfRouter, routerBytes } from '../../render/router-yaml.js';
import { authorOf, causesOf } from './causes.js';
import { numbersOf, statePaths } from '../head.js';
import type { Head } from '../head.js';
import type { LeaseRecord } from '../records/leases.js';
import { controlCauses, controlChanges, controlOf, nextControl } from '../control/control.js';
import type { Control, ControlFacts } from '../control/control.js';
import type { StartupOrder } from '../control/order.js';
import { beginConfirmation } from '../control/confirmation.js';
import type { ConfirmOrder } from '../control/confirmation.js';
import type { Held } from '../control/held.js';
import type { Promotion } from '../control/promotion.js';
import { unboundReason } from '../situation.js';
import type { Situation } from '../situation.js';
import { contentFiles, onlyControl, partPath, sameBytes, sameContent } from './content.js';
import { endedParts, endingNote, nextParts, takeProposals } from './parts.js';
import type { EndedPart, ProposalOutcome, RunProposal } from './parts.js';
import { validator } from './validator.js';

export interface SettleInput {
  readonly situation: Situation & { readonly startup: Router };
  readonly head: Head;
  readonly proposals: readonly RunProposal[];
  readonly lineage: string;
  readonly engineVersion: string;
  /** Name of whoever asked for the pass. */
  readonly operator: string;
  /** What `situation` was made for. */
  readonly order?: StartupOrder | undefined;
  /** Candidates that go beyond the guard; they are not among the proposals, nor in the situation. */
  readonly held?: readonly Held[];
  /** Sources whose candidate has lost its ref: there is nothing left to promote. */
  readonly lost?: ReadonlySet<string>;
  /** A digest that somebody promotes, and why. */
  readonly promotion?: Promotion | undefined;
  /** Where an edit has to be confirmed. */
  readonly confirm?: ConfirmOrder | undefined;
}

/** A commit to be made: the whole tree, and what to say about it. */
export interface CommitPlan {
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** The data of the documents among them that were printed for this commit, by path. */
  readonly documents: ReadonlyMap<string, Value>;
  readonly message: string;
  readonly author: string;
  readonly causes: readonly Cause[];
}

/** What a pass comes to. Everything that is committed, stored, printed or reported about it derives from this. */
export interface Settlement {
  readonly outcomes: ReadonlyMap<string, ProposalOutcome>;
  readonly generation: { readonly current: number; readonly next: number };
  readonly startupConfigHash: string;
  readonly effectiveConfigHash: { readonly current: string | undefined; readonly next: string };
  readonly merged: MergeOutcome;
  /** What is in force. Reads on the first call. */
  readonly before: () => Snapshot;
  readonly changes: readonly Change[];
  readonly findings: readonly Problem[];
  /** Parts of HEAD that no longer count. */
  readonly ended: readonly EndedPart[];
  readonly leases: readonly LeaseRecord[];
  /** The data of startup-config and effective-config, by path. */
  readonly routers: ReadonlyMap<string, Value>;
  /** Whether a lease differs from the one in force before: `run/leases.yaml` has to be written. */
  readonly renewed: boolean;
  /** What steers the passes after this one. */
  readonly control: Control;
  /** Undefined where nothing changed in meaning. */
  readonly commit: CommitPlan | undefined;
}

/** Decides a whole pass: which parts count, what they make, and whether that is a commit. Pure. */
export function settle(input: SettleInput, now: Instant): Settlement {
  const { situation, head } = input;
  const ended = endedParts(head.parts, situation, now);
  const taken = takeProposals(input, now);
  const parts = nextParts(head.parts, ended, taken.parts);
  const placeOf = (ref: ResourceRef) => placesByRef(situation.places).get(refKey(ref));
  const merged = merge(
    { startup: situation.startup, parts, placeOf, validate: validator(situation, situation.startup) },
    now,
  );

  const startupBytes = routerBytes(situation.startup);
  const effectiveBytes = routerBytes(merged.effective);
  const sameEffective = sameBytes(head.files.get(statePaths.effective), effectiveBytes);
  const numbers = numbersOf(head);
  const next = sameEffective ? head.generation : numbers.generation + 1;
  const generation = { current: head.generation, next };
  const endings = new Map(ended.map(({ part, why }) => [partId(part), why]));
  for (const { part, status } of merged.parts)
    if (status === 'setAside') endings.set(partId(part), 'it is set aside');
  const changes = sameEffective ? [] : changesBetween(head.snapshot(), merged, endings);

  const hashes = {
    startupConfigHash: hashOfRouter(situation.startup),
    effectiveConfigHash: hashOfRouter(merged.effective),
  };
  const steering = controlOf(head);
  const facts: ControlFacts = {
    now,
    input: situation.input ?? (() => undefined),
    inForce: hashes.startupConfigHash,
    held: input.held ?? [],
    lost: input.lost ?? new Set(),
    admitted: new Set(taken.parts.keys()),
    isBound: source => unboundReason(source, situation) === undefined,
    begun:
      input.order === undefined &&
      input.confirm !== undefined &&
      hashes.startupConfigHash !== head.record?.startupConfigHash
        ? beginConfirmation(input.confirm, {
            head,
            generation: next,
            digest: hashes.startupConfigHash,
            by: input.operator,
            now,
          })
        : undefined,
  };
  const own = nextControl(steering, facts);
  const control = input.order?.control(own, facts) ?? own;
  const routers = new Map<string, Value>([
    [statePaths.startup, routerValue(situation.startup)],
    [statePaths.effective, routerValue(merged.effective)],
  ]);
  const content = contentFiles({
    head,
    situation,
    parts,
    accepted: taken.accepted,
    startupBytes,
    effectiveBytes,
    control: controlChanges(steering, control),
  });
  const leases = parts.map(({ source, generation, observedAt, expiresAt }) => ({
    source,
    generation,
    observedAt,
    expiresAt,
  }));
  return {
    outcomes: taken.outcomes,
    generation,
    startupConfigHash: hashes.startupConfigHash,
    effectiveConfigHash: {
      current: head.record?.effectiveConfigHash,
      next: hashes.effectiveConfigHash,
    },
    merged,
    before: head.snapshot,
    changes,
    findings: [...ended.map(endingNote), ...merged.findings],
    ended,
    leases,
    routers,
    renewed: [...taken.outcomes.values()].some(({ outcome }) => outcome === 'renewed'),
    control,
    commit: sameContent(head.files, content) ? undefined : planCommit(),
  };

  function planCommit(): CommitPlan {
    const { order } = input;
    const causes = causesOf({
      head,
      situation,
      startupBytes,
      ended,
      accepted: taken.accepted,
      content,
      ordered: order?.cause,
      promoted: input.promotion?.digest,
      control: controlCauses(steering, own),
    });
    const touched = [...ended.map(({ part }) => part), ...taken.accepted.map(({ part }) => part)];
    const message = commitMessage({
      ...(sameEffective ? {} : { generation: generation.next }),
      causes,
      changes,
      controlOnly: onlyControl(head.files, content),
      why: order?.message ?? input.promotion?.why ?? '',
      ...hashes,
      parts: touched.map(part => ({ id: partId(part), digest: part.digest })),
    });
    const record = encodeGeneration({
      lineage: input.lineage,
      generation: generation.next,
      mergedAt: now,
      engineVersion: input.engineVersion,
      ...hashes,
      parts: merged.parts.map(({ part, status }) => ({ ...part, status })),
      lastPartNumbers: { ...numbers.parts, ...partNumbers(parts) },
      origins: merged.origins,
      places: situation.places,
      suppressed: merged.suppressed,
      findings: merged.findings,
    });
    return {
      files: new Map([...content, [statePaths.generation, Buffer.from(printYaml(record))]]),
      documents: new Map([
        ...routers,
        [statePaths.generation, record],
        ...taken.accepted.map(({ part }) => [partPath(part.source), encodePart(part)] as const),
      ]),
      message,
      author: order?.author ?? authorOf(causes, input.operator),
      causes,
    };
  }
}

const placesByRef = oncePer(
  (places: Situation['places']) => new Map(places.map(({ resource, place }) => [refKey(resource), place])),
);

function partNumbers(parts: readonly Part[]): Record<string, number> {
  return Object.fromEntries(parts.map(({ source, generation }) => [source, generation]));
}
