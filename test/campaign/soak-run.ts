import { readdir } from 'node:fs/promises';
import { DaemonRig, proposing } from '../rig/daemon-rig.js';
import { userGit } from '../rig/store.js';

export interface SoakFigures {
  readonly generations: number;
  /** Resident memory in MiB: when the first tenth (at most 500 generations) is done, and at the end. */
  readonly rssStart: number;
  readonly rssEnd: number;
  readonly fdsStart: number;
  readonly fdsEnd: number;
  /** The most that were seen, looked at every 50 generations, and what is left at the end. */
  readonly looseMost: number;
  readonly looseEnd: number;
  /** Median milliseconds from a result to the accepted generation and back to rest. */
  readonly p50First: number;
  readonly p50Last: number;
}

/** One daemon on a simulated clock, whose plugin answers something else every ten seconds, through the real store. */
export async function soak(generations: number): Promise<SoakFigures> {
  const rig = await DaemonRig.create();
  await rig.add('p', { every: '10s', ttl: '1h' });
  await rig.start();
  const times: number[] = [];
  const warm = Math.min(500, Math.ceil(generations / 10));
  let start = { rss: 0, fds: 0 };
  let looseMost = 0;
  for (let n = 1; n <= generations; n++) {
    const before = performance.now();
    rig.plugins.open('p').answer(proposing('dynamic', n));
    await rig.idle();
    times.push(performance.now() - before);
    await rig.advance(10_000);
    // What the rig keeps for tests to look at must not count as the daemon's.
    rig.plugins.runs.splice(0, rig.plugins.runs.length - 1);
    rig.reports.length = 0;
    rig.log.length = 0;
    if (n === warm) start = { rss: rss(), fds: await openFiles() };
    if (n % 50 === 0) looseMost = Math.max(looseMost, looseObjects(rig.state));
  }
  const end = { rss: rss(), fds: await openFiles() };
  await rig.stop();
  const { generation } = (await rig.view()).head;
  if (generation !== generations + 1)
    throw new Error(`generation ${generation} after ${generations} results`);
  const looseEnd = looseObjects(rig.state);
  return {
    generations,
    rssStart: start.rss,
    rssEnd: end.rss,
    fdsStart: start.fds,
    fdsEnd: end.fds,
    looseMost: Math.max(looseMost, looseEnd),
    looseEnd,
    p50First: median(times.slice(0, 100)),
    p50Last: median(times.slice(-100)),
  };
}

function rss(): number {
  return Math.round(process.memoryUsage().rss / 2 ** 20);
}

async function openFiles(): Promise<number> {
  return (await readdir('/proc/self/fd')).length;
}

function looseObjects(dir: string): number {
  return Number(userGit(dir, 'count-objects').split(' ')[0]);
}

function median(values: readonly number[]): number {
  return Math.round(values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN);
}
