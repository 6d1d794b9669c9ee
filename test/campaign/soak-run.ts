import { readdir } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DaemonRig, proposing } from '../rig/daemon-rig.js';
import { userGit } from '../rig/store.js';

export interface SoakFigures {
  readonly generations: number;
  /** Memory in use in MiB, after a collection: when the first tenth (at most 500 generations) is done, and at the end. */
  readonly heapStart: number;
  readonly heapEnd: number;
  /** Resident memory in MiB at the same moments: how much of what it gave back node keeps is up to node. */
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
  let start = { heap: 0, rss: 0, fds: 0 };
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
    if (n === warm) start = { ...memory(), fds: await openFiles() };
    if (n % 50 === 0) looseMost = Math.max(looseMost, looseObjects(rig.state));
  }
  const end = { ...memory(), fds: await openFiles() };
  await rig.stop();
  const { generation } = (await rig.view()).head;
  if (generation !== generations + 1)
    throw new Error(`generation ${generation} after ${generations} results`);
  const looseEnd = looseObjects(rig.state);
  return {
    generations,
    heapStart: start.heap,
    heapEnd: end.heap,
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

function memory(): { readonly heap: number; readonly rss: number } {
  // Node offers it with --expose-gc alone, or by this switch.
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external, rss } = process.memoryUsage();
  const mebibytes = (bytes: number) => Math.round((bytes / 2 ** 20) * 10) / 10;
  return { heap: mebibytes(heapUsed + external), rss: mebibytes(rss) };
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
