import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { formatTime } from '../protocol/time.js';
import { printable } from '../protocol/text.js';
import type { Instant } from '../protocol/time.js';
import type { Problem } from '../protocol/problem.js';
import { fail, ok } from '../protocol/result.js';
import type { Result } from '../protocol/result.js';
import { ensureDir, fsyncDir, listFolder } from '../state/files.js';
import { putInPlace } from '../state/git/create.js';
import { diagnose, readRefRemains } from '../state/git/damage.js';
import type { RefRemains } from '../state/git/damage.js';
import { lineageOf, lookAtStore, unfinishedPrefix } from '../state/git/look.js';
import type { StoreFailure } from '../state/git/look.js';
import { gitContext, openStore } from '../state/git/open.js';
import { salvage } from '../state/git/salvage.js';
import type { Salvaged } from '../state/git/salvage.js';
import { storing } from '../state/storage-error.js';
import { openForWriting } from './commit.js';
import { numbersOf, readCommit, unborn } from './head.js';
import { highestOf } from './records/acknowledged.js';
import type { Acknowledged, Numbers } from './records/acknowledged.js';
import type { StateFailure, StateOptions } from './pass-options.js';
import { readAcknowledged, readVisibleRecord, writeAcknowledged } from './state-dir.js';
import { withStateLock } from './state-lock.js';

export interface RepairOptions extends StateOptions {
  /** Finds out and changes nothing. */
  readonly dryRun: boolean;
  readonly clock: () => Instant;
}

/** What a repair found and did, or would do. */
export interface Repair {
  /** What is wrong with the repository; empty for a sound one, and then nothing is done. */
  readonly damage: readonly string[];
  readonly done?: RepairDone;
}

export interface RepairDone {
  /** The newest commit that can be read, which HEAD is at now. */
  readonly commit: string;
  readonly generation: number;
  /** The highest number that was ever given, as far as it is known. */
  readonly lastGeneration: number;
  /** Length of the history that was kept, and whether older commits were left out. */
  readonly commits: number;
  readonly isCut: boolean;
  /** Where the damaged repository is, relative to the state directory. */
  readonly keptAs: string;
  readonly repairs: readonly Problem[];
}

/**
 * Goes back to the newest generation that can be read, and keeps the damaged repository under `run/`. Never looks at the
 * config directory: the next pass reconciles what is different. A kill leaves the damaged repository in its place, or
 * under `run/`, from where the next repair takes it up.
 */
export async function repair(options: RepairOptions): Promise<Result<Repair, StateFailure>> {
  if (options.dryRun) return repairAlone(options);
  const site = await damagedSite(options.state.path);
  if (!site.ok) return fail({ kind: 'state', failure: site.failure });
  return withStateLock(options, () => repairAlone(options));
}

async function repairAlone(options: RepairOptions): Promise<Result<Repair, StateFailure>> {
  const { state, dryRun } = options;
  const site = await damagedSite(state.path);
  if (!site.ok) return fail({ kind: 'state', failure: site.failure });
  const { path, gitDir, lineage, isAside } = site.value;
  const context = await gitContext(path, { searchPath: state.searchPath });
  if (!context.ok) return fail({ kind: 'state', failure: context.failure });
  const known = await readAcknowledged(path);
  const damage = isAside ? ['a repair was interrupted'] : await damageOf(state, known);
  if (damage.length === 0) return ok({ damage });

  const source = { ...context.value, gitDir };
  const remains = await readRefRemains(source);
  if (!dryRun) await clearDrafts(path);
  const folder = dryRun ? await mkdtemp(join(tmpdir(), 'routerd-repair-')) : path;
  try {
    const salvaged = await salvage(context.value, {
      gitDir,
      lineage,
      candidates: candidatesFrom(remains, known),
      accept: (commit, files) => readCommit({ commit, files })?.record.lineage === lineage,
      folder,
    });
    if (salvaged === undefined) return fail({ kind: 'state', failure: unreadable(path, gitDir) });
    const numbers = highestOf(
      ...(known === undefined ? [] : [known.highest]),
      { generation: Math.max(0, ...remains.generations.keys()), parts: {} },
      await visibleNumbers(path, lineage),
    );
    const found = { options, path, gitDir, isAside, damage, salvaged, numbers };
    return dryRun ? ok({ damage, done: planned(found) }) : await apply(found);
  } finally {
    if (dryRun) await rm(folder, { recursive: true, force: true });
  }
}

interface Found {
  readonly options: RepairOptions;
  readonly path: string;
  readonly gitDir: string;
  readonly isAside: boolean;
  readonly damage: readonly string[];
  readonly salvaged: Salvaged;
  readonly numbers: Numbers;
}

/** Puts the new repository in the place of the damaged one. What was acknowledged goes first: it keeps numbers from coming back. */
async function apply(found: Found): Promise<Result<Repair, StateFailure>> {
  const { options, path, gitDir, isAside, damage, salvaged } = found;
  const done = planned(found);
  const { commit, generation } = done;
  const highest = highestOf(numbersIn(salvaged), found.numbers);
  await writeAcknowledged(path, { commit, generation, highest, unused: 0 });
  if (!isAside) {
    const kept = join(path, done.keptAs);
    await ensureDir(join(kept, '..'));
    await storing('move away', gitDir, () => rename(gitDir, kept));
    await fsyncDir(join(kept, '..'));
    await fsyncDir(path);
  }
  await putInPlace(path, salvaged.draft);
  const opened = await openForWriting(options.state, options.clock());
  if (!opened.ok) return opened;
  return ok({ damage, done: { ...done, repairs: opened.value.repairs } });
}

function planned({ options, path, gitDir, isAside, salvaged, numbers }: Found): RepairDone {
  const own = numbersIn(salvaged);
  return {
    commit: salvaged.commit,
    generation: own.generation,
    lastGeneration: highestOf(own, numbers).generation,
    commits: salvaged.commits,
    isCut: salvaged.isCut,
    keptAs: isAside
      ? gitDir.slice(path.length + 1)
      : `${asideFolder}${formatTime(options.clock()).replaceAll(':', '')}/git`,
    repairs: [],
  };
}

function numbersIn({ commit, files }: Salvaged): Numbers {
  const reading = readCommit({ commit, files });
  return reading === undefined
    ? numbersOf(unborn)
    : numbersOf({ ...unborn, ...reading, parts: reading.accepted });
}

const asideFolder = 'run/damaged-';

interface DamagedSite {
  readonly path: string;
  readonly gitDir: string;
  readonly lineage: string;
  /** Whether an interrupted repair has put the repository aside already. */
  readonly isAside: boolean;
}

async function damagedSite(dir: string): Promise<Result<DamagedSite, StoreFailure>> {
  const looked = await lookAtStore(dir);
  if (looked.ok && looked.value.kind === 'store') {
    const { path, lineage } = looked.value;
    return ok({ path, lineage, gitDir: join(path, '.git'), isAside: false });
  }
  if (looked.ok || looked.failure.kind === 'foreign') {
    const path = looked.ok ? looked.value.path : looked.failure.path;
    const aside = (await listFolder(path)).some(({ name }) => name === '.git') ? [] : await putAside(path);
    for (const gitDir of aside) {
      const lineage = await lineageOf(gitDir);
      if (lineage !== undefined) return ok({ path, lineage, gitDir, isAside: true });
    }
  }
  if (!looked.ok) return looked;
  const opened = await openStore(dir, { searchPath: '' });
  return opened.ok ? fail(unreadable(dir, dir)) : opened;
}

/** Repositories that repairs have put aside, the newest first. */
async function putAside(path: string): Promise<string[]> {
  const prefix = basename(asideFolder);
  return (await listFolder(join(path, 'run')))
    .filter(({ name }) => name.startsWith(prefix))
    .map(({ name }) => join(path, 'run', name, 'git'))
    .sort()
    .reverse();
}

async function damageOf(state: StateOptions['state'], known: Acknowledged | undefined): Promise<string[]> {
  const store = await openStore(state.path, { searchPath: state.searchPath });
  if (!store.ok) return [store.failure.message];
  const context = await gitContext(store.value.path, { searchPath: state.searchPath });
  if (!context.ok) return [context.failure.message];
  const damage = await diagnose(store.value, context.value);
  if (damage.length > 0 || known?.commit === undefined) return damage;
  return (await store.value.head()) === null ? ['main has no commit any more'] : [];
}

/** Tags above what was acknowledged are newer than it; the others may be of a history that was set back. */
function candidatesFrom(remains: RefRemains, known: Acknowledged | undefined): string[] {
  const tags = [...remains.generations].sort(([a], [b]) => b - a);
  const last = known?.highest.generation ?? 0;
  const ids = [
    ...remains.heads,
    ...tags.flatMap(([number, id]) => (number > last ? [id] : [])),
    known?.commit,
    known?.parent,
    ...tags.map(([, id]) => id),
  ];
  return [...new Set(ids.filter(id => id !== undefined))];
}

/** The numbers in the visible generation.yaml, which is that of the last HEAD unless somebody changed it. */
async function visibleNumbers(path: string, lineage: string): Promise<Numbers> {
  const record = await readVisibleRecord(path);
  return record?.lineage === lineage
    ? { generation: record.generation, parts: record.lastPartNumbers }
    : numbersOf(unborn);
}

async function clearDrafts(path: string): Promise<void> {
  for (const { name } of await listFolder(path)) {
    if (!name.startsWith(unfinishedPrefix)) continue;
    const draft = join(path, name);
    await storing('remove', draft, () => rm(draft, { recursive: true, force: true }));
  }
}

function unreadable(path: string, gitDir: string): StoreFailure {
  return {
    kind: 'unreadable',
    path,
    message: `no generation of ${printable(gitDir)} can be read: nothing was changed`,
    hint: `put the state directory back from a copy, or move ${printable(path)} away to begin anew`,
  };
}
