import { changesBetween, emptySnapshot } from '../../render/changes.js';
import type { Change, Snapshot } from '../../render/changes.js';
import type { Verdict } from '../../reconciler/bisect/search.js';
import { generationOf } from '../../reconciler/generations.js';
import { statePaths } from '../../reconciler/head.js';
import type { CommitRecord } from '../../state/git/log.js';
import type { Document } from '../output/format.js';
import { commitOf } from './explanation.js';
import type { CommitItem } from './explanation.js';
import { routerDiff } from './plan.js';

export interface BisectionCheck {
  readonly generation: number;
  readonly verdict: Verdict;
}

/** What a bisection found: the first bad generation, its cause and its diff. */
export interface BisectionDocument extends Document {
  readonly kind: 'Bisection';
  readonly found: boolean;
  readonly good: number;
  readonly bad: number;
  readonly checks: readonly BisectionCheck[];
  /** Numbers among which the first bad one is: one, or several where checks were skipped. */
  readonly candidates: readonly number[];
  /** The commit of the first bad one, null where it was not found. */
  readonly first: CommitItem | null;
  readonly changes: readonly Change[];
  /** Unified diff of the effective-config against the generation before. */
  readonly diff: string;
}

export interface BisectionFacts {
  readonly good: number;
  readonly bad: number;
  readonly checks: readonly BisectionCheck[];
  readonly candidates: readonly number[];
  readonly first: CommitRecord | undefined;
  readonly before: Snapshot | undefined;
  readonly after: Snapshot | undefined;
  readonly showSecrets: boolean;
}

export function bisectionDocument(facts: BisectionFacts): BisectionDocument {
  const { good, bad, checks, candidates, first, showSecrets } = facts;
  const { before = emptySnapshot, after = emptySnapshot } = facts;
  const number = first === undefined ? undefined : generationOf(first);
  const side = (label: string, { effective }: Snapshot) => ({
    label: `${statePaths.effective}\t${label}`,
    router: effective,
  });
  return {
    kind: 'Bisection',
    found: first !== undefined,
    good,
    bad,
    checks,
    candidates,
    first: first === undefined ? null : commitOf(first),
    changes: first === undefined ? [] : changesBetween(before, after),
    diff:
      number === undefined
        ? ''
        : routerDiff(side('before', before), side(`generation ${number}`, after), showSecrets),
  };
}
