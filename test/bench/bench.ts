import type { Timing } from './measure.js';

export type Size = 'full' | 'smoke';

/** One line of the table: what was measured, against what, and the goal of PERFORMANCE.md where it has one. */
export interface Row {
  readonly name: string;
  /** `×`: times its floor. The others as such. */
  readonly unit: '×' | 'MiB' | 'KiB' | 's';
  readonly value: number;
  /** At most. */
  readonly goal?: number;
  readonly timing?: Timing;
  readonly floors?: readonly Timing[];
  /** What else was found out, such as how many processes ran. */
  readonly facts?: Readonly<Record<string, number>>;
}

export interface Bench {
  readonly name: string;
  readonly run: (size: Size) => Promise<readonly Row[]>;
}

/** A row of a subject against the sum of its floors; `apart` is taken off first, being nobody's work here. */
export function against(
  { name, goal }: { readonly name: string; readonly goal?: number },
  timing: Timing,
  { floors, apart = [] }: { readonly floors: readonly Timing[]; readonly apart?: readonly Timing[] },
): Row {
  const sum = (list: readonly Timing[]) => list.reduce((total, { median }) => total + median, 0);
  return {
    name,
    unit: '×',
    value: (timing.median - sum(apart)) / sum(floors),
    ...(goal === undefined ? {} : { goal }),
    timing,
    floors: [...floors, ...apart],
  };
}

/** `--generations=N` on the command line; 10,000 without it. */
export function wantedGenerations(): number {
  const option = process.argv.find(word => word.startsWith('--generations='));
  return option === undefined ? 10_000 : Number(option.slice('--generations='.length));
}
