import { spawnSync } from 'node:child_process';

/** Something to time: one call of `run` is one run; `before` readies it and is not timed. */
export interface Subject {
  readonly name: string;
  readonly before?: () => void | Promise<void>;
  readonly run: () => void | Promise<void>;
}

/** Milliseconds. */
export interface Timing {
  readonly name: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/**
 * Times subjects in turn, one run of each per round, so that a machine that gets slower or faster meanwhile does so for
 * all of them; the first round warms up and does not count.
 */
export async function measure(subjects: readonly Subject[], rounds: number): Promise<Timing[]> {
  const times = subjects.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, subject] of subjects.entries()) {
      await subject.before?.();
      const start = process.hrtime.bigint();
      await subject.run();
      const took = Number(process.hrtime.bigint() - start) / 1e6;
      if (round > 0) times[i]?.push(took);
    }
  }
  return subjects.map(({ name }, i) => timingOf(name, times[i] ?? []));
}

export function timingOf(name: string, times: readonly number[]): Timing {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (fraction: number) => sorted[Math.floor(fraction * (sorted.length - 1))] ?? Number.NaN;
  return { name, median: at(0.5), min: at(0), max: at(1) };
}

/** Runs a program to its end; anything but the exit code 0 ends the benchmark. NODE_EXTRA_CA_CERTS slows every node. */
export function command(
  program: string,
  args: readonly string[],
  { input = '', env = {} }: { readonly input?: string; readonly env?: Readonly<Record<string, string>> } = {},
): string {
  const all = { ...process.env, ...env };
  delete all['NODE_EXTRA_CA_CERTS'];
  const { status, stdout, stderr } = spawnSync(program, args, {
    env: all,
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stderr}`);
  return stdout;
}
