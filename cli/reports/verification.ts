import type { Problem } from '../../protocol/problem.js';
import { formatTime } from '../../protocol/time.js';
import { readRouter, statePaths } from '../../reconciler/head.js';
import type { Difference, Verification } from '../../reconciler/verify/verify-history.js';
import type { Document } from '../output/format.js';
import { routerDiff } from './plan.js';

/** What `verify` found; text, JSON and exit code come from this. */
export interface VerificationDocument extends Document {
  readonly kind: 'Verification';
  readonly good: boolean;
  /** Numbers of the first and the last generation of the range. */
  readonly from: number;
  readonly to: number;
  /** How many generations were looked at, and how many commits with those between them. */
  readonly generations: number;
  readonly commits: number;
  /** The first commit that differs, null for none. */
  readonly first: DifferenceItem | null;
}

export interface DifferenceItem {
  readonly generation: number;
  readonly commit: string;
  readonly time: string;
  readonly author: string;
  readonly problems: readonly Problem[];
  /** Unified diff from what the files merge to, to what effective-config.yaml is; '' where that is the same. */
  readonly diff: string;
}

export function verificationDocument(verification: Verification, showSecrets: boolean): VerificationDocument {
  const { from, to, generations, commits, first } = verification;
  return {
    kind: 'Verification',
    good: first === undefined,
    from,
    to,
    generations,
    commits,
    first: first === undefined ? null : differenceItem(first, showSecrets),
  };
}

function differenceItem(difference: Difference, showSecrets: boolean): DifferenceItem {
  const { commit, generation, problems, effective } = difference;
  return {
    generation,
    commit: commit.commit,
    time: formatTime(commit.at),
    author: commit.author.name,
    problems,
    diff: effective === undefined ? '' : effectiveDiff(effective, showSecrets),
  };
}

/** Resource by resource, so that secrets are blanked; '' where the two differ in nothing but layout, or in a secret. */
function effectiveDiff({ is, merged }: NonNullable<Difference['effective']>, showSecrets: boolean): string {
  const side = (label: string, text: string) => ({
    label: `${statePaths.effective}\t${label}`,
    router: readRouter(statePaths.effective, text) ?? { name: '', resources: [] },
  });
  return routerDiff(side('as its files merge to', merged), side('as it is', is), showSecrets);
}
