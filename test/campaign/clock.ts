/**
 * Moves the clock of a daemon at random: on, back, forward, through suspends and restarts, into far centuries; looks
 * whether leases end in time and plugins run when they should. Usage: clock [--rounds N] [--jumps N] [--seed N].
 */
import { pathToFileURL } from 'node:url';
import { route } from '../rig/build.js';
import { routerFile } from '../rig/config-dir.js';
import { DaemonRig, proposing } from '../rig/daemon-rig.js';
import { answering, answeringAfter } from '../rig/driven-plugins.js';
import { checkClean, checkHead } from '../rig/invariants.js';
import { userGit } from '../rig/store.js';
import { Tally, numbersFrom, randomFrom, runCampaign } from './figures.js';

export interface ClockPlan {
  readonly rounds: number;
  readonly jumps: number;
  readonly seed: number;
}

const [second, minute, hour, day] = [1_000, 60_000, 3_600_000, 86_400_000];

/** A clock that was set is noticed after this long at the latest. */
const noticeMs = 31 * second;

interface Watched {
  readonly name: string;
  readonly everyMs: number;
  readonly ttlMs: number;
}

/** One whose lease outlasts its interval, one whose lease does not, one that takes its time, one beyond 24.8 days. */
const watched: readonly Watched[] = [
  { name: 'steady', everyMs: 10 * minute, ttlMs: 30 * minute },
  { name: 'flapping', everyMs: 20 * minute, ttlMs: 5 * minute },
  { name: 'slow', everyMs: 10 * minute, ttlMs: 10 * minute },
  { name: 'monthly', everyMs: 30 * day, ttlMs: 40 * day },
];

export async function campaign({ rounds, jumps, seed }: ClockPlan): Promise<Tally> {
  const faults = [
    'earlyEnds',
    'lateEnds',
    'earlyRuns',
    'missedRuns',
    'storms',
    'doubleRuns',
    'datesBack',
    'damaged',
  ];
  const tally = new Tally('clock', faults);
  const random = randomFrom(seed);
  for (let round = 0; round < rounds; round++) await oneRound({ jumps, random, tally });
  return tally;
}

interface Round {
  readonly jumps: number;
  readonly random: () => number;
  readonly tally: Tally;
}

async function oneRound({ jumps, random, tally }: Round): Promise<void> {
  const rig = await DaemonRig.create(route('default'));
  const watcher = new Watcher(rig, tally);
  for (const { name, everyMs, ttlMs } of watched) {
    await rig.add(name, { every: `${everyMs / second}s`, ttl: `${ttlMs / second}s` });
    const status = { resources: proposing(name)['resources'] ?? [] };
    rig.plugins.behave(
      name,
      name === 'slow' ? answeringAfter(rig.clock, 9 * second, () => status) : answering(status),
    );
  }
  await rig.start();
  await rig.advance(10 * second);
  await watcher.check('the start');
  for (let jump = 0; jump < jumps; jump++) {
    const move = moves[Math.floor(random() * moves.length)];
    if (move === undefined) continue;
    watcher.before();
    await move.act(rig, { random, watcher });
    await rig.advance(noticeMs);
    tally.count('jumps');
    await watcher.check(move.name);
  }
  await farCenturies(rig, tally);
  await rig.stop();
}

interface Facts {
  readonly random: () => number;
  readonly watcher: Watcher;
}

interface Move {
  readonly name: string;
  readonly act: (rig: DaemonRig, facts: Facts) => Promise<void> | void;
}

/** The time of day alone is moved. */
function jumpBy(ms: number): Move['act'] {
  return ({ clock }) => {
    clock.set(clock.now() + ms);
  };
}

const moves: readonly Move[] = [
  { name: 'time goes on', act: (rig, { random }) => rig.advance(Math.floor(random() * 20 * minute)) },
  { name: 'an hour back', act: jumpBy(-hour) },
  { name: 'a day back', act: jumpBy(-day) },
  {
    name: 'some seconds back',
    act: (rig, { random }) => {
      rig.clock.set(rig.clock.now() - Math.floor(random() * 10 * second));
    },
  },
  {
    name: 'back to 1970',
    act: rig => {
      rig.clock.set(90 * second);
    },
  },
  { name: 'an hour forward', act: jumpBy(hour) },
  { name: 'a year forward', act: jumpBy(365 * day) },
  {
    name: 'eight hours of suspend',
    act: rig => {
      rig.clock.suspend(8 * hour);
    },
  },
  { name: 'a restart', act: (rig, { watcher }) => watcher.restart(rig) },
  {
    name: 'a day back and a restart',
    act: (rig, { watcher }) => {
      rig.clock.set(rig.clock.now() - day);
      return watcher.restart(rig);
    },
  },
  {
    name: 'a year forward while it is stopped',
    act: async (rig, { watcher }) => {
      await rig.stop();
      rig.clock.suspend(365 * day);
      await watcher.started(rig);
    },
  },
];

/** Compares what the daemon does with both clocks. */
class Watcher {
  #restartedAt = 0;
  #runsBefore = 0;
  #measuredBefore = 0;
  #wallBefore = 0;
  #judged = 0;
  readonly #moments = new Map<object, Moment>();

  constructor(
    readonly rig: DaemonRig,
    readonly tally: Tally,
  ) {}

  before(): void {
    this.#note();
    this.#runsBefore = this.rig.plugins.runs.length;
    this.#measuredBefore = this.rig.clock.monotonic();
    this.#wallBefore = this.rig.clock.now();
  }

  async restart(rig: DaemonRig): Promise<void> {
    await rig.stop();
    await this.started(rig);
  }

  async started(rig: DaemonRig): Promise<void> {
    this.#restartedAt = rig.clock.monotonic();
    await rig.start();
  }

  async check(what: string): Promise<void> {
    this.#note();
    await this.#checkLeases(what);
    this.#checkRuns(what);
    try {
      checkHead(this.rig.state);
      checkClean(this.rig.state);
    } catch (error) {
      this.tally.fault('damaged', `${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
    const dates = userGit(this.rig.state, 'log', '--reverse', '--format=%ct').trim().split('\n').map(Number);
    if (dates.some((date, i) => date < (dates[i - 1] ?? 0))) this.tally.fault('datesBack', what);
  }

  /** When each run began, in measured time; of those between two notes that is at most so much off. */
  #note(): void {
    for (const run of this.rig.plugins.runs) {
      if (!this.#moments.has(run)) {
        this.#moments.set(run, { wall: run.startedAt, measured: this.rig.clock.monotonic() });
      }
    }
  }

  async #checkLeases(what: string): Promise<void> {
    const { head } = await this.rig.view();
    const [now, measured] = [this.rig.clock.now(), this.rig.clock.monotonic()];
    for (const { name, ttlMs } of watched) {
      const last = this.rig.plugins
        .runsOf(name)
        .filter(({ isOver }) => isOver)
        .at(-1);
      const moment = last === undefined ? undefined : this.#moments.get(last);
      if (moment === undefined) continue;
      const live = head.parts.some(({ source }) => source === `Plugin/${name}`);
      const since = Math.max(moment.measured, this.#restartedAt);
      const slack = noticeMs + 10 * second;
      const wallAge = now - moment.wall;
      if (live && (measured - since > ttlMs + slack || wallAge > ttlMs + slack)) {
        this.tally.fault(
          'lateEnds',
          `${name} after ${what}: ${wallAge / second}s by the clock, ${(measured - since) / second}s measured`,
        );
      }
      const oldest = measured - this.#earliestOf(moment);
      if (!live && wallAge >= 0 && wallAge < ttlMs - second && oldest < ttlMs - second) {
        this.tally.fault(
          'earlyEnds',
          `${name} after ${what}: ${wallAge / second}s by the clock, ${oldest / second}s measured`,
        );
      }
    }
  }

  /** A run that was first seen after a move may have begun at its start. */
  #earliestOf({ measured }: Moment): number {
    return measured > this.#measuredBefore ? this.#measuredBefore : measured;
  }

  #checkRuns(what: string): void {
    const { runs } = this.rig.plugins;
    const passed = this.rig.clock.monotonic() - this.#measuredBefore;
    for (const { name, everyMs, ttlMs } of watched) {
      const fresh = runs.slice(this.#runsBefore).filter(run => run.name === name);
      // A renewal comes before the lease ends, though never in its first half.
      const shortest = Math.min(
        everyMs,
        ttlMs >= everyMs ? Math.max(ttlMs / 2, ttlMs - 11 * second) : everyMs,
      );
      if (fresh.length > passed / shortest + 3)
        this.tally.fault('storms', `${name}: ${fresh.length} runs after ${what}`);
      const open = runs.filter(run => run.name === name && !run.isOver).length;
      if (open > 1) this.tally.fault('doubleRuns', `${name} after ${what}`);
      const last = this.rig.plugins.runsOf(name).at(-1);
      const age = this.rig.clock.now() - (last?.startedAt ?? 0);
      if (age > everyMs * 1.1 + noticeMs + 10 * second) {
        this.tally.fault('missedRuns', `${name} ran ${age / second}s ago, after ${what}`);
      }
      if (name === 'monthly') this.#checkMonthly(fresh.length, what);
    }
    this.tally.count('runs', runs.length - this.#judged);
    this.#judged = runs.length;
  }

  /** Within a month of unbroken time nothing but a clock that was set may start it. */
  #checkMonthly(count: number, what: string): void {
    const drift =
      this.rig.clock.now() - this.#wallBefore - (this.rig.clock.monotonic() - this.#measuredBefore);
    if (count > 0 && Math.abs(drift) < second && this.#wallBefore > 0) this.tally.fault('earlyRuns', what);
  }
}

interface Moment {
  readonly wall: number;
  readonly measured: number;
}

/** Times whose number of seconds needs more than 31, 32 and 37 bits: an edit is committed, and the lease ends. */
async function farCenturies(rig: DaemonRig, tally: Tally): Promise<void> {
  for (const time of ['2038-01-19T03:14:08Z', '2100-02-28T23:59:59Z', '9000-12-31T23:59:59Z']) {
    rig.clock.set(Date.parse(time));
    await rig.edit({ 'router.yaml': routerFile(route('default', { metric: Number(time.slice(0, 4)) })) });
    const [date, subject] = userGit(rig.state, 'log', '-1', '--format=%ct%n%s').trim().split('\n');
    tally.count('farCenturies');
    if (Number(date) < Math.floor(Date.parse(time) / second))
      tally.fault('datesBack', `${time}: ${subject ?? ''}`);
    await rig.advance(noticeMs);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await runCampaign(() =>
    campaign(numbersFrom(process.argv.slice(2), { rounds: 20, jumps: 50, seed: Date.now() % 1_000_000 })),
  );
}
