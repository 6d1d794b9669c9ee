import { keepAwake } from '../../cli/keep-awake.js';
import { removeTempDirs } from '../rig/temp.js';

/** What a campaign counts. Every figure of `must be zero` fails it; the others only inform. */
export class Tally {
  readonly #zeros = new Map<string, number>();
  readonly #counts = new Map<string, number>();
  /** What went wrong, one line each. */
  readonly problems: string[] = [];

  constructor(
    readonly name: string,
    mustBeZero: readonly string[],
  ) {
    for (const key of mustBeZero) this.#zeros.set(key, 0);
  }

  count(key: string, by = 1): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + by);
  }

  /** Keeps the largest value. */
  worst(key: string, value: number): void {
    this.#counts.set(key, Math.max(this.#counts.get(key) ?? 0, Math.round(value)));
  }

  fault(key: string, what: string): void {
    const before = this.#zeros.get(key);
    if (before === undefined) throw new Error(`${key} is no fault of ${this.name}`);
    this.#zeros.set(key, before + 1);
    this.problems.push(`${key}: ${what}`);
  }

  get(key: string): number {
    return this.#zeros.get(key) ?? this.#counts.get(key) ?? 0;
  }

  /** All figures on one line. */
  line(): string {
    const words = [...this.#counts, ...this.#zeros].map(([key, value]) => `${key}=${value}`);
    return `${this.name}: ${words.join(' ')}`;
  }
}

/** What the machine does not allow; the campaign is then skipped, loudly. */
export class Unavailable extends Error {}

/** `--name VALUE` pairs of a campaign's command line, all numbers; an unknown one ends the program. */
export function numbersFrom<Key extends string>(
  argv: readonly string[],
  defaults: Readonly<Record<Key, number>>,
): Record<Key, number> {
  const found: Record<Key, number> = { ...defaults };
  const known = Object.keys(defaults) as Key[];
  for (let i = 0; i < argv.length; i += 2) {
    const key = known.find(name => `--${name}` === argv[i]);
    const value = Number(argv[i + 1]);
    if (key === undefined || !Number.isFinite(value)) {
      throw new Error(
        `unknown option ${argv[i] ?? ''}; there are ${known.map(name => `--${name} N`).join(', ')}`,
      );
    }
    found[key] = value;
  }
  return found;
}

/** Runs a campaign as a program: figures on one line of stdout, details on stderr, exit code 1 for any fault. */
export async function runCampaign(body: () => Promise<Tally>): Promise<void> {
  keepAwake();
  try {
    const tally = await body();
    for (const problem of tally.problems) process.stderr.write(`${problem}\n`);
    process.stdout.write(`${tally.line()}\n`);
    process.exitCode = tally.problems.length === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    process.stdout.write(`SKIPPED, NOTHING WAS TESTED: ${error.message}\n`);
  } finally {
    await removeTempDirs();
  }
}

/** Numbers in [0, 1) that a seed determines (mulberry32): a run can be repeated. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
