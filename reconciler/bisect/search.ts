/** What a check says about one generation; `skip` where it cannot tell. */
export type Verdict = 'good' | 'bad' | 'skip';

/** Indexes into a history: what is at `low` is good, at `high` bad, and in between it turned. */
export interface Search {
  readonly low: number;
  readonly high: number;
  readonly skipped: ReadonlySet<number>;
}

export type Step =
  | { readonly kind: 'check'; readonly index: number }
  | { readonly kind: 'found'; readonly index: number }
  /** Only skipped ones are left: the first bad one is among these. */
  | { readonly kind: 'undecided'; readonly indexes: readonly number[] };

/** The next one to check: the middle, or the nearest to it that was not skipped. */
export function nextStep({ low, high, skipped }: Search): Step {
  if (high - low <= 1) return { kind: 'found', index: high };
  const middle = Math.floor((low + high) / 2);
  for (let far = 0; middle - far > low || middle + far < high; far++) {
    for (const index of [middle - far, middle + far])
      if (index > low && index < high && !skipped.has(index)) return { kind: 'check', index };
  }
  return { kind: 'undecided', indexes: Array.from({ length: high - low }, (_, i) => low + 1 + i) };
}

export function narrowed(search: Search, index: number, verdict: Verdict): Search {
  switch (verdict) {
    case 'good':
      return { ...search, low: index };
    case 'bad':
      return { ...search, high: index };
    case 'skip':
      return { ...search, skipped: new Set([...search.skipped, index]) };
  }
}

/** How many checks it takes at most, if none is skipped. */
export function checksLeft({ low, high }: Search): number {
  return Math.ceil(Math.log2(Math.max(1, high - low)));
}

/**
 * What an exit code means, by the rules of `git bisect run`: 0 good, 125 skip, 1 to 127 bad; anything else is no verdict.
 * https://git-scm.com/docs/git-bisect#_bisect_run
 */
export function verdictOf(exitCode: number | null): Verdict | undefined {
  if (exitCode === 0) return 'good';
  if (exitCode === 125) return 'skip';
  return exitCode !== null && exitCode >= 1 && exitCode <= 127 ? 'bad' : undefined;
}
