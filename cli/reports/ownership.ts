import type { Place, Problem } from '../../protocol/problem.js';
import { refKey, refOf } from '../../protocol/resource.js';
import { statePaths } from '../../reconciler/head.js';
import type { Evidence, Explanation, RuleAccount } from '../../reconciler/ownership/explain.js';
import type { PoolView } from '../../reconciler/ownership/settle.js';
import type { Situation } from '../../reconciler/situation.js';
import type { Document } from '../output/format.js';

/** A file that a rule went by, and where it came from. */
export interface EvidenceItem {
  /** In the state repository. */
  readonly file: string;
  /** The commit that changed it last; null where it is in none yet. */
  readonly commit: string | null;
  /** Where the operator wrote it, where that is known. */
  readonly place?: Place;
}

export interface RuleItem extends Omit<RuleAccount, 'evidence'> {
  readonly evidence: readonly EvidenceItem[];
}

export function ownershipDocument(
  { scope: { pool, self }, ownership }: PoolView,
  findings: readonly Problem[],
): Document {
  const { decisions, conflicts } = ownership;
  return { kind: 'Ownership', pool: pool.name, node: self.nodeRef, decisions, conflicts, findings };
}

export interface AddressFacts {
  readonly explanation: Explanation;
  /** Those about this address. */
  readonly findings: readonly Problem[];
  /** Where the operator wrote the pool. */
  readonly place: Place | undefined;
  /** The commit that changed a file of the state repository last. */
  readonly commitOf: (path: string) => string | undefined;
}

export function addressDocument({ scope: { pool, self } }: PoolView, facts: AddressFacts) {
  const { explanation, findings, place, commitOf } = facts;
  const { decision, rules } = explanation;
  const item = ({ path, startup }: Evidence): EvidenceItem => ({
    file: path,
    commit: commitOf(path) ?? null,
    ...(startup && place !== undefined ? { place } : {}),
  });
  return {
    kind: 'AddressOwnership',
    pool: pool.name,
    node: self.nodeRef,
    address: decision.address,
    decision,
    rules: rules.map((rule): RuleItem => ({ ...rule, evidence: rule.evidence.map(item) })),
    findings,
  } satisfies Document;
}

/** Findings with the places of what they speak about. */
export function placed(findings: readonly Problem[], situation: Situation): Problem[] {
  const places = new Map(situation.places.map(({ resource, place }) => [refKey(resource), place]));
  return findings.map(finding => {
    // What a plugin proposed has no place, and its source says where it came from.
    const own = finding.source === undefined || finding.source === 'startup-config';
    const place = own && finding.resource !== undefined ? places.get(refKey(finding.resource)) : undefined;
    return place === undefined ? finding : { ...finding, place };
  });
}

/** Where the operator wrote a pool. */
export function placeOfPool(pool: string, { startup, places }: Situation): Place | undefined {
  const resource = startup?.resources.find(
    ({ kind, metadata }) => kind === 'MobilityPool' && metadata.name === pool,
  );
  if (resource === undefined) return undefined;
  const key = refKey(refOf(resource));
  return places.find(known => refKey(known.resource) === key)?.place;
}

/** Files of the state repository that an explanation speaks about. */
export function filesOf({ rules }: Explanation): string[] {
  const paths = rules.flatMap(({ evidence }) => evidence.map(({ path }) => path));
  return [...new Set([...paths, statePaths.startup])];
}
