import { spawnSync } from 'node:child_process';

/** Something to time: one call is one run. */
export interface Subject {
  readonly name: string;
  readonly run: () => void | Promise<void>;
}

export interface Timing {
  readonly name: string;
  /** Milliseconds. */
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
      const start = process.hrtime.bigint();
      await subject.run();
      const took = Number(process.hrtime.bigint() - start) / 1e6;
      if (round > 0) times[i]?.push(took);
    }
  }
  return subjects.map(({ name }, i) => {
    const sorted = (times[i] ?? []).sort((a, b) => a - b);
    const at = (fraction: number) => sorted[Math.floor(fraction * (sorted.length - 1))] ?? Number.NaN;
    return { name, median: at(0.5), min: at(0), max: at(1) };
  });
}

/** Runs a program to its end; anything but the exit code 0 ends the benchmark. NODE_EXTRA_CA_CERTS slows every node. */
export function command(program: string, args: readonly string[]): void {
  const env = { ...process.env };
  delete env['NODE_EXTRA_CA_CERTS'];
  const { status, stderr } = spawnSync(program, args, {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stderr}`);
}
